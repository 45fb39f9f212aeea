"""Whatever is sent to whichever route, in whichever of its parameters: the node answers, says no trace and no markup.

The routes, their parameters and the fields of their forms are read off the app and its pages; a new one is tried at
once. Each run tries hostile values in other places; `./dev test --long` tries several in every place.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from httpx2 import Response

from tests.web.busy import make_busy_office, make_busy_tablet
from tests.web.crawling import Crawl, RouteFinder, crawl
from tests.web.hostile import MARK, MARKUP, PATHS, VALUES
from tests.web.nodes import INSTITUTION, Browser, Node, Visiting

A_FEW = 4
NOBODY = "01900000-0000-7000-8000-000000000009"
# End the session, ask the network, or end what the others need: each takes no word, or has tests of its own.
LEFT_OUT = ("/lock", "/sign-out", "/sync", "/hub", "/enrol/again", "/visits/{visit_id}/interviews/{interview_id}/stop")
PAGES_TO_READ = r"/booklet|/changes|^/standards|^/guides|^/interviews"


@dataclass
class Surface:
    """What a node offers to somebody: values that its pages show, by name of the parameter and of the form field."""

    ids: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    fields: dict[str, dict[str, list[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))


@dataclass(frozen=True)
class Place:
    """Where a value goes: into a path, query, form or header, under a name."""

    where: str
    name: str


def surface_of(browser: Browser, seen: Crawl) -> Surface:
    finder, found = RouteFinder(browser.node_app.state.settings.role), Surface()
    for address in [*seen.pages, *(form.action for form in seen.forms)]:
        for method in ("GET", "POST"):
            if route := finder.find(method, address):
                given = route.path_regex.match(address.partition("?")[0])
                for name, value in (given.groupdict() if given else {}).items():
                    found.ids[name] += [] if value in found.ids[name] else [value]
    for form in seen.forms:
        for one in form.fields.values():
            found.fields[form.route][one.name] += [*one.options, one.value]
    return found


def named(dependant: Dependant, kind: str) -> set[str]:
    """Names of the parameters of a kind, also of what a route depends on."""
    names = {one.alias for one in getattr(dependant, f"{kind}_params")}
    return names.union(*(named(one, kind) for one in dependant.dependencies))


def places_of(route: APIRoute, surface: Surface) -> list[Place]:
    in_path = set(re.findall(r"{(\w+)}", route.path))
    in_form = (
        named(route.dependant, "body") | set(surface.fields.get(route.path, {}))
        if "POST" in (route.methods or ())
        else set()
    )
    return [
        *(Place("path", name) for name in sorted(in_path)),
        *(Place("query", name) for name in sorted(named(route.dependant, "query") - in_path)),
        *(Place("form", name) for name in sorted(in_form)),
        *(Place("header", name) for name in sorted(named(route.dependant, "header"))),
    ]


def request_of(
    route: APIRoute, places: list[Place], surface: Surface, at: Place, value: str
) -> tuple[str, dict[str, str], dict[str, bytes]]:
    """(path with query, form, headers) with the value in its place, and what the node itself shows in all others."""

    def given(place: Place, known: list[str]) -> str:
        return value if place == at else random.choice(known or [NOBODY])

    path, query = route.path, {}
    form: dict[str, Any] = {}
    headers: dict[str, bytes] = {}
    for place in places:
        if place.where == "path":
            text = quote(encoded(given(place, surface.ids.get(place.name, []))), safe="")
            path = path.replace(f"{{{place.name}}}", text)
        elif place.where == "form":
            form[place.name] = encoded(given(place, surface.fields.get(route.path, {}).get(place.name, [""])))
        elif place == at:
            (query if place.where == "query" else headers)[place.name] = encoded(value)
    return path + (f"?{urlencode(query)}" if query else ""), form, headers


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def faults_at(browser: Browser, is_long: bool) -> Iterator[str]:
    """What was wrong with the answers to hostile values in every place of every route, on a long run of each."""
    role = browser.node_app.state.settings.role
    surface = surface_of(browser, crawl(browser.get, role, each=2, leave_out=PAGES_TO_READ))
    for route in RouteFinder(role).routes:
        places = places_of(route, surface)
        for method in sorted(route.methods or ()) if route.path not in LEFT_OUT else ():
            for at, value in tries(places, is_long):
                path, form, headers = request_of(route, places, surface, at, value)
                if form:
                    headers["Content-Type"] = b"application/x-www-form-urlencoded"
                about = f"{method} {path[:200]}: {at} {value[:80]!r}"
                reply = send(browser, method, path, urlencode(form).encode(), headers, about)
                yield from (f"{about}: {reply.status_code}: {fault}" for fault in faults_of(reply))


def send(browser: Browser, method: str, path: str, body: bytes, headers: dict[str, bytes], about: str) -> Response:
    try:
        return browser.request(method, path, content=body, headers=headers)
    except Exception as error:
        error.add_note(about)
        raise


def tries(places: list[Place], is_long: bool) -> Iterator[tuple[Place, str]]:
    """Values by chance: a few in every place, or on a short run one in a few places of each route."""
    every = (*VALUES, *PATHS, *MARKUP)
    chosen = places if is_long else random.sample(places, min(len(places), A_FEW))
    for place in chosen or [Place("none", "")]:
        for value in random.sample(every, A_FEW if is_long else 1):
            if place.where != "header" or "\n" not in value:  # no client can send such a header
                yield place, value


def faults_of(reply: Response) -> Iterator[str]:
    if reply.status_code >= 500 and reply.status_code != 503:  # 503: this tablet is no hub
        yield "the node failed"
    if "a=b" in reply.headers.get("set-cookie", ""):
        yield "a cookie of the sender's was set"
    if "html" in reply.headers.get("content-type", "") and (f"<{MARK}" in reply.text or "Traceback" in reply.text):
        yield "the page holds the sender's markup or a trace"
    where = reply.headers.get("location", "/")
    if not where.startswith(("/", "http://127.0.0.1:")) or where.startswith("//"):
        yield f"it leads away, to {where}"


@pytest.mark.parametrize("is_long", [False, pytest.param(True, marks=pytest.mark.long)])
def test_a_tablet_answers_whatever_it_is_sent(device: Node, ana: Browser, visit: Visiting, is_long: bool) -> None:
    make_busy_tablet(device, ana, visit)
    assert list(faults_at(ana, is_long)) == []


@pytest.mark.parametrize("is_long", [False, pytest.param(True, marks=pytest.mark.long)])
def test_the_office_answers_whatever_it_is_sent(
    central: Node, adm: Browser, ben: Browser, sent_visit: Visiting, is_long: bool
) -> None:
    make_busy_office(central, sent_visit, adm)
    assert [fault for browser in (adm, ben) for fault in faults_at(browser, is_long)] == []


def test_the_app_describes_itself_to_nobody(device: Node, central: Node) -> None:
    for node in (device, central):
        assert (node.app.openapi_url, node.app.docs_url, node.app.redoc_url) == (None, None, None)
        for path in ("/openapi.json", "/docs", "/redoc"):
            assert node.browser().get(path).status_code == 404


def test_a_number_that_no_database_can_hold_is_refused(adm: Browser) -> None:
    assert adm.get("/audit", params={"before": "9" * 40}).status_code == 422


@pytest.mark.parametrize("subject", ["a\0b", "x", "{visit}/P1"])
def test_the_office_gives_no_person_and_no_institution_the_place_of_an_answer(
    adm: Browser, sent_visit: Visiting, subject: str
) -> None:
    taken = subject.replace("{visit}", sent_visit.visit_id)
    assert adm.submit("/institutions", **INSTITUTION, institution=taken).status_code == 404
    assert adm.submit("/people", person=taken, name="Жан", role="monitor").status_code == 404
    assert adm.submit("/institutions", **INSTITUTION, institution=NOBODY).status_code == 303
