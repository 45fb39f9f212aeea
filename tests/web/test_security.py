"""What stands before every route: origin, host, headers, and where a page may send its reader."""

from __future__ import annotations

import re

import pytest

from app.main import known_hosts, routes_of
from app.web.preferences import own_path
from app.web.security import CAMERA_HEADERS, CSP, HEADERS
from tests.web.nodes import Browser, Node, Visiting

MADE_UP = "01900000-0000-7000-8000-000000000000"
MACHINES = "/sync/v1/"
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


def unsafe_calls(role: str) -> list[tuple[str, str]]:
    """(method, filled path) of all routes that change something and are for browsers."""
    calls = {(m, re.sub(r"{\w+}", MADE_UP, r.path)) for r in routes_of(role) for m in r.methods or () if m in UNSAFE}
    return sorted(call for call in calls if not call[1].startswith(MACHINES))


def safe_paths(role: str) -> list[str]:
    paths = {re.sub(r"{\w+}", MADE_UP, r.path) for r in routes_of(role) if "GET" in (r.methods or ())}
    return sorted(path for path in paths if not path.startswith(MACHINES))


@pytest.mark.parametrize("role", ["device", "central"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "http://127.0.0.1.evil.example:8000"},
        {"Origin": "http://[127.0.0.1:8000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_no_unsafe_route_takes_a_request_from_another_page(
    request: pytest.FixtureRequest, role: str, headers: dict[str, str]
) -> None:
    node: Node = request.getfixturevalue(role)
    browser = node.browser("ana" if role == "device" else "adm")
    calls = unsafe_calls(role)
    assert len(calls) > 12
    for method, path in calls:
        reply = browser.request(method, path, headers=headers)
        assert reply.status_code == 403, (method, path)
        assert reply.headers["Content-Security-Policy"] == CSP


@pytest.mark.parametrize("role", ["device", "central"])
def test_no_unsafe_route_takes_a_request_without_an_origin(request: pytest.FixtureRequest, role: str) -> None:
    node: Node = request.getfixturevalue(role)
    browser = node.browser("ana" if role == "device" else "adm")
    del browser.headers["Origin"]
    for method, path in unsafe_calls(role):
        assert browser.request(method, path).status_code == 403, (method, path)


def test_a_page_of_this_node_may_change_things(ana: Browser, visit: Visiting) -> None:
    assert (
        ana.post(visit.answer_url("B1"), data={"value": "no"}, headers={"Sec-Fetch-Site": "same-origin"}).status_code
        == 303
    )


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "", "169.254.169.254"])
def test_a_name_that_is_not_this_nodes_is_refused_everywhere(ana: Browser, host: str) -> None:
    for path in (*safe_paths("device"), "/static/app.css"):
        assert ana.get(path, headers={"Host": host}).status_code == 403, path


@pytest.mark.parametrize("role", ["device", "central"])
def test_no_route_of_any_method_answers_under_a_strange_name(request: pytest.FixtureRequest, role: str) -> None:
    """DNS rebinding: a page of evil.example whose name points to 127.0.0.1 by now, sent by its own origin."""
    node: Node = request.getfixturevalue(role)
    browser = node.browser("ana" if role == "device" else "adm")
    strange = {"Host": "evil.example:8000", "Origin": "http://evil.example:8000", "Sec-Fetch-Site": "same-origin"}
    calls = {(m, re.sub(r"{\w+}", MADE_UP, r.path)) for r in routes_of(role) for m in r.methods or ()}
    assert len(calls) > 60
    for method, path in calls:  # those of machines too
        assert browser.request(method, path, headers=strange).status_code == 403, (method, path)


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "LOCALHOST:8000", "[::1]:8000"])
def test_the_names_of_this_machine_are_known(ana: Browser, host: str) -> None:
    assert ana.get("/health", headers={"Host": host}).status_code == 200


def test_names_of_the_settings_are_known(central: Node) -> None:
    settings = central.app.state.settings.model_copy(update={"public_hosts": " Office.Example , 10.0.0.5"})
    assert {"office.example", "10.0.0.5", "127.0.0.1"} <= known_hosts(settings)


