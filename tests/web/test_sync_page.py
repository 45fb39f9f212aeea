"""The sync page of a tablet: where each visit and each file stands, what photos may take, and the truth in a sentence."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from sqlmodel import select

from app import __version__
from app.store import sending
from app.store.node import put_value, value_of
from app.store.tables import AttachmentRow, StreamRow
from app.sync import client, files, reports
from app.sync.hub import HUB_PROBLEM
from app.sync.replies import CENTRAL_VERSION, CLOCK_OFFSET, EPOCH_CHANGED
from app.sync.reports import LAST_PROBLEM
from app.web import sync
from tests.web.nodes import Browser, Node, Visiting, text_of
from tests.web.test_photos import photograph, picture

MINUTE_MS = 60_000


@pytest.fixture(autouse=True)
def roomy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine that runs the tests may be short of space."""
    monkeypatch.setattr(reports, "free_mb", lambda node: 9000)


def said(page: str) -> str:
    return html.unescape(text_of(page))


def live(browser: Browser) -> str:
    """The moving part, as the page asks for it."""
    return said(browser.get("/sync/progress", headers={"HX-Request": "true"}).text)


def strip(browser: Browser) -> str:
    found = re.search(r'<p id="sent"[^>]*>(.*?)</p>', browser.get("/visits").text, re.S)
    return said(found.group(1)) if found else ""


def put(node: Node, **values: str) -> None:
    with node.database.write() as session:
        for name, value in values.items():
            put_value(session, name, value)


# ---- the words ---------------------------------------------------------------------------------------------------------


def test_a_visit_is_saved_then_sent_with_its_time_then_safe(
    ana: Browser, visit: Visiting, device: Node, meet: Callable[[], client.Outcome]
) -> None:
    ana.tap(visit.answer_url("B1"), value="no")
    photograph(ana, visit, picture(), caption="есік")
    assert re.search(r"saved.* есік 1 KB saved", live(ana))
    assert re.search(r"To send: \d+ entries, 1 photo, 1 checklist · [0-9.]+ [KM]B", live(ana))
    device.clock.advance(hours=4, minutes=5)
    meet()
    ana = device.browser("ana")
    assert re.search(r"sent 14:05 .*есік 1 KB sent 14:05", live(ana))
    assert "Nothing waits" in live(ana) and "Everything is at the centre." in live(ana)
    with device.database.write() as session:
        for stream in session.exec(select(StreamRow)):
            stream.durable_seq = stream.last_seq
        for file in session.exec(select(AttachmentRow)):
            file.durable_at_ms = 1
    assert re.search(r"safe .*есік 1 KB safe", live(ana))
    assert "safe in a checked backup" in live(ana)
    assert strip(ana) == "Safe at the centre"
    assert "safe in a checked backup" in said(ana.get(visit.url).text)


def test_one_photo_that_is_in_no_backup_keeps_a_visit_from_being_called_safe(
    ana: Browser, visit: Visiting, device: Node, meet: Callable[[], client.Outcome]
) -> None:
    photograph(ana, visit, picture())
    meet()
    with device.database.write() as session:
        for stream in session.exec(select(StreamRow)):
            stream.durable_seq = stream.last_seq
    assert "safe in a checked backup" not in live(ana)
    assert strip(ana).startswith("Sent ")
    assert "safe in a checked backup" not in said(ana.get(visit.url).text)


def test_on_another_day_the_day_is_said(
    ana: Browser, visit: Visiting, device: Node, meet: Callable[[], client.Outcome]
) -> None:
    ana.tap(visit.answer_url("B1"), value="no")
    meet()
    device.clock.advance(hours=30)
    meet()  # an empty meeting moves no time: it sent nothing of this visit
    assert "sent Nov 22, 2026" in live(device.browser("ana"))


