"""Wrong passphrases on a tablet: counted before they are checked, with waits that grow."""

import json
import multiprocessing
import os
import signal
import stat
import threading
from pathlib import Path

import pytest

from app.domain.attempts import as_clock, left_s, wait_s
from app.errors import NotEnrolled, TooManyTries, WrongPassphrase
from app.store import attempts, emptying
from app.store.attempts import open_counted
from app.store.slots import has_slots, make_vault
from app.store.vault import Cost
from tests.builders import ANA, FakeClock

CHEAP = Cost(memory_mib=1, rounds=1, lanes=1)
RIGHT, WRONG = "river lamp seven horse", "river lamp seven goose"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_vault(tmp_path, ANA, RIGHT, CHEAP)
    return tmp_path


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def fail(folder: Path, clock: FakeClock, times: int = 1, wipe_after: int = 0) -> None:
    """Wrong tries, each when the wait of the one before is over."""
    for _ in range(times):
        clock.at_ms += 900_000
        with pytest.raises(WrongPassphrase):
            open_counted(folder, WRONG, clock, wipe_after)


def counted(folder: Path) -> int:
    return int(json.loads((folder / "attempts.json").read_text())["failed"])


def test_each_failure_doubles_the_wait_from_a_second_to_a_quarter_of_an_hour() -> None:
    assert [wait_s(failed) for failed in range(13)] == [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
    assert wait_s(10**6) == 900
    assert [wait_s(failed, free=2, longest_s=3) for failed in range(6)] == [0, 0, 0, 1, 2, 3]


def test_the_time_left_is_rounded_up_and_a_clock_set_back_locks_nobody_out() -> None:
    assert left_s(1, 10_000, 10_001) == 1
    assert left_s(1, 10_000, 11_000) == 0
    assert left_s(11, 10_000_000_000, 10_000) == 0
    assert (as_clock(899), as_clock(60), as_clock(5)) == ("14:59", "1:00", "0:05")


def test_a_try_that_comes_too_early_is_not_even_checked(folder: Path, clock: FakeClock) -> None:
    fail(folder, clock, 4)
    with pytest.raises(TooManyTries) as refused:
        open_counted(folder, RIGHT, clock)
    assert refused.value.params == {"wait": "0:08"}
    clock.at_ms += 8000
    opened, failed_before = open_counted(folder, RIGHT, clock)
    assert (opened.person_id, failed_before) == (ANA, 4)


def test_a_good_try_sets_the_count_back(folder: Path, clock: FakeClock) -> None:
    fail(folder, clock, 3)
    clock.at_ms += 900_000
    open_counted(folder, RIGHT, clock)
    assert counted(folder) == 0
    assert open_counted(folder, RIGHT, clock)[1] == 0


def test_the_count_is_for_its_owner_alone(folder: Path, clock: FakeClock) -> None:
    fail(folder, clock)
    assert stat.S_IMODE((folder / "attempts.json").stat().st_mode) == 0o600 or os.name == "nt"


def try_and_die(folder: Path) -> None:
    """A try whose process is killed in the middle of checking the passphrase."""
    attempts.open_vault = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment,return-value]
    clock = FakeClock()
    clock.at_ms += 900_000 * (1 + (counted(folder) if (folder / "attempts.json").exists() else 0))
    open_counted(folder, WRONG, clock)


@pytest.mark.skipif(os.name == "nt", reason="kill -9")
def test_a_kill_before_the_answer_saves_nobody_the_wait(folder: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.store.test_attempts"])
    for number in range(1, 6):
        process = context.Process(target=try_and_die, args=(folder,))
        process.start()
        process.join()
        assert (process.exitcode, counted(folder)) == (-signal.SIGKILL, number)
    clock = FakeClock(at_ms=json.loads((folder / "attempts.json").read_text())["last_ms"])
    with pytest.raises(TooManyTries) as refused:
        open_counted(folder, RIGHT, clock)
    assert refused.value.params == {"wait": "0:16"}


def test_tries_at_the_same_time_are_counted_one_by_one(folder: Path, clock: FakeClock) -> None:
    told: list[str] = []

    def one() -> None:
        try:
            open_counted(folder, WRONG, clock)
        except (WrongPassphrase, TooManyTries) as error:
            told.append(error.code)

    threads = [threading.Thread(target=one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["too_many_tries"] * 5 + ["wrong_passphrase"]


def test_nothing_is_wiped_unless_it_was_asked_for(folder: Path, clock: FakeClock) -> None:
    fail(folder, clock, 30)
    assert has_slots(folder)


def test_the_last_try_that_is_allowed_begins_to_empty_the_tablet(folder: Path, clock: FakeClock) -> None:
    fail(folder, clock, 2, wipe_after=3)
    assert has_slots(folder)
    fail(folder, clock, 1, wipe_after=3)
    assert not has_slots(folder)
    assert emptying.is_begun(folder)  # whoever serves sees it, and removes the rest
    with pytest.raises(NotEnrolled):
        open_counted(folder, RIGHT, clock, 3)


def test_a_kill_before_the_wipe_does_not_prevent_it(folder: Path, clock: FakeClock) -> None:
    fail(folder, clock, 3)  # as if the process had died after it counted, and before it wiped
    clock.at_ms += 900_000
    with pytest.raises(NotEnrolled):
        open_counted(folder, RIGHT, clock, 3)
    assert not has_slots(folder)
