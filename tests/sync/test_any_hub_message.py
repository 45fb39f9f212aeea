"""Well signed and wrong, where central is away: whatever an enrolled device puts into a message for a hub, or a hub into
its answer, the other side refuses it or takes what holds, and goes on. Each run makes other messages."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from app.errors import AppError, HubUnreachable
from app.store.db import Database
from app.store.vault import signature_holds
from app.sync import certificates, codec, link, wire
from app.sync.link import Reply, Transport
from tests.builders import CY, World, make_person, node_of, records
from tests.faults.nodes import faults_of
from tests.sync.test_any_message import chained, epoch_of, odd_entry, spoiled
from tests.sync.test_hub import Field, make_person_known

NONCE = "ab" * 16
MESSAGES, MESSAGES_LONG = 80, 2000


@pytest.fixture
def field(world: World) -> Iterator[Field]:
    yield Field(world)


def sent_to_hub(field: Field, device: Database, body: bytes, encoding: str = codec.PLAIN) -> Reply:
    """The body under the device's own certificate and signature."""
    with device.read() as session:
        own = certificates.own_certificate(session)
    assert own is not None
    headers = {certificates.HEADER: certificates.in_header(own), "Content-Encoding": encoding}
    link.prove(node_of(device), headers, "hub", body, NONCE)
    return field.to_hub("POST", "/sync/v1/hub/exchange", headers, body)


def is_the_hubs(field: Field, reply: Reply) -> bool:
    signature = bytes.fromhex(reply.headers.get(wire.SIGNATURE_HEADER.lower(), ""))
    message = wire.reply_message("hub", reply.status, NONCE, reply.body)
    return signature_holds(node_of(field.hub).public_key, signature, message)


def overheard(field: Field, device: Database) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the device would say to the hub after their greeting, and what the hub would answer. The device hears nothing."""
    said: list[tuple[dict[str, Any], dict[str, Any]]] = []

    def keep(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        told = json.loads(codec.decompress(body, headers["Content-Encoding"]))
        reply = field.to_hub(method, path, headers, body)
        said.append((told, json.loads(reply.content())))
        return Reply(503, {}, b"") if "to" in told else reply

    with pytest.raises(HubUnreachable):
        field.meet(device, keep)
    return said[-1]


def fullest(message: dict[str, Any]) -> dict[str, Any]:
    message.setdefault("carried", {f"{'0' * 32}/aa/1": 3})
    message.setdefault("cursors", {"reference": 2})
    return message | {"begun": "00" * 32, "challenge": ""}  # as an older device: else the first one would use it up


def unanswered(field: Field, device: Database, bodies: Iterable[bytes]) -> list[str]:
    """The bodies that the hub failed at, or answered without its signature."""
    replies = ((body, sent_to_hub(field, device, body)) for body in bodies)
    return [str(body[:3000]) for body, reply in replies if reply.status >= 500 or not is_the_hubs(field, reply)]


@pytest.mark.parametrize("times", [MESSAGES, pytest.param(MESSAGES_LONG, marks=pytest.mark.long)])
def test_a_hub_answers_whatever_a_device_signs(field: Field, times: int) -> None:
    visit = field.visit()
    message = fullest(overheard(field, field.ana)[0])
    assert unanswered(field, field.ana, (spoiled(message) for _ in range(times))) == []
    for tablet in (field.ana, field.ben):
        field.meet(tablet)
    assert faults_of(field.hub) == [] and faults_of(field.ben) == []
    assert records(field.ben, f"visit:{visit}") == records(field.ana, f"visit:{visit}")


@pytest.mark.parametrize("times", [30, pytest.param(500, marks=pytest.mark.long)])
def test_entries_of_any_bytes_hold_up_neither_the_hub_nor_who_meets_it_nor_central(field: Field, times: int) -> None:
    visit = field.visit()
    field.meet(field.ana)
    to_hub = {"to": node_of(field.hub).device_id, "nonce": NONCE, "epoch": epoch_of(field.ana)}
    for number in range(times):
        push = chained(field.ana, f"{number:016x}", [odd_entry(visit) for _ in range(number % 5 + 1)])
        reply = sent_to_hub(field, field.ana, json.dumps(to_hub | {"pushes": [push]}).encode())
        assert reply.status in (200, 400), push
        assert is_the_hubs(field, reply), push
    field.meet(field.ben)
    for device in (field.hub, field.ben, field.ana):
        field.world.meet(device)
    for node in (field.hub, field.ben, field.world.central):
        assert faults_of(node) == []
    assert records(field.ben, f"visit:{visit}") == records(field.world.central, f"visit:{visit}")


def lying(field: Field, answers: dict[str, Any]) -> Transport:
    """A hub that says something odd in the place of this answer, under its own signature."""

    def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        told = json.loads(codec.decompress(body, headers["Content-Encoding"])) if method == "POST" else {}
        if "to" not in told:
            return field.to_hub(method, path, headers, body)
        said = spoiled(answers | {"nonce": told["nonce"]})
        signature = node_of(field.hub).sign(wire.reply_message("hub", 200, told["nonce"], said)).hex()
        return Reply(200, {wire.SIGNATURE_HEADER.lower(): signature}, said)

    return answer


@pytest.mark.parametrize("times", [60, pytest.param(1000, marks=pytest.mark.long)])
def test_a_tablet_stands_whatever_a_hub_signs(field: Field, times: int) -> None:
    visit = field.visit()
    field.meet(field.ana)
    with field.world.central.write() as session:
        make_person(session, CY.replace("c1", "d1"), "Dana Serik", ["monitor"])
    field.world.meet(field.cy)
    with field.hub.write() as session:
        make_person_known(field, session)
    answers = overheard(field, field.ben)[1]
    assert answers["batches"] and answers["vouched"]
    for _ in range(times):
        with contextlib.suppress(AppError):  # a refusal that is a sentence; anything else would be a crash
            field.meet(field.ben, lying(field, answers))
    field.meet(field.ben)
    field.world.meet(field.ben)
    assert faults_of(field.ben) == []
    assert records(field.ben, f"visit:{visit}") == records(field.hub, f"visit:{visit}")
    assert records(field.ben, "reference") == records(field.world.central, "reference")
