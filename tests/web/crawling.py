"""Walks a node as a curious reader with a form in every hand: which pages there are, which forms stand on them, and
what happens when every field of them is filled. Nothing here names a page: a new one is found by its link, a new field
by standing in a form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from fastapi.routing import APIRoute
from starlette.routing import Match

from app.main import routes_of

FREE_TYPES: Final = ("text", "search", "url", "tel", "email", "password", "textarea")
Reply = Any  # of httpx2, from a browser in process or over the network


@dataclass
class Field:
    """What a form sends under a name. `options`: the values it offers; empty where a person types."""

    name: str
    kind: str
    value: str = ""
    options: list[str] = field(default_factory=list)
    is_numeric: bool = False
    is_forgotten: bool = False  # the browser is told to keep nothing of it
    longest: int = 0  # letters; 0 for no limit

    @property
    def is_free(self) -> bool:
        """True where a person types words."""
        return self.kind in FREE_TYPES and not self.is_numeric


@dataclass
class Form:
    """A form of a page: where it goes, by which route, and its fields by name."""

    page: str
    method: str
    action: str
    route: str = ""
    fields: dict[str, Field] = field(default_factory=dict)
    is_multipart: bool = False
    autocomplete: str = ""


class PageParser(HTMLParser):
    """Collects what leads on from a page: links, parts that are fetched, forms."""

    def __init__(self, path: str) -> None:
        super().__init__(convert_charrefs=True)
        self.path = path
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._by_id: dict[str, Form] = {}
        self._area: Field | None = None
        self._choice: Field | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        for name in ("href", "hx-get"):
            if tag != "link" and at.get(name):
                self.links.append(urljoin(self.path, at[name]))
        if tag == "form":
            self._begin_form(at)
        elif tag in ("input", "textarea", "select", "button"):
            self._add_field(tag, at)
        elif tag == "option" and self._choice is not None and at.get("value"):
            self._choice.options.append(at["value"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "textarea":
            self._area = None
        elif tag == "select":
            self._choice = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.value += data

    def _begin_form(self, at: Mapping[str, str]) -> None:
        action = urljoin(self.path, at.get("action") or self.path)
        is_multipart = "multipart" in at.get("enctype", "")
        method, autocomplete = at.get("method", "get").upper(), at.get("autocomplete", "")
        self._open = Form(self.path, method, action, is_multipart=is_multipart, autocomplete=autocomplete)
        self.forms.append(self._open)
        if "id" in at:
            self._by_id[at["id"]] = self._open

    def _add_field(self, tag: str, at: Mapping[str, str]) -> None:
        form = self._by_id.get(at["form"]) if "form" in at else self._open
        if form is not None and at.get("formaction"):  # a button that sends the same fields elsewhere
            self.forms.append(replace(form, action=urljoin(self.path, at["formaction"])))
        name = at.get("name", "")
        if form is None or not name or "disabled" in at or "readonly" in at:
            return
        kind = at.get("type", "text") if tag == "input" else tag
        one = form.fields.setdefault(name, Field(name, kind, at.get("value", "") if tag == "input" else ""))
        one.is_numeric = at.get("inputmode") in ("numeric", "decimal")
        one.is_forgotten = (at.get("autocomplete") or form.autocomplete) == "off"
        one.longest = int(at.get("maxlength", "0"))
        if kind in ("radio", "checkbox", "button") and at.get("value"):
            one.options.append(at["value"])
        if tag == "textarea":
            self._area = one
        elif tag == "select":
            self._choice = one


def parsed(path: str, html: str) -> PageParser:
    parser = PageParser(path)
    parser.feed(html)
    parser.close()
    return parser


class RouteFinder:
    """Which route of a role an address belongs to."""

    def __init__(self, role: str) -> None:
        self.routes = routes_of(role)

    def find(self, method: str, path: str) -> APIRoute | None:
        scope = {"type": "http", "method": method, "path": urlsplit(path).path, "root_path": ""}
        return next((route for route in self.routes if route.matches(scope)[0] is Match.FULL), None)

    def template(self, method: str, path: str) -> str:
        route = self.find(method, path)
        return route.path if route else ""


@dataclass
class Crawl:
    """The pages that were seen, by address, and one form of each kind: by route and names of its fields."""

    pages: dict[str, str] = field(default_factory=dict)
    forms: list[Form] = field(default_factory=list)


def crawl(
    get: Callable[[str], Reply], role: str, starts: Sequence[str] = ("/",), each: int = 3, leave_out: str = ""
) -> Crawl:
    """Follows every link of a node from `starts` on, up to `each` addresses of one route; asserts that no page fails.

    `leave_out`: a pattern of addresses that are not opened.
    """
    finder, found = RouteFinder(role), Crawl()
    waiting, opened, kinds = list(starts), {}, set()
    while waiting:
        path = waiting.pop(0).partition("#")[0]
        route = finder.template("GET", path)
        key = (route, tuple(sorted(re.findall(r"[?&](\w+)=", path))))
        is_outside = not path.startswith("/") or path.startswith(("/static/", "//"))
        if (
            is_outside
            or path in found.pages
            or opened.get(key, 0) >= each
            or (leave_out and re.search(leave_out, path))
        ):
            continue
        assert route, f"a link leads nowhere: {path}"
        opened[key] = opened.get(key, 0) + 1
        reply = get(path)
        assert reply.status_code in (200, 204, 303, 404, 422), (path, reply.status_code, reply.text[:400])
        if reply.status_code == 303:
            waiting.append(reply.headers["Location"])
        if not reply.headers.get("Content-Type", "").startswith("text/html"):
            continue
        found.pages[path] = reply.text
        page = parsed(path, reply.text)
        waiting += page.links
        for form in page.forms:
            form.route = finder.template(form.method, form.action)
            has_buttons = any(other.fields is form.fields for other in page.forms if other is not form)
            assert form.route or has_buttons, f"a form goes nowhere: {form.method} {form.action} on {path}"
            if not form.route:
                continue  # only its buttons say where
            kind = (form.method, form.route, tuple(sorted(form.fields)))
            if kind not in kinds:
                kinds.add(kind)
                found.forms.append(form)
    return found


def declared_names(role: str) -> Iterator[tuple[str, str]]:
    """(route, name) of every form field that a route declares in its signature."""
    for route in routes_of(role):
        for one in route.dependant.body_params:
            yield route.path, one.alias


# ---- filling -----------------------------------------------------------------------------------------------------------

DAY, CLOCK, NUMBER = "2026-11-22", "09:05", "3"
TYPED: Final = {"date": DAY, "time": CLOCK, "datetime-local": f"{DAY}T{CLOCK}"}
Words = Callable[[Form, Field], str]


def filled(form: Form, words: Words, choose: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What a person sends who fills every field. `words`: what is typed where words are wanted. `choose`: by name of a
    field, which of its options is taken; else the first."""
    sent: dict[str, Any] = {}
    for name, one in form.fields.items():
        if one.kind == "file":
            continue
        if one.is_free:
            typed = words(form, one)
            sent[name] = typed[: one.longest] if one.longest else typed
        elif one.kind == "checkbox":
            sent[name] = one.options
        elif one.options:
            wanted = (choose or {}).get(name, "")
            sent[name] = wanted if wanted in one.options else one.options[0]
        else:
            sent[name] = one.value if one.kind == "hidden" else TYPED.get(one.kind, NUMBER)
    return sent


def typed_forms(forms: Sequence[Form]) -> list[Form]:
    """Those that are posted and in which somebody types words."""
    return [form for form in forms if form.method == "POST" and any(one.is_free for one in form.fields.values())]
