"""Requests that schemathesis makes from the document of a node's own routes, with fields and ids that its pages show."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.described import as_bytes, cases_of, operations_of
from tests.web.busy import make_busy_office, make_busy_tablet
from tests.web.crawling import crawl
from tests.web.nodes import Browser, Node, Visiting
from tests.web.test_any_request import LEFT_OUT, PAGES_TO_READ, Surface, faults_of, surface_of

FORM: Final = "application/x-www-form-urlencoded"
SOME, FEW, MANY = 12, 2, 12
LONGEST: Final = 60_000  # letters of an address: the client sends no longer one


def document_of(browser: Browser) -> dict[str, Any]:
    """The node's OpenAPI document. Routes that read a form whole name no field of it: the pages do."""
    role = browser.node_app.state.settings.role
    surface = surface_of(browser, crawl(browser.get, role, each=2, leave_out=PAGES_TO_READ))
    document = browser.node_app.openapi()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            describe(operation, surface, surface.fields.get(path, {}) if method == "post" else {})
    return document


def describe(operation: dict[str, Any], surface: Surface, fields: dict[str, list[str]]) -> None:
    for one in operation.get("parameters", []):
        if one["in"] == "path" and (known := surface.ids.get(one["name"])):
            one["schema"] = {"enum": known[:9]}
    content = operation.get("requestBody", {}).get("content", {})
    if fields and set(content) <= {FORM}:
        of_fields = {name: of_field(sorted(set(known) - {""})) for name, known in fields.items()}
        operation["requestBody"] = {"content": {FORM: {"schema": {"type": "object", "properties": of_fields}}}}


def of_field(known: list[str]) -> dict[str, Any]:
    """What may stand in a field: one of the values that a page showed, by half, or any text."""
    return {"anyOf": [{"enum": known}, {"type": "string"}]} if known else {"type": "string"}


def faults_at(browser: Browser, is_long: bool) -> Iterator[str]:
    """What was wrong with the answers; on a short run of some operations, chosen by chance."""
    operations = [one for one in operations_of(document_of(browser)) if not one.path.startswith(LEFT_OUT)]
    for operation in operations if is_long else random.sample(operations, SOME):
        for case in cases_of(operation, MANY if is_long else FEW):
            method, address, body, headers = as_bytes(case, str(browser.base_url).rstrip("/"))
            if len(address) > LONGEST:
                continue
            reply = browser.request(method, address, content=body, headers=headers)
            yield from (f"{method} {address} {body!r}: {reply.status_code}: {fault}" for fault in faults_of(reply))


@pytest.mark.parametrize("is_long", [False, pytest.param(True, marks=pytest.mark.long)])
def test_a_tablet_answers_what_its_document_describes_and_what_it_does_not(
    device: Node, ana: Browser, visit: Visiting, is_long: bool
) -> None:
    make_busy_tablet(device, ana, visit)
    assert list(faults_at(ana, is_long)) == []


@pytest.mark.parametrize("is_long", [False, pytest.param(True, marks=pytest.mark.long)])
@pytest.mark.parametrize("who", ["adm", "ben"])
def test_the_office_answers_what_its_document_describes_and_what_it_does_not(
    central: Node, adm: Browser, sent_visit: Visiting, who: str, is_long: bool
) -> None:
    make_busy_office(central, sent_visit, adm)
    assert list(faults_at(central.browser(who), is_long)) == []
