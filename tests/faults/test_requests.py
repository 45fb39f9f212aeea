"""Every request of a scripted session meets every fault once, and in the end both sides hold what they held without it."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from PIL import Image

from app.domain.journal import Draft
from app.store import attachments, journal, reads
from app.store.db import Database
from app.sync.client import Transport
from tests.builders import ANA, BEN, FakeClock, answer, make_visit, node_of
from tests.faults.nodes import Prepared, Served, State, carrier, doubled, faults_of, meet_until_settled, state_of
from tests.faults.proxy import DRIP, LOSE_REPLY, PASS, TWICE, Choose, Fault, Request, cut_down, cut_up, proxy_to

VISIT = "00000000-0000-7000-8000-0000000000a0"
OTHER_VISIT = "00000000-0000-7000-8000-0000000000a1"  # planned by the office: its document comes to the tablet
SCOPE, OTHER_SCOPE = f"visit:{VISIT}", f"visit:{OTHER_VISIT}"


@dataclass(frozen=True)
class Played:
    """How a session ended: what both sides hold, and what went over the wire."""

    central: State
    device: State
    requests: list[Request]
    problems: list[str]


Play = Callable[[Choose], Played]


@pytest.fixture(scope="module")
def play(prepared: Prepared, served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    """Plays the session with a fault for each request; it is the same every time but for that."""
    with proxy_to(served.port) as proxy, carrier(proxy.url) as transport:

        def play(choose: Choose) -> Played:
            clocks = FakeClock(71), FakeClock(72)
            central, device = prepared.copy(tmp_path_factory.mktemp("play"), clocks)
            served.serve(central)
            proxy.choose, proxy.requests = choose, []
            problems = [code for act in range(len(ACTS)) for code in _act(act, central, device, clocks, transport)]
            assert faults_of(central) == [] and faults_of(device) == [] and doubled(central) == doubled(device) == []
            played = Played(state_of(central), state_of(device), proxy.requests, problems)
            for database in (device, central):
                database.close()
            return played

        yield play


def _act(
    number: int, central: Database, device: Database, clocks: tuple[FakeClock, FakeClock], transport: Transport
) -> list[str]:
    for at, clock in enumerate(clocks):  # what is written does not depend on how often one had to ask before
        clock.random = random.Random(1000 * at + number)
        clock.at_ms = 1_790_000_000_000 + number * 3_600_000
    ACTS[number](device, central)
    return meet_until_settled(device, transport)


def first_day(device: Database, central: Database) -> None:
    with device.write() as session:
        make_visit(session, visit_id=VISIT)
        for number in range(5):
            answer(session, VISIT, f"A-{number}", "жоқ " * number)


def alert_and_photo(device: Database, central: Database) -> None:
    with device.write() as session:
        answer(session, VISIT, "B-1", "no", lane=0)
        sha256 = attachments.keep(session, photo(), attachments.PHOTO_TYPE, SCOPE)
        named = Draft("photo", node_of(device).clock.new_id(), SCOPE, {"sha256": sha256, "indicator": "A-1"})
        journal.append(session, named, ANA)
    with central.write() as session:
        journal.append(session, Draft("question", "q-1", SCOPE, {"question": "Қашан?"}), BEN)
        document = attachments.keep(session, b'{"format": 1}', attachments.DOCUMENT_TYPE, OTHER_SCOPE)
        make_visit(session, "planned", visit_id=OTHER_VISIT, checklist_sha256=document)


def return_and_correct(device: Database, central: Database) -> None:
    with central.write() as session:
        visit = reads.record(session, VISIT)
        assert visit is not None
        journal.append(session, Draft("visit", VISIT, SCOPE, {"state": "returned"}, visit.heads), BEN)
    with device.write() as session:
        answer(session, VISIT, "A-3", "иә")


ACTS = (first_day, alert_and_photo, return_and_correct)


def photo() -> bytes:
    out = io.BytesIO()
    Image.frombytes("RGB", (64, 48), random.Random(4).randbytes(64 * 48 * 3)).save(out, "WEBP", quality=20)
    return out.getvalue()


@pytest.fixture(scope="module")
def calm(play: Play) -> Played:
    """The session without a fault."""
    calm = play(lambda request: PASS)
    assert calm.problems == [] and len(calm.requests) >= 5
    assert {"PUT", "POST", "GET"} <= {request.method for request in calm.requests}
    assert calm.device["entries"].items() <= calm.central["entries"].items()
    assert calm.device["files"] == calm.central["files"] != {}
    return calm


def only(number: int, fault: Fault) -> Choose:
    return lambda request: fault if request.number == number else PASS


def ends_as(calm: Played, played: Played) -> bool:
    return (played.central, played.device) == (calm.central, calm.device)


def test_the_session_is_the_same_each_time(play: Play, calm: Played) -> None:
    assert ends_as(calm, play(lambda request: PASS))


def test_a_reply_that_is_lost_changes_nothing_whichever_it_is(play: Play, calm: Played) -> None:
    for number in range(len(calm.requests)):
        played = play(only(number, LOSE_REPLY))
        assert played.problems == ["central_unreachable"], number
        assert ends_as(calm, played), number


def test_a_request_that_comes_twice_changes_nothing_whichever_it_is(play: Play, calm: Played) -> None:
    for number in range(len(calm.requests)):
        played = play(only(number, TWICE))
        assert played.problems == [], number
        assert ends_as(calm, played), number


def places(length: int, how_many: int, chance: random.Random) -> list[int]:
    """Both ends of a message and places between."""
    return sorted({0, 1, length - 1, *(chance.randrange(length) for _ in range(how_many))})


def cuts(calm: Played, how_many: int) -> list[tuple[int, Fault]]:
    chance = random.Random(9)
    found: list[tuple[int, Fault]] = []
    for request in calm.requests:
        found += [(request.number, cut_up(at)) for at in places(len(request.data), how_many, chance)]
        found += [(request.number, cut_down(at)) for at in places(400, how_many, chance)]
    return found


def harmful(play: Play, calm: Played, chosen: list[tuple[int, Fault]]) -> list[tuple[int, Fault]]:
    """The faults after which a session ended otherwise than the calm one, or said something else than "no link"."""

    def does_harm(number: int, fault: Fault) -> bool:
        played = play(only(number, fault))
        return played.problems not in ([], ["central_unreachable"]) or not ends_as(calm, played)

    return [(number, fault) for number, fault in chosen if does_harm(number, fault)]


def test_a_connection_that_breaks_anywhere_changes_nothing(play: Play, calm: Played) -> None:
    assert harmful(play, calm, random.Random().sample(cuts(calm, 20), 12)) == []


@pytest.mark.long
def test_a_connection_that_breaks_at_many_places_changes_nothing(play: Play, calm: Played) -> None:
    assert harmful(play, calm, cuts(calm, 25)) == []


def test_byte_by_byte_everything_arrives(play: Play, calm: Played) -> None:
    played = play(lambda request: DRIP if request.number < 3 else PASS)
    assert played.problems == [] and ends_as(calm, played)


def test_everything_goes_wrong_at_once(play: Play, calm: Played) -> None:
    """Every second request meets a fault of any kind, from a seed that a failure names."""
    for seed in random.Random().sample(range(10**6), 3):
        chance = random.Random(seed)
        kinds = [
            LOSE_REPLY,
            TWICE,
            cut_up(chance.randrange(300)),
            cut_down(chance.randrange(300)),
            PASS,
            PASS,
            PASS,
            PASS,
        ]
        played = play(lambda request, chance=chance, kinds=kinds: chance.choice(kinds))  # type: ignore[misc]
        assert ends_as(calm, played), seed
