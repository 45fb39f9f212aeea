"""Everything on a tablet destroyed at once: keys first, without a network, and the office hears of it when it can."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.commands import wipe as command
from app.errors import InvalidInput, NotEnrolled, WrongPassphrase
from app.store import emptying
from app.store.attempts import open_counted
from app.store.folder import only_process
from app.store.node import OFFLINE, put_value
from app.sync import orders
from tests.web.nodes import PASSPHRASES, PERSON_IDS, Browser, Node, Visiting, text_of, transport_to
from tests.web.test_locking import Remembering

LIMIT_S = 1.0  # design: wipe now takes less than a second


def folder_of(node: Node) -> Path:
    return Path(node.app.state.settings.data_dir)


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"checklists", "lock"}


@pytest.fixture
def slow_to_go(device: Node) -> Remembering:
    device.app.state.lock.leaving = made = Remembering()
    return made


def test_it_says_what_would_be_lost_and_takes_two_steps(ana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B1"), value="no")
    page = ana.get("/visits").text
    assert 'href="/tablet"' in page
    first = ana.get("/tablet").text
    assert (
        "entries" in text_of(first) and "can be an offence" in text_of(first) and "<form" not in first.split("<main")[1]
    )
    assert "<title>Notes</title>" in first
    last = ana.get("/tablet/last-step").text.split("<main")[1]
    assert 'action="/tablet"' in last and "entries" in text_of(last)


def test_the_keys_and_what_they_opened_are_gone_within_a_second_without_a_network(
    device: Node, ana: Browser, visit: Visiting
) -> None:
    folder = folder_of(device)
    assert {"baqylau.db", "slots.json"} <= names_in(folder)
    ana.get("/tablet/last-step")
    started = time.perf_counter()
    reply = ana.submit("/tablet", sure="yes")
    assert time.perf_counter() - started < LIMIT_S
    assert reply.headers["Location"] == "/hidden" and "storage" in reply.headers["Clear-Site-Data"]
    assert names_in(folder) <= {orders.LAST_WORD}
    with pytest.raises(NotEnrolled):
        open_counted(folder, PASSPHRASES["ana"], device.clock)
    assert ana.get("/hidden").status_code == 200
    assert ana.get("/visits").headers["Location"].startswith("/sign-in")


def test_the_keys_are_gone_before_it_answers_and_the_rest_when_nothing_holds_it(
    device: Node, ana: Browser, slow_to_go: Remembering
) -> None:
    folder = folder_of(device)
    ana.submit("/tablet", sure="yes")
    assert slow_to_go.told == ["announced", "forgotten"]
    assert "slots.json" not in names_in(folder) and emptying.is_begun(folder)
    emptying.finish(folder)  # as the launcher does, or the next start after a power cut
    assert names_in(folder) == {orders.LAST_WORD}
    assert not emptying.is_begun(folder)


def test_a_form_that_did_not_come_from_the_last_step_destroys_nothing(device: Node, ana: Browser) -> None:
    assert ana.submit("/tablet").headers["Location"] == "/tablet/last-step"
    assert "slots.json" in names_in(folder_of(device))


def test_a_copy_of_the_database_opens_with_no_passphrase(device: Node, ana: Browser, slow_to_go: Remembering) -> None:
    ana.submit("/tablet", sure="yes")
    for words in PASSPHRASES.values():
        with pytest.raises((NotEnrolled, WrongPassphrase)):
            open_counted(folder_of(device), words, device.clock)


def test_guests_and_settings_can_forbid_it(device: Node, ana: Browser) -> None:
    settings = device.app.state.settings
    device.app.state.settings = settings.model_copy(update={"wipe_now": False})
    for path in ("/tablet", "/tablet/last-step"):
        assert ana.get(path).status_code == 404
    assert ana.submit("/tablet", sure="yes").status_code == 404
    assert 'href="/tablet"' not in ana.get("/visits").text
    device.app.state.settings = settings
    ana._transport.client = ("192.168.43.7", 50_000)  # type: ignore[attr-defined]
    assert ana.submit("/tablet", sure="yes").status_code == 404
    assert "slots.json" in names_in(folder_of(device))


def test_the_office_hears_of_it_from_whoever_serves_next(
    device: Node, central: Node, ana: Browser, meet: Callable[[], object], adm: Browser, visit: Visiting
) -> None:
    meet()
    ana.tap(visit.answer_url("B1"), value="no")
    device_id = device.database.node.device_id
    ana.submit("/tablet", sure="yes")
    folder = folder_of(device)
    kept = (folder / orders.LAST_WORD).read_text()
    assert visit.visit_id not in kept

    def portal(method: str, path: str, headers: dict[str, str], body: bytes) -> object:
        return type("Reply", (), {"status": 200, "headers": {}, "body": b"<html>"})()

    orders.send_last_word(folder, lambda url, trust: portal)  # type: ignore[arg-type, return-value]
    assert (folder / orders.LAST_WORD).exists()
    for _ in range(2):
        (folder / orders.LAST_WORD).write_text(kept)
        orders.send_last_word(folder, lambda url, trust: transport_to(central))
        assert not (folder / orders.LAST_WORD).exists()
    said = text_of(adm.get(f"/devices/{device_id}").text)
    assert "Everything" in said and "Ана Сапарова" in said and "had not been sent" in said
    assert "tablet destroyed all that was on it" in adm.get("/audit").text


def test_a_tablet_that_was_told_to_stay_offline_says_nothing(device: Node, ana: Browser) -> None:
    with device.database.write() as session:
        put_value(session, OFFLINE, "on")
    ana.submit("/tablet", sure="yes")
    assert names_in(folder_of(device)) == set()


def test_the_command_works_on_a_locked_tablet_and_beside_a_running_one(
    device: Node, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_of(device)
    with only_process(folder):
        command.wipe_now(folder, is_agreed=True)
        assert "slots.json" not in names_in(folder) and "baqylau.db" in names_in(folder)
    command.wipe_now(folder, is_agreed=True)  # once more harms nobody
    assert names_in(folder) == set()
    with pytest.raises(InvalidInput):
        command.wipe_now(folder, is_agreed=True)
    monkeypatch.setenv("BAQYLAU_WIPE_NOW", "false")
    (folder / "slots.json").write_text("{}")
    with pytest.raises(InvalidInput):
        command.wipe_now(folder, is_agreed=True)
    assert "slots.json" in names_in(folder)


def test_a_running_tablet_finds_the_mark_of_the_command(device: Node, slow_to_go: Remembering) -> None:
    lock = device.app.state.lock
    assert lock.is_over() is False
    emptying.begin(folder_of(device))
    assert lock.is_over() is True
    assert slow_to_go.told == ["announced", "forgotten"]


def test_the_folders_other_files_stay(device: Node) -> None:
    folder = folder_of(device)
    (folder / "letter.txt").write_text("mine")
    device.database.close()
    emptying.begin(folder)
    emptying.finish(folder)
    assert names_in(folder) == {"letter.txt"}


def test_a_full_disk_and_a_broken_database_do_not_save_the_keys(
    device: Node, ana: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "touch", full)
    monkeypatch.setattr(orders, "write_whole", full)
    monkeypatch.setattr(orders.link, "signed_in", full)
    assert ana.submit("/tablet", sure="yes").status_code == 303
    assert "slots.json" not in names_in(folder_of(device))


def test_who_pressed_it_is_told(device: Node, ana: Browser) -> None:
    ana.submit("/tablet", sure="yes")
    word = orders.LastWord.model_validate_json((folder_of(device) / orders.LAST_WORD).read_text())
    receipt = orders.WipeReceipt.model_validate_json(word.body)
    assert (receipt.why, receipt.who) == ("person", PERSON_IDS["ana"])
