"""Messages that schemathesis makes from the models of /sync/v1, under a device's own signature."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from schemathesis import Case

from app.sync import link, orders, wire
from tests.builders import World, node_of
from tests.described import cases_of, operations_of
from tests.faults.nodes import faults_of
from tests.sync.test_any_message import is_central

MESSAGES: Final[dict[str, type[BaseModel]]] = {
    "exchange": wire.Exchange,
    "enrol": wire.EnrolRequest,
    orders.CALL: orders.WipeReceipt,
}
FEW, MANY = 12, 300


def document() -> dict[str, Any]:
    _, told = models_json_schema(
        [(model, "validation") for model in MESSAGES.values()], ref_template="#/components/schemas/{model}"
    )
    said = {"responses": {"200": {"description": "signed"}}}
    bodies = {
        call: {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}}
        for call, model in MESSAGES.items()
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "sync", "version": "1"},
        "paths": {f"{wire.PREFIX}/{call}": {"post": {**said, "requestBody": body}} for call, body in bodies.items()},
        "components": {"schemas": told["$defs"]},
    }


def own(device: str, case: Case) -> bytes:
    """The body as this device would send it: under its own name."""
    body = {**case.body, "device": device} if isinstance(case.body, dict) else case.body
    return json.dumps(body, default=str).encode()


def unsigned_or_failed(world: World, examples: int) -> Iterator[str]:
    """Bodies that central failed at, or answered without its signature."""
    device = world.device()
    with device.read() as session:
        signed_in = link.signed_in(session)
    for operation in operations_of(document()):
        call = operation.path.rpartition("/")[2]
        for case in cases_of(operation, examples):
            body, headers = own(node_of(device).device_id, case), dict(signed_in)
            link.prove(node_of(device), headers, call, body, "ab" * 16)
            reply = world.transport()("POST", operation.path, headers, body)
            if reply.status >= 500 or not is_central(world, reply, call):
                yield f"{call} {body[:3000]!r}: {reply.status}"


@pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=pytest.mark.long)])
def test_central_answers_what_its_models_allow_and_what_they_do_not(world: World, examples: int) -> None:
    assert list(unsigned_or_failed(world, examples)) == []
    assert faults_of(world.central) == []
