"""Lock ends the process that held the key: no copy of it, or of what was typed, stays in any process of the tablet."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import psutil
import pytest

from tests.browser.nodes import Hand, Node
from tests.web.nodes import INSTITUTION as PLACE
from tests.web.nodes import PASSPHRASES, PERSON_IDS, Blueprint

CANARY = "kanarienvogel-4711"
GIVE_UP_S = 60.0
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + GIVE_UP_S
    while not happened():
        assert time.monotonic() < end
        os.sched_yield()


def processes(tablet: Node) -> list[psutil.Process]:
    """The launcher, and all that it started."""
    assert tablet.process is not None
    launcher = psutil.Process(tablet.process.pid)
    return [launcher, *launcher.children(recursive=True)]


def pids(tablet: Node) -> set[int]:
    return {one.pid for one in processes(tablet)}


def are_gone(started: list[psutil.Process]) -> bool:
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in started)


def holders(tablet: Node, *words: bytes) -> list[int]:
    """The processes in whose memory one of the words is."""
    return [
        one.pid for one in processes(tablet) if any(word in memory for memory in memory_of(one.pid) for word in words)
    ]


def memory_of(pid: int) -> Iterator[bytes]:
    """What a process can read of its own memory, region by region."""
    try:
        with open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
                span, rights, *_ = line.split()
                if "r" in rights and not line.endswith(("[vvar]", "[vsyscall]", "[vvar_vclock]")):
                    start, end = (int(part, 16) for part in span.split("-"))
                    memory.seek(start)
                    yield memory.read(end - start)
    except (ProcessLookupError, FileNotFoundError):
        return
    except PermissionError:
        pytest.skip("only root may read the memory of a process that forbids dumps")


@pytest.fixture
def ana(tablet: Node) -> Iterator[Hand]:
    """Signed in, with a canary in an answer."""
    with Hand(tablet, "", PASSPHRASES["ana"]) as ana:
        visit = ana.plan({PERSON_IDS["ana"]: "team_lead"}, institution=PLACE["name_kk"])
        ana.answer(visit, "B1", value="no", note=CANARY)
        ana.get(f"{visit}/sections/cells")
        yield ana


def test_after_the_lock_no_process_holds_the_key_or_what_was_typed(
    tablet: Node, ana: Hand, blueprint: Blueprint
) -> None:
    key = blueprint.database_key
    secrets = (CANARY.encode(), CANARY.encode("utf-16-le"), key, key.hex().encode(), PASSPHRASES["ana"].encode())
    (holder,) = holders(tablet, key, key.hex().encode())
    assert holders(tablet, CANARY.encode()) == [holder], "the test would see nothing"
    ana.post("/lock", {})
    until(lambda: not psutil.pid_exists(holder))
    assert httpx2.get(f"{tablet.url}/sign-in", trust_env=False).status_code == 200
    assert holders(tablet, *secrets) == []


def test_the_locked_page_comes_at_once_and_the_tablet_opens_again(tablet: Node, ana: Hand) -> None:
    for _ in range(3):
        before = pids(tablet)
        assert ana.client.post("/lock").headers["Location"] == "/hidden"
        assert ana.client.get("/hidden").status_code == 200
        assert ana.client.get("/visits").headers["Location"].startswith("/sign-in")
        assert len(pids(tablet) - before) <= 1  # the spare serves, and at most the next spare is new
        ana.post("/sign-in", {"name": "", "passphrase": PASSPHRASES["ana"]})
        assert ana.client.get("/visits").status_code == 200


def test_a_session_from_before_the_lock_is_dead_though_another_person_unlocks(tablet: Node, ana: Hand) -> None:
    with Hand(tablet, "", PASSPHRASES["dana"]) as dana:
        assert dana.client.get("/visits").status_code == 200
        ana.post("/lock", {})
        ana.post("/sign-in", {"name": "", "passphrase": PASSPHRASES["ana"]})
        assert dana.client.get("/visits").status_code == 303


def test_a_child_that_crashes_is_replaced_by_a_locked_one(tablet: Node, ana: Hand, blueprint: Blueprint) -> None:
    (holder,) = holders(tablet, blueprint.database_key.hex().encode(), blueprint.database_key)
    os.kill(holder, signal.SIGKILL)
    until(tablet.is_up)
    assert ana.client.get("/visits").status_code == 303
    ana.post("/sign-in", {"name": "", "passphrase": PASSPHRASES["ana"]})


def test_when_the_launcher_is_killed_nothing_of_it_goes_on(tablet: Node, ana: Hand) -> None:
    started = processes(tablet)[1:]
    assert len(started) >= 3  # what children are copied from, the one that serves, the spare
    tablet.kill()
    until(lambda: are_gone(started))
    tablet.start()
    assert tablet.is_up()


def test_stopping_is_a_good_end_and_leaves_nothing_behind(tablet: Node, ana: Hand) -> None:
    started = processes(tablet)
    tablet.stop()
    assert tablet.process is not None and tablet.process.returncode == 0
    until(lambda: are_gone(started))


def test_no_process_of_a_tablet_that_may_hold_a_key_leaves_a_dump(
    tablet: Node, ana: Hand, blueprint: Blueprint
) -> None:
    (holder,) = holders(tablet, blueprint.database_key.hex().encode(), blueprint.database_key)
    limits = Path(f"/proc/{holder}/limits").read_text()
    assert re.search(r"Max core file size +0 +0 ", limits)
