"""The sync loop: outlives whatever happens, backs off, rests after a refusal."""

import asyncio
import heapq
import random
from collections.abc import Callable, Sequence
from types import SimpleNamespace

import pytest

from app.errors import CentralUnreachable, DeviceRevoked
from app.store.node import OFFLINE, put_value
from app.sync import wire
from app.sync.link import CentralBusy, Reply, asked_pause_s
from app.sync.loop import FIRST_PAUSE_S, LONGEST_PAUSE_S, QUICK_TRIES, REFUSED, SyncLoop
from tests.builders import World, answer, held, make_visit, node_of, records


def loop_of(world: World, transport: object, every_s: float = 0.01) -> SyncLoop:
    kept = {"data_dir": world.folder, "wipe_when": "never", "wipe_after_days": 0}
    settings = SimpleNamespace(sync_every_s=every_s, sync_timeout_s=1, **kept)
    state = SimpleNamespace(database=world.devices[0], settings=settings)
    return SyncLoop(state, transport)  # type: ignore[arg-type]


async def run_until(loop: SyncLoop, is_done: object) -> None:
    loop.start()
    for _ in range(500):
        if is_done():  # type: ignore[operator]
            break
        await asyncio.sleep(0.01)
    await loop.stop()
    assert is_done()  # type: ignore[operator]


def test_what_was_saved_is_sent_by_itself(world: World) -> None:
    device = world.device()
    with device.write() as session:
        visit = make_visit(session)
        entry = answer(session, visit)
    asyncio.run(run_until(loop_of(world, world.transport()), lambda: entry.entry_id in held(world.central)))
    assert visit in {row[0] for row in records(world.central)}


