"""The specification in docs/sync.md, done again with nothing but hashes, JSON and Ed25519, against the bytes in vectors/.

What is written here is what a stranger would write who has only the page; the program must come to the same bytes.
"""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.domain import journal, protocol, wiping
from app.store.vault import key_fingerprint
from app.sync import packing, wire

VECTORS = Path(__file__).parent / "vectors"
FIRST = json.loads((VECTORS / "first_push.json").read_text())
CENTRAL = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
DEVICE = Ed25519PrivateKey.from_private_bytes(bytes(32))


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def chain_of(stream: str, entries: list[dict[str, str]]) -> list[bytes]:
    chain = [sha(f"baqylau-chain-1\n{stream}".encode())]
    for entry in entries:
        chain.append(sha(chain[-1], sha(entry["header"].encode()), sha(entry["body"].encode())))
    return chain


def unpacked(packed: dict[str, Any]) -> list[dict[str, str]]:
    """Section 4: columns back to the texts."""
    count = len(packed["of"])
    chance = base64.urlsafe_b64decode(packed["chance"] + "=" * (-len(packed["chance"]) % 4))
    ids: list[str] = []
    found, time = [], 0
    for at in range(count):
        kind, scope, author, schema = packed["groups"][packed["of"][at]]
        time += packed["times"][at]
        raw = (time.to_bytes(6, "big") + chance[at * 10 : at * 10 + 10]).hex()
        ids.append(f"{raw[:8]}-{raw[8:12]}-{raw[12:16]}-{raw[16:20]}-{raw[20:]}")
        salt = chance[count * 10 + at * 16 : count * 10 + at * 16 + 16]
        header = {
            "author": author,
            "id": ids[at],
            "kind": kind,
            "made_at": time + packed["made"][at],
            "parents": [ids[at - one] if isinstance(one, int) else one for one in packed["parents"][at]],
            "schema": schema,
            "scope": scope,
            "sets": sorted(packed["sets"][at]),
            "subject": packed["subjects"][at].replace("~", scope.partition(":")[2], 1),
        }
        body = {"salt": base64.urlsafe_b64encode(salt).decode().rstrip("="), "set": packed["sets"][at]}
        found.append({"header": text(header), "body": text(body)})
    return found


def text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def test_a_stranger_comes_to_the_same_chain_and_seal() -> None:
    stream = FIRST["stream"]
    assert stream.split("/")[0] == sha(DEVICE.public_key().public_bytes_raw()).hex()[:32]
    chain = chain_of(stream, FIRST["entries"])
    assert [one.hex() for one in chain] == FIRST["chain"]
    end = len(FIRST["entries"])
    assert DEVICE.sign(f"baqylau-seal-1\n{stream}\n{end}\n{chain[-1].hex()}".encode()).hex() == FIRST["seal"]


def test_a_stranger_unpacks_the_columns_to_the_texts_that_were_hashed() -> None:
    assert unpacked(FIRST["packed"]) == FIRST["entries"]


def test_a_stranger_signs_what_both_sides_sign() -> None:
    signed = FIRST["signed"]
    body = FIRST["request"].encode()
    assert DEVICE.sign(b"baqylau-exchange-1\n" + body).hex() == signed["device: exchange"]
    blob = "\n".join(("PUT", "ab" * 32, "visit:v", "01" * 16, "4096", "60000"))
    assert DEVICE.sign(b"baqylau-blob-1\n" + blob.encode()).hex() == signed["device: PUT from 4096 of 60000"]
    reply = b"baqylau-reply-1\nexchange\n200\n" + b"01" * 16 + b"\n" + b"{}"
    assert CENTRAL.sign(reply).hex() == signed["central: reply {}"]
    device = FIRST["stream"].split("/")[0]
    ack = f"baqylau-ack-1\n{device}\n{'ee' * 8}\n{FIRST['stream']} 2 {FIRST['chain'][2]}"
    assert CENTRAL.sign(ack.encode()).hex() == signed["central: ack of 2"]
    digest = hashlib.sha256(b"baqylau-feed-1")
    for entry in FIRST["entries"]:
        digest.update(json.loads(entry["header"])["id"].encode())
        digest.update(sha(entry["header"].encode()) + sha(entry["body"].encode()))
    voucher = "\n".join(("baqylau-voucher-1", "ee" * 8, "visit:v", "0", "2", digest.hexdigest()))
    assert CENTRAL.sign(voucher.encode()).hex() == signed["central: voucher of 1 to 2"]
    assert CENTRAL.sign(b"baqylau-wipe-1\n" + FIRST["order"].encode()).hex() == signed["central: order to wipe"]
    offset = b"baqylau-reply-1\nblob\n200\n" + b"01" * 16 + b"\n" + f"{'ab' * 32} 4096".encode()
    assert CENTRAL.sign(offset).hex() == signed["central: HEAD says 4096"]