def test_a_file_on_its_way_says_how_far_how_fast_and_how_long(ana: Browser, visit: Visiting, device: Node) -> None:
    photograph(ana, visit, picture((900, 700)), caption="есік")
    progress, now = device.app.state.sync_loop.progress, device.clock.at_ms
    with device.database.read() as session:
        (photo,) = [one for one in sending.files(session) if one.media_type == "image/webp"]
    progress.begin(photo.sha256, visit.records().visit.scope, 0, 60_000, now)
    progress.moved(24_000, now + 2_000)
    page = live(ana)
    assert "есік: sending 40 % · 24 KB of 60 KB · 12 KB a second, " in page
    assert re.search("about [0-9]+ minutes? left|less than a minute left", page)  # with all that waits
    assert re.search(r"есік \d+ KB sending 40 %", page)  # the file by itself
    assert re.search(r"sending \d+ % есік|sending \d+ % File by file", page)  # and its visit
    progress.end(photo.sha256)
    assert "sending 40 %" not in live(ana)


def test_the_moving_part_is_on_the_page_without_javascript_too(ana: Browser, visit: Visiting) -> None:
    page = ana.get("/sync").text
    part = ana.get("/sync/progress", headers={"HX-Request": "true"}).text
    assert 'id="sending" hx-get="/sync/progress"' in page and part.lstrip().startswith('<div id="sending"')
    assert said(part) in said(page)


def test_asking_for_progress_keeps_no_forgotten_tablet_signed_in(ana: Browser, device: Node) -> None:
    ana.get("/sync")
    for _ in range(20):
        device.clock.advance(minutes=3)
        last = ana.get("/sync/progress", headers={"HX-Request": "true"})
    assert last.status_code == 401


# ---- what photos may take ------------------------------------------------------------------------------------------------


def test_a_days_limit_is_chosen_on_the_page(
    ana: Browser, visit: Visiting, device: Node, meet: Callable[[], client.Outcome]
) -> None:
    assert ana.submit("/sync/photos", day_mb="5").headers["Location"] == "/sync#photos"
    page = ana.get("/sync").text
    assert re.search(r'<option value="5" selected>\s*5 MB a day', page)
    photograph(ana, visit, picture())
    meet()
    assert "Photos sent today: 1 KB of 5 MB" in live(ana)
    with device.database.write() as session:
        day, _, _ = value_of(session, files.SPENT).partition(" ")
        put_value(session, files.SPENT, f"{day} 5000000")
    photograph(ana, visit, picture(colour="red"), caption="қызыл")
    meet()
    assert "Today's share for photos is used up." in live(ana)
    assert re.search(r"қызыл 1 KB saved", live(ana))


@pytest.mark.parametrize("day_mb", ["", "7", "-5", "a"])
def test_a_limit_that_is_not_in_the_list_is_refused(ana: Browser, device: Node, day_mb: str) -> None:
    assert ana.submit("/sync/photos", day_mb=day_mb).status_code == 422
    with device.database.read() as session:
        assert value_of(session, files.DAY_MB) == ""


def test_photos_can_be_paused_while_words_go_on(
    ana: Browser, visit: Visiting, meet: Callable[[], client.Outcome]
) -> None:
    ana.submit("/sync/photos/pause", paused="on")
    ana.tap(visit.answer_url("B1"), value="no")
    photograph(ana, visit, picture(), caption="есік")
    meet()
    assert "Photos are paused. Words go on being sent." in live(ana)
    assert re.search(r"To send: 1 photo · 1 KB", live(ana)) and re.search(r"есік 1 KB saved", live(ana))
    ana.submit("/sync/photos/pause", paused="off")
    meet()
    assert "Photos are paused" not in live(ana) and "Nothing waits" in live(ana)


# ---- the truth -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "happened", "to_do"),
    [
        ({LAST_PROBLEM: "network_sign_in"}, "This network wants a sign-in page.", "Open any page in the browser"),
        ({LAST_PROBLEM: "device_revoked"}, "The office has withdrawn this tablet.", "Call the office."),
        (
            {CLOCK_OFFSET: str(-25 * MINUTE_MS)},
            "This tablet's clock is ahead of the office's by 25 minutes.",
            "What you wrote stays as it is.",
        ),
        (
            {LAST_PROBLEM: "central_unreachable", HUB_PROBLEM: "hub_locked"},
            "The team's hub is locked.",
            "Ask the person who uses it to unlock it.",
        ),
        ({CLOCK_OFFSET: str(10 * MINUTE_MS)}, "clock is behind the office's by 10 minutes.", "Set it"),
        (
            {CENTRAL_VERSION: "0.0.1"},
            f"The office runs an older Baqylau (0.0.1) than this tablet ({__version__}).",
            "Nothing to do here",
        ),
    ],
)
def test_what_a_person_must_know_is_one_sentence_and_what_to_do(
    ana: Browser, device: Node, visit: Visiting, values: dict[str, str], happened: str, to_do: str
) -> None:
    put(device, **values)
    page = live(ana)
    assert happened in page and to_do in page
    assert happened.rstrip(".") in strip(ana)


