"""Answers that are not central's, trouble that is, silence, and a certificate of a stranger."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from pathlib import Path
from types import SimpleNamespace

import httpx2
import pytest
import trustme
from sqlalchemy import select

from app.bench_link import Direction, Line, Link
from app.config import Settings
from app.store import attachments
from app.sync.client import LAST_PROBLEM, LAST_SENT
from app.sync.loop import LONGEST_PAUSE_S, SyncLoop, spread_s
from tests.browser.nodes import Node, free_port
from tests.builders import STREAM, answer, held, make_node, make_visit
from tests.faults.conftest import Pair
from tests.faults.nodes import (
    ATTACHMENT,
    Prepared,
    Served,
    carrier,
    faults_of,
    meet_until_settled,
    state_of,
    try_once,
    unsent,
    value,
)
from tests.faults.proxy import DRIP, PASS, PORTALS, TROUBLES, Fault, Request, cut_down, cut_up, proxy_to

# What the tablet calls an answer that is neither central's nor a page to sign in at.
NOT_A_PAGE = dict.fromkeys(("JSON without a signature", "nothing at all"), "central_not_genuine")


def write_a_day(pair: Pair) -> str:
    """Answers and a file that wait to be sent. Returns the visit."""
    with pair.device.write() as session:
        visit = make_visit(session)
        for number in range(10):
            answer(session, visit, f"A-{number}", "иә")
        attachments.keep(session, b"{}" * 5_000, attachments.DOCUMENT_TYPE, f"visit:{visit}")
    return visit


def acknowledged(pair: Pair) -> tuple[object, ...]:
    """What the tablet believes that central has."""
    with pair.device.read() as session:
        streams = session.execute(select(STREAM.c.stream, STREAM.c.acked_seq).order_by(STREAM.c.stream)).all()
        files = session.execute(
            select(ATTACHMENT.c.sha256, ATTACHMENT.c.sent_at_ms).order_by(ATTACHMENT.c.sha256)
        ).all()
    return tuple(map(tuple, streams)), tuple(map(tuple, files))


def settles(pair: Pair) -> bool:
    """True when all goes through at once, now that the network is itself again."""
    pair.proxy.choose = lambda request: PASS
    return (
        meet_until_settled(pair.device, pair.transport) == []
        and held(pair.device).items() <= held(pair.central).items()
    )


def uploads(fault: Fault, request: Request) -> Fault:
    return fault if request.method == "PUT" else PASS


@pytest.mark.parametrize("name", PORTALS)
def test_a_sign_in_page_of_the_network_is_no_word_of_central(pair: Pair, name: str) -> None:
    write_a_day(pair)
    before = acknowledged(pair), state_of(pair.device), state_of(pair.central), value(pair.device, LAST_SENT)
    pair.proxy.choose = lambda request: PORTALS[name]
    told = NOT_A_PAGE.get(name, "network_sign_in")
    assert try_once(pair.device, pair.transport) == told
    assert value(pair.device, LAST_PROBLEM) == told
    assert (acknowledged(pair), state_of(pair.device), state_of(pair.central), value(pair.device, LAST_SENT)) == before
    pair.proxy.choose = lambda request: uploads(PORTALS[name], request)
    assert try_once(pair.device, pair.transport) == told
    assert [sent for _, sent in acknowledged(pair)[1]] == [None]  # type: ignore[attr-defined]
    assert settles(pair)


@pytest.mark.parametrize("name", TROUBLES)
def test_trouble_at_central_is_waited_out_longer_each_time_and_changes_nothing(
    pair: Pair, tmp_path: Path, name: str
) -> None:
    write_a_day(pair)
    before = acknowledged(pair), state_of(pair.device)
    pair.proxy.choose = lambda request: TROUBLES[name]
    settings = Settings(role="device", data_dir=tmp_path, sync_every_s=15.0, sync_timeout_s=5.0)
    loop = SyncLoop(SimpleNamespace(database=pair.device, settings=settings), pair.transport)

    async def story() -> None:
        assert loop.pause_s() == 15.0
        for failures in range(1, 11):
            await loop._try()
            asked = {"503": 120.0, "429": 60.0}.get(name, 7.5)  # its Retry-After, or half the usual interval
            spread = max(spread_s(failures), asked, 15.0)
            pauses = [loop.pause_s() for _ in range(50)]
            assert min(pauses) >= asked and max(pauses) <= min(asked + spread, LONGEST_PAUSE_S)
            assert max(pauses) > asked + spread / 3  # the chance that fifty all stay below a third: 10 ** -24
        assert (loop.failures, len(pair.proxy.requests)) == (10, 10)
        assert (acknowledged(pair), state_of(pair.device)) == before
        assert value(pair.device, LAST_PROBLEM) == "central_unreachable"
        pair.proxy.choose = lambda request: PASS
        await loop._try()
        assert (loop.failures, loop.pause_s(), unsent(pair.device)) == (0, 15.0, 0)

    asyncio.run(story())


@pytest.mark.parametrize("fault", [cut_up(200, is_silent=True), cut_down(40, is_silent=True)], ids=["up", "down"])
def test_a_connection_that_falls_silent_is_given_up(pair: Pair, fault: Fault) -> None:
    write_a_day(pair)
    pair.proxy.choose = lambda request: fault
    with carrier(pair.proxy.url, timeout_s=0.5) as impatient:
        assert try_once(pair.device, impatient) == "central_unreachable"
        assert acknowledged(pair)[1][0][1] is None  # type: ignore[index]
    assert settles(pair)


def test_a_request_that_comes_byte_by_byte_is_taken_whole_or_not_at_all(pair: Pair) -> None:
    write_a_day(pair)
    before = state_of(pair.central)
    seen = []
    enough = threading.Event()
    pair.proxy.choose = lambda request: DRIP
    sender = threading.Thread(target=lambda: (meet_until_settled(pair.device, pair.transport), enough.set()))
    sender.start()
    while not enough.wait(0.02):
        seen.append(state_of(pair.central)["entries"].keys() - before["entries"].keys())
    sender.join()
    assert {len(new) for new in seen} <= {0, 11}
    assert held(pair.device).items() <= held(pair.central).items()


def resident_kib(node: Node) -> int:
    """Memory of a server process that is in use."""
    assert node.process
    try:
        lines = Path(f"/proc/{node.process.pid}/status").read_text().splitlines()
    except OSError:
        pytest.skip("needs /proc to see the memory of another process")
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def unfinished(port: int, how_many: int, size: int) -> list[socket.socket]:
    """Uploads that stop in the middle and stay open."""
    head = f"PUT /sync/v1/blobs/{'0' * 64} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {2 * size}\r\n\r\n"
    made = []
    for _ in range(how_many):
        made.append(socket.create_connection(("127.0.0.1", port), 20))
        made[-1].sendall(head.encode() + bytes(size))
    return made


def test_what_never_ends_leaves_nothing_in_the_memory_of_central(prepared: Prepared, tmp_path: Path) -> None:
    central, device = prepared.copy(tmp_path)
    before = held(central)
    central.close()
    (tmp_path / "checklists").mkdir()
    office = Node(
        "central", tmp_path / "central", free_port(), {"BAQYLAU_CHECKLISTS_DIR": str(tmp_path / "checklists")}
    )
    office.start()
    try:
        used = []
        for _ in range(6):
            for one in unfinished(office.port, 20, 200_000):
                one.close()
            with carrier(office.url) as transport:  # central serves others meanwhile, and has noticed by then
                assert meet_until_settled(device, transport) == []
            used.append(resident_kib(office))
        print(f"resident KiB after each round of 20 unfinished uploads: {used}")
        assert used[-1] - used[1] < 8 * 1024  # the twenty of one round alone are 4 MB
    finally:
        office.stop()
    after = make_node(tmp_path / "central", "central")
    assert held(after) == before and faults_of(after) == []
    after.close()
    device.close()


# ---- a stranger's certificate ------------------------------------------------------------------------------------------


def rogue() -> tuple[trustme.CA, ssl.SSLContext]:
    """An authority that nobody trusts, and a server's certificate for this very address signed by it."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return authority, context


