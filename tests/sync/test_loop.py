"""The sync loop: outlives whatever happens, backs off, rests after a refusal."""

import asyncio
from types import SimpleNamespace

import pytest

from app.errors import CentralUnreachable, DeviceRevoked
from app.store.node import OFFLINE, put_value
from app.sync.link import Reply
from app.sync.loop import FIRST_PAUSE_S, LONGEST_PAUSE_S, REFUSED, SyncLoop
from tests.builders import World, answer, held, make_visit, records


def loop_of(world: World, transport: object, every_s: float = 0.01) -> SyncLoop:
    settings = SimpleNamespace(sync_every_s=every_s, sync_timeout_s=1)
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
    for failures in (1, 10, 20, REFUSED):
        loop.failures = failures
        pauses = [loop.pause_s() for _ in range(300)]
        assert (
            len(set(pauses)) > 250 and min(pauses) >= FIRST_PAUSE_S and max(pauses) <= LONGEST_PAUSE_S + FIRST_PAUSE_S
        )
        means.append(sum(pauses) / len(pauses))
    assert means[0] < 2 < means[1] < means[2] < means[3]
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