def test_a_withdrawn_tablet_is_promised_no_sending(ana: Browser, device: Node, visit: Visiting) -> None:
    put(device, **{LAST_PROBLEM: "device_revoked"})
    page = live(ana)
    assert "Everything is saved on this tablet." in page and "It goes to the centre" not in page
    assert page.count("Call the office.") == 1


def test_a_disk_that_is_nearly_full_is_told(ana: Browser, device: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "free_mb", lambda node: 300)
    assert "Only 300 MB are free on this tablet." in live(ana) and "send what waits" in live(ana)
    assert "Only 300 MB are free" in strip(ana)


def test_a_restored_office_is_told_until_all_is_sent_again(
    ana: Browser, device: Node, visit: Visiting, meet: Callable[[], client.Outcome]
) -> None:
    put(device, **{EPOCH_CHANGED: str(device.clock.at_ms)})
    sentence = "The office's server was restored on Nov 22, 2026; this tablet is sending again what it holds."
    assert sentence in live(ana) and f"{sentence[:-1]} · to send:" in strip(ana)
    meet()
    assert sentence not in live(ana) and sentence not in strip(ana)


@pytest.mark.parametrize(
    "values",
    [
        {LAST_PROBLEM: "central_unreachable"},
        {CLOCK_OFFSET: str(10 * MINUTE_MS - 1)},
        {CENTRAL_VERSION: __version__},
        {CENTRAL_VERSION: "99.0"},
    ],
)
def test_what_is_normal_raises_no_alarm(ana: Browser, device: Node, visit: Visiting, values: dict[str, str]) -> None:
    put(device, **values)
    part = ana.get("/sync/progress", headers={"HX-Request": "true"}).text
    assert 'role="alert"' not in part and 'class="say mid"' not in part and 'class="say bad"' not in part
    assert re.fullmatch(r"(No connection · )?to send: \d+", strip(ana))


def test_no_connection_is_said_calmly_when_something_waits(ana: Browser, device: Node, visit: Visiting) -> None:
    put(device, **{LAST_PROBLEM: "central_unreachable"})
    assert "The office cannot be reached now." in live(ana) and "tried again by itself" in live(ana)


# ---- «Send now» ----------------------------------------------------------------------------------------------------------


def test_the_page_comes_back_while_a_slow_meeting_goes_on(device: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """Photos over a slow link take minutes: nobody is left before a page that does not come."""
    monkeypatch.setattr(sync, "PATIENCE_S", 0.01)

    async def press() -> None:
        link_is_slow = asyncio.Event()
        monkeypatch.setattr(device.app.state.sync_loop, "meet_now", link_is_slow.wait)
        reply = await sync.send_now(SimpleNamespace(app=device.app), None)  # type: ignore[arg-type]
        assert reply.status_code == 303
        (meeting,) = sync.MEETINGS
        assert not meeting.done()  # it goes on by itself
        link_is_slow.set()
        await meeting

    asyncio.run(press())
    assert not sync.MEETINGS


def test_a_meeting_that_broke_off_for_no_known_reason_is_in_the_log(
    device: Node, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def press() -> None:
        monkeypatch.setattr(device.app.state.sync_loop, "meet_now", lambda: breaking())
        await sync.send_now(SimpleNamespace(app=device.app), None)  # type: ignore[arg-type]
        await asyncio.sleep(0)

    async def breaking() -> None:
        raise RuntimeError("odd")

    asyncio.run(press())
    assert "sync broke off" in caplog.text and "odd" in caplog.text
