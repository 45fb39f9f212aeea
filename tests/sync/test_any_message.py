"""Well signed and wrong: whatever an enrolled device puts into a message, central answers with a signed refusal
or an answer, take in nothing that stops others, and hold no one up. Each run makes other messages."""

from __future__ import annotations

import copy
import hashlib
import json
import random
from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import select

from app.domain.journal import StreamName, first_chain, seal_message
from app.errors import ProtocolError
from app.store.db import Database
from app.store.node import EPOCH, value_of
from app.store.vault import signature_holds
from app.sync import codec, link, wire
from app.sync.link import CentralBusy, Reply
from tests.builders import ANA, ENTRY, World, answer, make_visit, node_of, records
from tests.faults.nodes import faults_of

MESSAGES, MESSAGES_LONG = 120, 2000
ODD: list[Any] = [
    None, True, -1, 0, 1, 2**53, 2**63, 10**30, 1.5, "", " ", "\0", "\ud800", "x" * 5000, "ab cd" * 13, "00" * 32, "zz" * 32, [], {}, [[]], [{}],
    "../../x", "visit:", "office", "reference", "aside", "01900000-0000-7000-8000-000000000009", {"a": {"b": [1]}},
]  # fmt: skip


def deep(levels: int) -> str:
    return "[" * levels + "]" * levels


def places_in(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a JSON document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, one in inner for place in places_in(one, (*at, key)))]


def spoiled(document: dict[str, Any]) -> bytes:
    """The message with something odd in a place or two, or broken as a text."""
    made = copy.deepcopy(document)
    for _ in range(random.choice((1, 1, 2, 3))):
        place = random.choice(places_in(made)[1:])
        holder = made
        for key in place[:-1]:
            holder = holder[key]
        if random.random() < 0.2:
            del holder[place[-1]]
        else:
            holder[place[-1]] = random.choice(ODD)
    text = json.dumps(made).encode()
    return random.choice(
        (text,) * 6 + (text[: random.randrange(len(text))], text.replace(b"[]", deep(3000).encode(), 1))
    )


def sent_by(world: World, device: Database, body: bytes, encoding: str = "") -> Reply:
    """The body under the device's own token and signature."""
    with device.read() as session:
        headers = link.signed_in(session)
    link.prove(node_of(device), headers, "exchange", body, "ab" * 16)
    headers["Content-Encoding"] = encoding or codec.PLAIN
    return world.transport()("POST", "/sync/v1/exchange", headers, body)


def is_central(world: World, reply: Reply, call: str = "exchange") -> bool:
    signature = bytes.fromhex(reply.headers.get(wire.SIGNATURE_HEADER.lower(), ""))
    message = wire.reply_message(call, reply.status, "ab" * 16, reply.body)
    return signature_holds(node_of(world.central).public_key, signature, message)


