"""The editors' preview: cards from the files, faults instead while they are broken, anew when one is saved."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.config import Settings
from app.web.preview import preview_app
from tests.checklists.test_library import INDICATORS, b1, small_library, written


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path / "checklists", small_library())


@pytest.fixture
def editor(folder: Path) -> TestClient:
    settings = Settings(role="central", checklists_dir=folder, language="en", instance="preview")
    return TestClient(preview_app(settings, "small"), base_url="http://127.0.0.1:8002", follow_redirects=False)


def save(folder: Path, name: str, text: str) -> None:
    """As an editor saves: other content, a later time."""
    (folder / name).write_text(text, "utf-8")
    later = (folder / name).stat().st_mtime_ns + 1_000_000_000
    os.utime(folder / name, ns=(later, later))


def test_each_section_is_shown_as_cards_that_nobody_can_answer(editor: TestClient) -> None:
    assert editor.get("/").headers["Location"] == "/sections/1"
    html = editor.get("/sections/2").text
    assert re.findall(r'<article[^>]*id="indicator-(\w+)"', html) == ["B1", "B2"]
    assert html.count('fieldset class="answers" disabled') == 2
    assert 'href="/sections/1"' in html


def test_a_saved_file_shows_at_the_next_look(editor: TestClient, folder: Path) -> None:
    assert "In other words?" not in editor.get("/sections/2").text
    files = small_library()
    b1(files)["text"]["en"] = "In other words?"
    written(folder, files)
    assert "In other words?" in editor.get("/sections/2").text


def test_the_mark_changes_with_a_saved_file_and_only_then(editor: TestClient, folder: Path) -> None:
    shown = re.search(r'data-mark="(\w+)"', editor.get("/sections/1").text)
    assert shown
    same = {"If-None-Match": f'"{shown.group(1)}"'}
    assert editor.get("/mark", headers=same).status_code == 304
    save(folder, INDICATORS, (folder / INDICATORS).read_text("utf-8") + "\n")
    changed = editor.get("/mark", headers=same)
    assert changed.status_code == 200
    assert changed.headers["ETag"] == f'"{changed.text}"'


def test_faults_are_shown_with_file_and_line_until_they_are_put_right(editor: TestClient, folder: Path) -> None:
    right = (folder / INDICATORS).read_text("utf-8")
    save(folder, INDICATORS, right.replace("severity: 2", "severty: 2", 1))
    line = next(
        n for n, text in enumerate((folder / INDICATORS).read_text("utf-8").splitlines(), 1) if "severty" in text
    )
    html = editor.get("/sections/2").text
    assert f"{INDICATORS}:{line}" in html
    assert "severty" in html
    assert "<article" not in html
    save(folder, INDICATORS, right)
    os.utime(folder / INDICATORS)
    assert "<article" in editor.get("/sections/2").text


def test_a_file_that_is_no_yaml_is_a_fault_like_another(editor: TestClient, folder: Path) -> None:
    save(folder, INDICATORS, "indicators: [")
    reply = editor.get("/sections/1")
    assert reply.status_code == 200
    assert f"{INDICATORS}:" in reply.text and "this is not YAML" in reply.text


def test_a_checklist_that_is_not_there_is_said_with_those_that_are(folder: Path) -> None:
    settings = Settings(role="central", checklists_dir=folder, language="en", instance="preview")
    html = TestClient(preview_app(settings, "police"), base_url="http://127.0.0.1:8002").get("/sections/1").text
    assert "no checklist with this id: police" in html and "small" in html


def test_the_foot_of_a_card_opens_as_in_a_visit(editor: TestClient) -> None:
    where = re.search(r'hx-get="([^"]+/meanings/B1)"', editor.get("/sections/2").text)
    assert where
    assert "<dl>" in editor.get(where.group(1)).text
    assert editor.get(where.group(1).replace("B1", "Z9")).status_code == 404


def test_the_language_can_be_chosen_and_nothing_else_can_be_sent(editor: TestClient) -> None:
    chosen = editor.post("/preferences", data={"language": "kk"}, headers={"Origin": "http://127.0.0.1:8002"})
    assert chosen.status_code == 303
    assert '<html lang="kk"' in editor.get("/sections/1").text
    for path in ("/sections/1", "/mark", "/visits/preview/answers/B1"):
        assert editor.post(path, headers={"Origin": "http://127.0.0.1:8002"}).status_code in (404, 405)


def test_other_hosts_and_pages_get_nothing(editor: TestClient) -> None:
    assert editor.get("/sections/1", headers={"Host": "evil.example"}).status_code == 403
    assert "script-src 'self'" in editor.get("/sections/1").headers["Content-Security-Policy"]
    assert not re.search(r"<style|style=|<script(?![^>]*src=)", editor.get("/sections/2").text)


@pytest.mark.parametrize("number", ["0", "99", "-1"])
def test_a_section_that_is_no_more_shows_the_first(editor: TestClient, number: str) -> None:
    assert 'id="indicator-P1"' in editor.get(f"/sections/{number}").text