def test_the_fingerprint_on_the_card_is_the_start_of_the_keys_hash() -> None:
    key = CENTRAL.public_key().public_bytes_raw()
    assert key_fingerprint(key) == base64.b32encode(sha(key)[:10]).decode() == FIRST["fingerprint"]


# ---- and the program itself ----------------------------------------------------------------------------------------------


def entries() -> list[journal.Entry]:
    return [journal.read_entry(one["header"].encode(), one["body"].encode()) for one in FIRST["entries"]]


def test_the_program_comes_to_the_same_bytes() -> None:
    stream = journal.StreamName.parse(FIRST["stream"])
    links = journal.chain_on(journal.first_chain(stream), 1, [entry.hashed for entry in entries()])
    assert [journal.first_chain(stream).hex(), *(link.chain.hex() for link in links)] == FIRST["chain"]
    assert DEVICE.sign(journal.seal_message(stream, 2, links[-1].chain)).hex() == FIRST["seal"]
    held = protocol.Held(stream, 2, links[-1].chain)
    ack = protocol.ack_message(stream.device, "ee" * 8, [held])
    assert CENTRAL.sign(ack).hex() == FIRST["signed"]["central: ack of 2"]
    digest = protocol.feed_digest(entry.hashed for entry in entries())
    voucher = protocol.voucher_message("ee" * 8, "visit:v", 0, 2, digest)
    assert CENTRAL.sign(voucher).hex() == FIRST["signed"]["central: voucher of 1 to 2"]
    blob = wire.blob_request("PUT", "ab" * 32, "visit:v", "01" * 16, 4096, 60000)
    assert DEVICE.sign(blob).hex() == FIRST["signed"]["device: PUT from 4096 of 60000"]
    request = wire.request_message("exchange", FIRST["request"].encode())
    assert DEVICE.sign(request).hex() == FIRST["signed"]["device: exchange"]
    reply = wire.reply_message("exchange", 200, "01" * 16, b"{}")
    assert CENTRAL.sign(reply).hex() == FIRST["signed"]["central: reply {}"]


def test_the_program_orders_in_the_same_bytes() -> None:
    order = wiping.read_order(FIRST["order"])
    assert wiping.order_text(order) == FIRST["order"]
    assert CENTRAL.sign(wiping.order_message(FIRST["order"])).hex() == FIRST["signed"]["central: order to wipe"]


def test_the_program_packs_and_reads_the_request_as_it_stands() -> None:
    packed = packing.pack([wire.WireEntry.of(entry) for entry in entries()])
    assert packed and packed.model_dump(mode="json") == FIRST["packed"]
    request = wire.unpack(wire.Exchange, FIRST["request"].encode())
    assert request.pushes[0].seal == FIRST["seal"] and request.pushes[0].packed == packed
    assert wire.pack(request).decode() == FIRST["request"]


@pytest.mark.parametrize("change", ["header", "body"])
def test_one_changed_letter_changes_chain_and_seal(change: str) -> None:
    changed = [dict(one) for one in FIRST["entries"]]
    changed[1][change] = changed[1][change].replace("a", "b", 1)
    assert chain_of(FIRST["stream"], changed)[-1].hex() != FIRST["chain"][-1]
