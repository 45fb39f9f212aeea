"""Verify on a device: central's kept signatures, over acks and over pieces of feeds, hold or are named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import update

from app.store.central_words import PROOF, VOUCHER
from app.store.db import Database
from app.store.node import put_value, values_with_prefix
from app.store.tables import LinkRow, table
from app.store.verification import findings
from tests.builders import answer, make_visit, make_world


@pytest.fixture
def device(tmp_path: Path) -> Database:
    """A device that sent a visit and read it again."""
    world = make_world(tmp_path)
    device = world.device()
    with device.write() as session:
        visit = make_visit(session)
        answer(session, visit, "A-1", "no")
    world.meet(device)
    world.meet(device)
    return device


def named(device: Database) -> list[str]:
    with device.read() as session:
        return [one.where for one in findings(session, lambda visit, fields: True)]


def test_what_central_signed_holds(device: Database) -> None:
    with device.read() as session:
        assert values_with_prefix(session, PROOF) and session.execute(VOUCHER.select()).all()
    assert named(device) == []


def test_a_changed_ack_is_named(device: Database) -> None:
    with device.write() as session:
        name, text = next(iter(values_with_prefix(session, PROOF).items()))
        put_value(session, f"{PROOF}{name}", json.dumps(json.loads(text) | {"proof": "00" * 64}))
    assert [where.partition(" of ")[0] for where in named(device)] == ["ack"]


def test_an_ack_of_another_chain_is_named(device: Database) -> None:
    """Central's signature holds, but not over what stands in the stream: somebody exchanged the stream."""
    with device.write() as session:
        session.execute(update(table(LinkRow)).values(chain=b"\0" * 32))
    assert any(where.startswith("ack of") for where in named(device))


def test_a_changed_voucher_is_named(device: Database) -> None:
    with device.write() as session:
        session.execute(update(VOUCHER).values(last=VOUCHER.c.last, epoch="another"))
    assert named(device) and all(where.startswith("voucher ") for where in named(device))