@pytest.fixture
def genuine(world: World) -> tuple[Database, dict[str, Any]]:
    """A device, and the fullest message that it would send; it has not sent it."""
    device, seen = world.device(), []
    world.meet(device)
    with device.write() as session:
        visit = make_visit(session)
        for number in range(4):
            answer(session, visit, f"A-{number}", {"text": "иә"})

    def keep(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        seen.append(codec.decompress(body, headers.get("Content-Encoding", "")))
        return Reply(503, {}, b"")

    with pytest.raises(CentralBusy):
        world.meet(device, keep)
    message: dict[str, Any] = json.loads(seen[0])
    message.setdefault("marks", {"reference": "00" * 8})
    message["shown"] = {"acks": [{"incarnation": "a", "lane": 1, "seq": 1, "chain": "00" * 32, "proof": "00" * 64}]}
    message["offers"] = [{"epoch": "e", "scope": "reference", "after": 0, "last": 1, "digest": "00" * 32}]
    message["vouched"] = [
        {"epoch": "e", "scope": "reference", "after": 0, "last": 1, "signature": "00" * 64, "entries": [{"h": "{}"}]}
    ]
    message["relays"] = [dict(message["pushes"][0], device="0" * 32)]
    message["asked"], message["begun"] = ["00" * 32], "00" * 32
    return device, message


def unanswered(world: World, device: Database, bodies: Iterable[bytes]) -> list[str]:
    """The bodies that central failed at, or answered without its signature."""
    replies = ((body, sent_by(world, device, body)) for body in bodies)
    return [str(body[:3000]) for body, reply in replies if reply.status >= 500 or not is_central(world, reply)]


@pytest.mark.parametrize("times", [MESSAGES, pytest.param(MESSAGES_LONG, marks=pytest.mark.long)])
def test_central_answers_whatever_a_device_signs(
    world: World, genuine: tuple[Database, dict[str, Any]], times: int
) -> None:
    device, message = genuine
    assert unanswered(world, device, (spoiled(message) for _ in range(times))) == []
    world.meet(device)
    assert faults_of(world.central) == []


def test_a_hash_of_another_length_is_refused_however_it_is_written() -> None:
    told = wire.PushedEntry(id="01900000-0000-7000-8000-000000000009", hh="ab " * 21 + " ", bh="00" * 32)
    with pytest.raises(ProtocolError):
        told.place()


# ---- entries in a chain that holds, under a seal that holds ------------------------------------------------------------


def odd_entry(visit: str) -> tuple[str, str]:
    """Header and body of an answer, with something odd in them."""
    entry_id = f"01900000-0000-7000-8000-{random.randrange(16**12):012x}"
    header: dict[str, Any] = {"author": ANA, "id": entry_id, "kind": "answer", "made_at": 1, "parents": [], "schema": 1}
    header |= {"scope": f"visit:{visit}", "sets": ["value"], "subject": f"{visit}/A-1"}
    body: dict[str, Any] = {"salt": "AAAAAAAAAAAAAAAAAAAAAA", "set": {"value": "no"}}
    spoil = random.choice((header, header, body, body["set"]))
    spoil[random.choice(list(spoil))] = random.choice(ODD)
    texts = [json.dumps(one) for one in (header, body)]
    if random.random() < 0.2:
        texts[random.randrange(2)] = random.choice(
            ("", "{", "null", deep(3000), '{"set": 1e999}', '{"set": NaN}', "\ufeff{}")
        )
    return texts[0], texts[1]


def chained(device: Database, incarnation: str, entries: list[tuple[str, str]]) -> dict[str, Any]:
    """A push of these texts as the device itself would chain and seal them, if it wrote such."""
    node = node_of(device)
    name = StreamName(node.device_id, incarnation, 1)
    chain = first = first_chain(name)
    for texts in entries:
        hashes = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
        chain = hashlib.sha256(chain + b"".join(hashes)).digest()
    seal = node.sign(seal_message(name, len(entries), chain)).hex()
    wired = [{"h": header, "b": body} for header, body in entries]
    return {"incarnation": incarnation, "lane": 1, "start": 1, "prev": first.hex(), "entries": wired, "seal": seal}


@pytest.mark.parametrize("times", [40, pytest.param(500, marks=pytest.mark.long)])
def test_entries_of_any_bytes_hold_up_neither_central_nor_another_tablet(
    world: World, genuine: tuple[Database, dict[str, Any]], times: int
) -> None:
    device, message = genuine
    world.meet(device)
    (visit,) = [scope.removeprefix("visit:") for scope in scopes_of(device) if scope.startswith("visit:")]
    other = world.device()
    bare = {name: message[name] for name in ("device", "nonce")} | {"epoch": epoch_of(device)}
    for number in range(times):
        entries = [odd_entry(visit) for _ in range(random.randrange(1, 6))]
        reply = sent_by(
            world, device, json.dumps(bare | {"pushes": [chained(device, f"{number:016x}", entries)]}).encode()
        )
        assert reply.status in (200, 400), entries
        assert is_central(world, reply), entries
    for tablet in (device, other):
        world.meet(tablet)
        assert faults_of(tablet) == []
    assert faults_of(world.central) == []
    assert records(other, f"visit:{visit}") == records(world.central, f"visit:{visit}")


def scopes_of(device: Database) -> set[str]:
    with device.read() as session:
        return set(session.execute(select(ENTRY.c.scope)).scalars())


def epoch_of(device: Database) -> str:
    with device.read() as session:
        return value_of(session, EPOCH)