def test_an_error_that_nobody_thought_of_does_not_end_the_loop(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world.device()
    calls: list[str] = []

    def broken(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        calls.append(path)
        if len(calls) < 3:
            raise ValueError("nobody thought of this")
        return world.transport()(method, path, headers, body)

    loop = loop_of(world, broken)
    monkeypatch.setattr(loop, "pause_s", lambda: 0.01)
    asyncio.run(run_until(loop, lambda: len(calls) > 3 and loop.failures == 0))
    assert "sync broke off" in caplog.text


def test_failures_wait_longer_and_longer_with_jitter(world: World) -> None:
    world.device()
    loop = loop_of(world, None, every_s=2)
    assert loop.pause_s() == 2
    means = []
    for failures in (1, QUICK_TRIES + 10, QUICK_TRIES + 20, REFUSED):
        loop.failures = failures
        pauses = [loop.pause_s() for _ in range(300)]
        assert (
            len(set(pauses)) > 250 and min(pauses) >= FIRST_PAUSE_S and max(pauses) <= LONGEST_PAUSE_S + FIRST_PAUSE_S
        )
        means.append(sum(pauses) / len(pauses))
    assert means[0] < 0.5 < means[1] < means[2] < means[3]
    assert means[3] > 100


def test_after_a_refusal_a_tap_does_not_ask_again_but_a_person_may(world: World) -> None:
    world.device()
    calls: list[str] = []

    def refused(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        calls.append(path)
        raise DeviceRevoked()

    async def story() -> None:
        loop = loop_of(world, refused)
        loop.start()
        for _ in range(200):
            if loop.failures == REFUSED:
                break
            await asyncio.sleep(0.01)
        for _ in range(20):
            loop.wake()
            await asyncio.sleep(0.005)
        assert len(calls) == 1
        with pytest.raises(DeviceRevoked):
            await loop.meet_now()
        assert len(calls) == 2
        loop.transport = world.transport()
        await loop.meet_now()
        assert loop.failures == 0
        await loop.stop()

    asyncio.run(story())


def test_told_to_stay_offline_it_asks_nobody(world: World) -> None:
    device = world.device()
    with device.write() as session:
        put_value(session, OFFLINE, "on")

    def never(*_: object) -> Reply:
        raise CentralUnreachable()

    async def story() -> None:
        loop = loop_of(world, never)
        loop.start()
        await asyncio.sleep(0.1)
        assert loop.failures == 0 and not loop.may_send()
        await loop.stop()

    asyncio.run(story())


def test_one_connection_is_kept_and_not_one_opened_each_time(world: World) -> None:
    world.device()
    loop = loop_of(world, None)
    database = world.devices[0]
    assert loop._transport(database) is loop._transport(database)


# ---- a busy central ----------------------------------------------------------------------------------------------------

DATE = "Sun, 22 Nov 2026 10:00:00 GMT"


def busy(status: int = 503, **headers: str) -> Reply:
    return Reply(status, {name.replace("_", "-"): text for name, text in headers.items()}, b"busy")


@pytest.mark.parametrize(
    ("headers", "pause_s"),
    [
        ({"retry_after": "60"}, 60),
        ({"retry_after": "Sun, 22 Nov 2026 10:02:00 GMT", "date": DATE}, 120),
        ({"retry_after": "Sun, 22 Nov 2026 09:00:00 GMT", "date": DATE}, 0),
        ({"retry_after": "Sun, 22 Nov 2026 10:02:00 GMT"}, 0),
        ({"retry_after": "Sun, 22 Nov 2026 10:02:00 -0000", "date": DATE}, 0),
        ({"retry_after": "-5"}, 0),
        ({"retry_after": "\u0661\u0662"}, 0),
        ({"retry_after": "soon"}, 0),
        ({}, 0),
    ],
)
def test_both_forms_of_retry_after_are_read_and_nonsense_asks_for_nothing(
    headers: dict[str, str], pause_s: float
) -> None:
    assert asked_pause_s(busy(**headers)) == pause_s


def pauses_of(loop: SyncLoop, count: int = 300) -> list[float]:
    return [loop.pause_s() for _ in range(count)]


@pytest.mark.parametrize(("asked", "least", "most"), [("60", 60, 120), ("1", 7.5, 22.5), ("99999999", 240, 300)])
def test_a_pause_that_is_asked_for_is_kept_with_jitter_and_no_longer_than_the_longest(
    world: World, asked: str, least: float, most: float
) -> None:
    world.device()
    loop = loop_of(world, lambda *_: busy(429, retry_after=asked), every_s=15)
    asyncio.run(loop._try())
    pauses = pauses_of(loop)
    assert least <= min(pauses) and max(pauses) <= most <= LONGEST_PAUSE_S
    assert max(pauses) - min(pauses) > 0.8 * (most - least)  # the chance that 300 all stay in 80 %: 10 ** -27
    loop.transport = lambda *_: _unreachable()
    asyncio.run(loop._try())
    assert max(pauses_of(loop)) < 3  # it was asked for once, and the link is another matter


def _unreachable() -> Reply:
    raise CentralUnreachable()


def test_a_tap_does_not_end_a_pause_that_was_asked_for_and_a_person_may(world: World) -> None:
    world.device()
    calls: list[str] = []

    def told(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        calls.append(path)
        return busy(503, retry_after="120")

    async def story() -> None:
        loop = loop_of(world, told, every_s=0.01)
        loop.start()
        while not loop.failures:
            await asyncio.sleep(0.01)
        for _ in range(10):
            loop.wake()
            await asyncio.sleep(0)
        assert len(calls) == 1
        loop.transport = world.transport()
        await loop.meet_now()
        assert (loop.failures, loop.pause_s()) == (0, 0.01)
        await loop.stop()

    asyncio.run(story())


def test_a_signed_refusal_of_a_busy_central_is_heeded_too(world: World) -> None:
    device = world.device()

    def signed(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        message = wire.reply_message("exchange", 503, headers[wire.NONCE_HEADER], b"{}")
        signature = node_of(world.central).sign(message).hex()
        return Reply(503, {wire.SIGNATURE_HEADER.lower(): signature, "retry-after": "30"}, b"{}")

    with pytest.raises(CentralBusy) as told:
        world.meet(device, signed)
    assert told.value.pause_s == 30


USUAL_S, DEVICES = 15.0, 100


def tries_of_many(outage: Callable[[float], float | str | None], until_s: float) -> list[float]:
    """When a hundred devices that ask at the usual pace would ask. `outage(now)`: what they are told then: "" when all is
    well, None by nobody, else the pause that a busy answer asks for."""
    chance = random.Random(4)
    loops = [SyncLoop(SimpleNamespace(settings=SimpleNamespace(sync_every_s=USUAL_S)), None) for _ in range(DEVICES)]
    waiting = [(chance.uniform(0, USUAL_S), number) for number in range(DEVICES)]
    heapq.heapify(waiting)
    tries: list[float] = []
    while waiting[0][0] < until_s:
        now, number = heapq.heappop(waiting)
        tries.append(now)
        loop, told = loops[number], outage(now)
        loop.failures = 0 if told == "" else loop.failures + 1
        loop.asked_s = None if isinstance(told, str) else told
        heapq.heappush(waiting, (now + loop.pause_s(), number))
    return tries


def most_at_once(tries: Sequence[float], after_s: float) -> int:
    """The most tries in any stretch as long as the usual interval."""
    return max(sum(start <= one < start + USUAL_S for one in tries) for start in tries if start >= after_s)


@pytest.mark.parametrize("outage_s", [5.0, 20.0, 120.0, 1200.0])
def test_a_hundred_devices_that_find_the_link_again_are_no_storm(outage_s: float) -> None:
    back = 60 + outage_s
    tries = tries_of_many(lambda now: None if 60 <= now < back else "", back + 120)
    assert most_at_once(tries, back) <= 2 * DEVICES


@pytest.mark.parametrize("asked_s", [0.0, 1.0, 30.0, 600.0])
def test_a_hundred_devices_do_not_press_a_busy_central(asked_s: float) -> None:
    tries = tries_of_many(lambda now: asked_s if 60 <= now < 180 else "", 600)
    assert most_at_once(tries, 60) <= 2 * DEVICES
