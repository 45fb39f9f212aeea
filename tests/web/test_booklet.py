"""The checklists to read, to compare and to print: both roles, three languages, every id where it belongs."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape

from app.domain.checklist import AnswerField
from app.main import create_app
from app.store import attachments, checklists
from app.store.checklist_cache import library_from
from app.store.checklists import Compiled, Shelf, keep_document
from app.web.booklet_pages import boxes_of
from tests.web.nodes import DEVICE_URL, Browser, Node, Visiting, add_room, plan_by_service

ROOT = Path(__file__).resolve().parents[2]
POLICE = "/checklists/police-holding/1"


def in_order(shelf: Shelf) -> list[str]:
    found = shelf.named("police-holding")
    assert found is not None
    return [indicator.id for _, indicator in found.checklist.in_order()]


def ids_on(html: str) -> list[str]:
    return re.findall(r'<h4><span class="id">(\w+)</span>', html)


def changed_document(shelf: Shelf, **text: str) -> tuple[bytes, str]:
    """The police checklist as it might have been before: B1 asked in other words. And its SHA-256."""
    found = shelf.named("police-holding")
    assert found is not None
    raw: dict[str, Any] = json.loads(found.document)
    raw["indicators"]["B1"]["text"].update(text)
    document = json.dumps(raw, ensure_ascii=False).encode()
    return document, hashlib.sha256(document).hexdigest()


def keep(node: Node, shelf: Shelf, document: bytes, sha256: str) -> None:
    title = shelf.compiled[0].title
    with node.database.write() as session:
        keep_document(session, Compiled("police-holding", 1, (), title, sha256, 1, 1, lambda: document))


# ---- reading -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_checklist_of_the_node_is_listed_for_everybody(
    ana: Browser, adm: Browser, shelf: Shelf, language: str
) -> None:
    for browser in (ana.speak(language), adm.speak(language)):
        html = browser.get("/checklists").text
        for one in shelf.compiled:
            assert f'href="/checklists/{one.checklist_id}/{one.version}"' in html
            assert str(escape(one.title.in_(language))) in html
            assert one.sha256[:12] in html


def test_the_office_has_the_checklists_among_its_places_and_a_tablet_beside_planning_and_sending(
    ana: Browser, adm: Browser
) -> None:
    assert 'href="/checklists"' in adm.get("/institutions").text
    for path in ("/visits/new", "/sync"):
        assert 'href="/checklists"' in ana.get(path).text
    assert 'href="/checklists"' not in ana.get("/visits").text


def test_a_checklist_shows_what_it_asks_in_the_order_of_the_walk(ana: Browser, shelf: Shelf) -> None:
    html = ana.get(POLICE).text
    assert re.findall(r'<b><span class="id">(\w+)</span>', html) == in_order(shelf)
    b1 = html[html.index('<span class="id">B1</span>') :]
    assert "danger" in b1[: b1.index("</li>")] and "Must be answered" in b1[: b1.index("</li>")]
    assert "at least 2.5 m²" in html


def test_a_list_of_the_checklists_opens_none_of_them(ana: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checklists, "opened", lambda *_: pytest.fail("a document of a megabyte was read"))
    assert ana.get("/checklists").status_code == 200
    assert ana.get("/visits/new").status_code == 200


@pytest.mark.parametrize("path", ["/checklists/none/1", "/checklists/police-holding/9", "/checklists/police-holding/x"])
def test_what_is_not_there_is_said_to_be_not_there(ana: Browser, path: str) -> None:
    for address in (path, f"{path}/booklet", f"{path}/changes?from=1"):
        assert ana.get(address).status_code == 404, address


# ---- what changed ------------------------------------------------------------------------------------------------------


def test_a_checklist_does_not_differ_from_itself(ana: Browser) -> None:
    assert "Nothing differs." in ana.get(f"{POLICE}/changes?from=1").text


def test_a_document_pinned_on_this_node_is_compared_word_for_word(ana: Browser, device: Node, shelf: Shelf) -> None:
    document, sha256 = changed_document(shelf, ru="Прежний вопрос?")
    keep(device, shelf, document, sha256)
    html = ana.get(f"{POLICE}/changes?from={sha256}").text
    assert "Прежний вопрос?</del>" in html
    assert "comparable with care" in html
    assert html.count('class="change-line"') == 1


def test_an_unknown_document_or_a_photo_is_nothing_to_compare_with(ana: Browser, device: Node, shelf: Shelf) -> None:
    photo, document = b"\x00photo", changed_document(shelf, en="Before?")[0]
    with device.database.write() as session:
        hidden = attachments.keep(session, document, attachments.DOCUMENT_TYPE, "visit:other")
        picture = attachments.keep(session, photo, attachments.PHOTO_TYPE, "reference")
    for sha256 in ("0" * 64, hidden, picture, "", "' or 1"):
        assert ana.get(f"{POLICE}/changes", params={"from": sha256}).status_code == 404, sha256


def test_the_documents_of_other_peoples_visits_are_not_offered(
    ana: Browser, cy: Browser, device: Node, shelf: Shelf, visit: Visiting
) -> None:
    document, sha256 = changed_document(shelf, en="Before?")
    keep(device, shelf, document, sha256)
    other = Shelf(tuple(one for one in shelf.compiled if one.checklist_id == "police-holding"), ())
    newer = Compiled("police-holding", 2, (), other.compiled[0].title, sha256, 1, 1, lambda: document)
    device.app.state.checklists = Shelf((newer,), ())
    pinned = other.compiled[0].sha256
    assert f"from={pinned}" in ana.get("/checklists/police-holding/2").text
    assert f"from={pinned}" not in cy.get("/checklists/police-holding/2").text


# ---- on paper ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_booklet_asks_everything_under_the_same_ids(ana: Browser, shelf: Shelf, language: str) -> None:
    html = ana.get(f"{POLICE}/booklet?in={language}&rooms=1&files=1").text
    assert ids_on(html) == in_order(shelf)
    assert f'<html lang="{language}"' in html
    found = shelf.named("police-holding")
    assert found is not None
    for indicator in found.checklist.indicators.values():
        assert indicator.text.in_(language).replace("'", "&#39;").replace('"', "&#34;") in html, indicator.id


def test_the_short_booklet_asks_the_short_variant_only(ana: Browser, shelf: Shelf) -> None:
    found = shelf.named("police-holding")
    assert found is not None
    assert set(ids_on(ana.get(f"{POLICE}/booklet?variant=short").text)) == set(found.checklist.checklist.short)


def test_rooms_and_files_stand_there_as_often_as_wanted(ana: Browser) -> None:
    usual = ids_on(ana.get(f"{POLICE}/booklet").text)
    assert (usual.count("C1"), usual.count("A2"), usual.count("B1")) == (4, 5, 1)
    wanted = ids_on(ana.get(f"{POLICE}/booklet?rooms=2&files=7").text)
    assert (wanted.count("C1"), wanted.count("A2")) == (2, 7)
    odd = ids_on(ana.get(f"{POLICE}/booklet?rooms=0&files=999").text)
    assert (odd.count("C1"), odd.count("A2")) == (1, 20)
    assert ids_on(ana.get(f"{POLICE}/booklet?rooms=x&files=²").text) == usual


def test_beside_a_file_nobody_is_asked_for_a_name(ana: Browser) -> None:
    html = ana.get(f"{POLICE}/booklet?rooms=1&files=1").text
    headings = dict(re.findall(r'<h3><span>[^<]* · (\w+) 1</span><span class="name">([^<]+)</span>', html))
    assert headings == {"File": "Your number for the file", "Room": "Name"}


def test_the_booklet_keeps_the_rules_of_the_page(ana: Browser) -> None:
    reply = ana.get(f"{POLICE}/booklet")
    assert "style-src 'self'" in reply.headers["Content-Security-Policy"]
    assert not re.search(r"<style|style=|<script(?![^>]*src=)", reply.text)
    assert len(re.findall(r' id="([^"]+)"', reply.text)) == len(set(re.findall(r' id="([^"]+)"', reply.text)))


def test_each_page_foot_says_which_document_it_is(ana: Browser, shelf: Shelf) -> None:
    found = shelf.named("police-holding")
    assert found is not None
    sheet = re.search(r'href="(/checklists/[^"]+foot\.css[^"]+)"', ana.get(f"{POLICE}/booklet").text)
    assert sheet
    foot = ana.get(sheet.group(1))
    assert foot.headers["Content-Type"].startswith("text/css")
    assert f'"police-holding · 1 · {found.sha256[:12]}"' in foot.text
    assert "counter(page)" in foot.text


@pytest.mark.parametrize("path", ['/checklists/a"b/1', "/checklists/a/1x", "/checklists/A/1"])
def test_nobody_can_write_style_into_the_foot(ana: Browser, path: str) -> None:
    assert ana.get(f"{path}/foot.css?mark=0123456789ab").status_code == 404
    assert ana.get("/checklists/a/1/foot.css", params={"mark": '";}*{}'}).status_code == 404


def test_the_booklet_of_a_visit_carries_its_head_and_its_rooms(ana: Browser, visit: Visiting) -> None:
    add_room(ana, visit)
    name = visit.records().repeats[0].text("name")
    html = ana.get(f"{visit.url}/booklet?in=ru&rooms=2").text
    for told in ("Алмалинский отдел полиции", "22 ноября 2026", "Ана Сапарова", visit.visit_id, f"<b>{name}</b>"):
        assert told in html.replace("\xa0", " "), told
    assert ids_on(html).count("C1") == 2
    assert f'href="{visit.url}/booklet"' in ana.get(visit.url).text


def test_cy_gets_no_booklet_of_anas_visit(cy: Browser, visit: Visiting) -> None:
    assert cy.get(f"{visit.url}/booklet").status_code == 404


@pytest.mark.parametrize(
    ("field", "boxes"),
    [
        ({"type": "count", "max": 500}, "___"),
        ({"type": "count"}, "___"),
        ({"type": "measure", "max": 99.5, "decimals": 1}, "__,_"),
        ({"type": "measure", "min": -40, "max": 60, "decimals": 1}, "±__,_"),
        ({"type": "date"}, "__.__.____"),
        ({"type": "time"}, "__:__"),
        ({"type": "moment"}, "__.__.____ __:__"),
        ({"type": "text"}, ""),
        ({"type": "choice"}, ""),
    ],
)
def test_each_kind_of_field_has_a_box_for_every_digit_it_can_have(field: dict[str, Any], boxes: str) -> None:
    text = {"kk": "a", "ru": "b", "en": "c"}
    made = AnswerField.model_validate({"key": "x", "label": text, **field})
    assert "".join(cell or "_" for cell in boxes_of(made)) == boxes


# ---- a version that is gone --------------------------------------------------------------------------------------------


def test_a_visit_whose_version_is_gone_from_disk_opens_from_its_frozen_copy(
    ana: Browser, device: Node, visit: Visiting, shelf: Shelf, tmp_path: Path
) -> None:
    ana.tap(visit.answer_url("B1"), value="no", note="4-камера")
    folder = shutil.copytree(ROOT / "checklists", tmp_path / "checklists")
    (folder / "institutions" / "police-holding.yaml").unlink()
    without = library_from(folder, tmp_path)
    assert without.named("police-holding") is None
    checklists._opened.clear()  # as in a program that was just started
    restarted = Node(
        create_app(device.app.state.settings, without, device.database, device.clock), DEVICE_URL, device.clock
    )
    again = restarted.browser("ana")
    assert again.get(POLICE).status_code == 404
    for path in ("", "/sections/cells", "/meanings/B1", "/answers/B1/history", "/finish", "/report", "/booklet"):
        assert again.get(f"{visit.url}{path}").status_code == 200, path
    assert "4-камера" in again.get(f"{visit.url}/sections/cells").text
    assert again.tap(visit.answer_url("B2"), value="yes").status_code == 200
    assert visit.answer("B2")["value"] == "yes"


def test_a_second_visit_pins_what_is_on_the_shelf_and_the_first_keeps_its_own(device: Node, shelf: Shelf) -> None:
    first = plan_by_service(device, shelf)
    document, sha256 = changed_document(shelf, en="In other words?")
    title = shelf.compiled[0].title
    newer = Compiled("police-holding", 2, ("ivs",), title, sha256, 1, 1, lambda: document)
    second = plan_by_service(device, Shelf((newer,), ()))
    ana = device.browser("ana")
    assert "In other words?" in ana.get(f"{second.url}/sections/cells").text
    assert "In other words?" not in ana.get(f"{first.url}/sections/cells").text