def test_not_one_byte_goes_to_a_server_with_a_certificate_of_a_stranger(pair: Pair, served: Served) -> None:
    write_a_day(pair)
    before = acknowledged(pair), state_of(pair.device)
    authority, context = rogue()
    with proxy_to(served.port, tls=context) as stranger:
        with carrier(stranger.url) as transport:
            assert try_once(pair.device, transport) == "central_unreachable"
        assert (stranger.up.carried, stranger.requests) == (0, [])
        assert (acknowledged(pair), state_of(pair.device)) == before
        # And the stranger does listen: who trusts that authority is served.
        trusting = ssl.create_default_context()
        authority.configure_trust(trusting)
        assert httpx2.get(f"{stranger.url}/health", verify=trusting, trust_env=False).status_code == 200
        assert stranger.up.carried > 0
    assert settles(pair)


# ---- the link of the benches -------------------------------------------------------------------------------------------


def test_a_line_gives_each_segment_its_time() -> None:
    async def story() -> None:
        line = Direction(Line(bytes_per_s=1000, delay_s=0.2, header_bytes=50))
        left, arrived = line.due(950)
        assert arrived - left == pytest.approx(0.2)
        for number in range(1, 4):  # one after the other, as fast as the line takes them
            later, _ = line.due(450)
            assert later - left == pytest.approx(0.5 * number)
        free = Direction(Line(delay_s=0.3))
        left, arrived = free.due(10**9)
        assert arrived - left == pytest.approx(0.3)

    asyncio.run(story())


def test_a_link_carries_is_cut_holds_and_mends(pair: Pair, served: Served) -> None:
    link = Link([served.port], Line(delay_s=0.005), Line(delay_s=0.005)).start()
    try:
        with carrier(link.url) as transport, carrier(link.url, timeout_s=0.5) as impatient:
            write_a_day(pair)
            assert meet_until_settled(pair.device, transport) == []
            assert link.up.carried > 500 and link.down.carried > 500
            link.cut()
            assert try_once(pair.device, transport) == "central_unreachable"
            link.mend()
            assert meet_until_settled(pair.device, transport) == []
            link.hold()
            assert try_once(pair.device, impatient) == "central_unreachable"
            link.mend()
            assert meet_until_settled(pair.device, transport) == []
    finally:
        link.stop()