@pytest.mark.parametrize("role", ["device", "central"])
@pytest.mark.parametrize("is_signed_in", [True, False])
def test_every_page_carries_the_headers_and_is_kept_by_no_browser(
    request: pytest.FixtureRequest, role: str, is_signed_in: bool
) -> None:
    node: Node = request.getfixturevalue(role)
    browser = node.browser(("ana" if role == "device" else "ben") if is_signed_in else "")
    for path in safe_paths(role):
        reply = browser.get(path)
        reads_cards = path == "/recovery" or (is_signed_in and path in ("/hub", "/enrol/again"))
        wanted = HEADERS | (CAMERA_HEADERS if reads_cards else {})
        assert {name: reply.headers.get(name) for name in HEADERS} == wanted, path
        assert reply.headers.get("Cache-Control") == "no-store", path


def test_the_policy_lets_nothing_in_from_outside() -> None:
    rules = dict(rule.strip().split(" ", 1) for rule in CSP.split(";"))
    assert rules["default-src"] == "'none'" and rules["frame-ancestors"] == "'none'" and rules["base-uri"] == "'none'"
    assert "unsafe" not in CSP and "http" not in CSP and "*" not in CSP


def test_refusals_of_posts_are_kept_by_no_browser_either(ana: Browser, visit: Visiting) -> None:
    for path, form in (
        (visit.answer_url("P2"), {"field.present": "x"}),
        (f"{visit.url}/arrival", {}),
        (f"{visit.url}/finish", {}),
        ("/visits/abc/finish", {}),
    ):
        reply = ana.post(path, data=form)
        assert reply.status_code in (404, 422)
        assert reply.headers["Cache-Control"] == "no-store"


def test_no_page_asks_another_host_for_anything_or_carries_a_script(ana: Browser, visit: Visiting) -> None:
    for path in (
        "/sign-in",
        "/visits",
        "/visits/new",
        visit.url,
        f"{visit.url}/sections/cells",
        f"{visit.url}/finish",
        f"{visit.url}/report",
        "/sync",
        "/hidden",
    ):
        html = ana.get(path).text
        assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', html), path
        assert not re.findall(r"<script(?![^>]*\bsrc=)", html), path
        assert not re.findall(r'\s(?:style|on\w+)="', html), path


def test_static_files_may_be_kept_for_their_mark_changes_with_their_content(ana: Browser) -> None:
    address = re.search(r'href="(/static/app\.css\?v=[0-9a-f]{10})"', ana.get("/sign-in").text)
    assert address
    reply = ana.get(address.group(1))
    assert reply.status_code == 200 and "immutable" in reply.headers["Cache-Control"]


@pytest.mark.parametrize("name", ["../pyproject.toml", "%2e%2e/pyproject.toml", "..%2fapp/main.py", "nothing.css"])
def test_static_files_end_at_their_folder(ana: Browser, name: str) -> None:
    assert ana.get(f"/static/{name}").status_code == 404


FOREIGN = [
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    "http:/evil.example",
    "evil.example",
    "",
    "/" + "\r\nSet-Cookie: a=b",
]


@pytest.mark.parametrize("path", FOREIGN)
def test_no_way_on_leads_to_another_host(path: str) -> None:
    assert own_path(path) == "/"


def test_neither_sign_in_nor_preferences_send_a_reader_away(device: Node) -> None:
    browser = device.browser()
    for path in FOREIGN:
        assert browser.submit("/preferences", language="ru", next=path).headers["Location"] == "/"
        assert 'name="next" value="/"' in browser.get("/sign-in", params={"next": path}).text


@pytest.mark.parametrize(
    "path", ["/visits", "/visits/a/sections/b?show=all", "/reviews/a?indicator=C1/x", "/visits/new?search=%D0%90"]
)
def test_a_way_on_within_this_node_is_kept(path: str) -> None:
    assert own_path(path) == path


def test_a_form_that_is_far_too_large_is_refused_in_a_sentence(ana: Browser, visit: Visiting) -> None:
    reply = ana.submit(f"{visit.url}/finish", reason="x" * 20_000)
    assert reply.status_code == 422
    assert "x" * 100 not in reply.text
    assert visit.state == "planned"
