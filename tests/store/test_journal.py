"""The one door into the journal, on both engines."""

import threading
import time

import pytest
from sqlalchemy import func, select

from app.domain.journal import Draft, StreamName, chain_on, first_chain, read_entry
from app.store import incoming, journal, reads
from app.store.db import Database
from app.store.node import own_stream
from app.store.tables import EntryParentRow, ScopeClockRow, table
from tests.builders import (
    ANA,
    ENTRY,
    FEED,
    LINK,
    STREAM,
    answer,
    entry_id,
    feed_positions,
    held,
    lose_body,
    make_entry,
    make_visit,
    node_of,
    records,
)

CLOCK, PARENT = table(ScopeClockRow), table(EntryParentRow)


def test_what_is_appended_is_kept_linked_fed_and_projected_in_one_transaction(central: Database) -> None:
    with central.write() as session:
        visit = make_visit(session)
        entry = answer(session, visit, value="no")
    with central.read() as session:
        assert journal.entries_of(session, entry.subject) == [entry]
        record = reads.record(session, entry.subject)
        link = session.execute(select(LINK).where(LINK.c.entry_id == entry.entry_id)).one()
    assert record and record.fields == {"value": "no"} and record.heads == (entry.entry_id,)
    assert (link.seq, link.header_hash, link.body_hash) == (2, entry.hashed.header_hash, entry.hashed.body_hash)
    assert feed_positions(central, entry.scope) == [1, 2]


def test_a_write_that_is_rolled_back_leaves_nothing(central: Database) -> None:
    before = _everything(central)
    with pytest.raises(RuntimeError, match="power"), central.write() as session:
        visit = make_visit(session)
        answer(session, visit)
        raise RuntimeError("power")
    assert _everything(central) == before
    with central.write() as session:
        make_visit(session, visit_id=visit)
    assert feed_positions(central, f"visit:{visit}") == [1]


def test_a_stream_is_numbered_without_gaps_and_its_chain_verifies(central: Database) -> None:
    with central.write() as session:
        visit = make_visit(session)
    for number in range(5):
        with central.write() as session:
            answer(session, visit, f"A-{number}")
    node = node_of(central)
    with central.read() as session:
        links = session.execute(select(LINK).order_by(LINK.c.seq)).all()
        entries = [
            read_entry(*row) for row in session.execute(select(ENTRY.c.header, ENTRY.c.body).order_by(ENTRY.c.entry_id))
        ]
    again = chain_on(first_chain(node.stream()), 1, [entry.hashed for entry in entries])
    assert [(link.seq, bytes(link.chain)) for link in links] == [(link.seq, link.chain) for link in again]


def test_parents_are_what_the_author_saw_and_never_newer_heads(central: Database) -> None:
    with central.write() as session:
        visit = make_visit(session)
        first = answer(session, visit, value="yes")
        answer(session, visit, value="no")
        late = answer(session, visit, value="partly", parents=[first.entry_id])
        record = reads.record(session, first.subject)
    assert late.parents == (first.entry_id,)
    assert record and [c.value for c in record.conflicts["value"]] == ["no", "partly"]


def test_an_alert_has_a_lane_of_its_own(central: Database) -> None:
    with central.write() as session:
        visit = make_visit(session)
        answer(session, visit, lane=0)
    with central.read() as session:
        lanes = [StreamName.parse(name).lane for name in session.execute(select(STREAM.c.stream)).scalars()]
    assert sorted(lanes) == [0, 1]


def test_received_twice_is_received_once(central: Database) -> None:
    entries = [make_entry(entry_id(1), {"value": 1}), make_entry(entry_id(2), {"value": 2}, [entry_id(1)])]
    with central.write() as session:
        assert len(journal.receive(session, entries).sound) == 2
    before = _everything(central)
    with central.write() as session:
        assert journal.receive(session, [*entries, *entries]).sound == []
    assert _everything(central) == before


def test_a_parent_named_twice_by_a_stranger_is_taken_once(central: Database) -> None:
    entry = make_entry(entry_id(2), {"value": 2}, [entry_id(1)])
    twice = entry.header.replace(b'"parents":[', f'"parents":["{entry_id(1)}",'.encode())
    with central.write() as session:
        journal.receive(session, [read_entry(twice, entry.body)])
    with central.read() as session:
        assert session.execute(select(func.count()).select_from(PARENT)).scalar_one() == 1


def test_a_quarantined_entry_is_kept_and_shows_nowhere_until_it_counts(central: Database) -> None:
    entry = make_entry(entry_id(1), {"value": 1})
    with central.write() as session:
        assert journal.receive(session, [entry], {entry.entry_id: "author"}).reasons == {entry.entry_id: "author"}
    assert (held(central), records(central), feed_positions(central, "reference")) == ({}, [], [])
    assert list(held(central, counting=False)) == [entry.entry_id]
    with central.write() as session:
        assert journal.receive(session, [entry]).sound == [entry]
    assert list(held(central)) == [entry.entry_id]
    assert feed_positions(central, "reference") == [1]
    assert len(records(central)) == 1


def test_nobody_silences_an_entry_by_coming_first_with_its_id(central: Database) -> None:
    genuine = make_entry(entry_id(1), {"value": "yes"}, author=ANA)
    forged = make_entry(entry_id(1), {"value": "no"}, author="x")
    with central.write() as session:
        journal.receive(session, [forged], {forged.entry_id: "author"})
        name = StreamName("d" * 32, "aa", 1)
        row = incoming.device_stream(session, name)
        journal.extend_stream(session, row.stream, chain_on(row.chain, 1, [forged.hashed]), b"seal")
        journal.receive(session, [genuine])
    assert held(central)[genuine.entry_id] == (genuine.header, genuine.body)
    kept = held(central, counting=False)
    assert list(kept.values()) == [(forged.header, forged.body)]
    with central.read() as session:
        assert session.execute(select(LINK.c.entry_id)).scalars().all() == list(kept)


def test_the_second_of_two_with_one_id_is_kept_aside_and_the_first_stands(central: Database) -> None:
    first, second = make_entry(entry_id(1), {"value": "yes"}), make_entry(entry_id(1), {"value": "no"})
    for _ in range(2):
        with central.write() as session:
            intake = journal.receive(session, [first, second])
        assert intake.reasons == {entry_id(1): "id"}
    assert held(central) == {entry_id(1): (first.header, first.body)}
    assert list(held(central, counting=False).values()) == [(second.header, second.body)]


def test_what_was_erased_stays_erased_and_its_chain_verifies(central: Database) -> None:
    with central.write() as session:
        visit = make_visit(session)
        first = answer(session, visit, value="yes")
        second = answer(session, visit, value="no")
        journal.erase(session, second.entry_id, ANA, by_office=False)
    with central.write() as session:
        assert journal.receive(session, [second]).sound == []
        record = reads.record(session, first.subject)
        link = session.execute(select(LINK).where(LINK.c.entry_id == second.entry_id)).one()
    assert record and record.fields == {}
    assert held(central)[second.entry_id] == (second.header, None)
    assert link.body_hash == second.hashed.body_hash


def test_a_new_incarnation_links_everything_again_lane_by_lane_also_what_was_erased(device: Database) -> None:
    with device.write() as session:
        visit = make_visit(session)
        alert = answer(session, visit, "A-9", lane=0)
        erased = answer(session, visit)
        lose_body(session, erased.entry_id)
        node, old = node_of(device), journal.own_streams(session)
        node.incarnation = "ff"
        journal.relink(session, node, old)
        rows = session.execute(select(LINK).where(LINK.c.stream == str(node.stream(1))).order_by(LINK.c.seq)).all()
        alerts = session.execute(select(LINK.c.entry_id).where(LINK.c.stream == str(node.stream(0)))).scalars().all()
        assert [name.incarnation for name in journal.own_streams(session)] == ["ff", "ff"]
        assert own_stream(session, node).last_seq == 2
    assert [row.seq for row in rows] == [1, 2]
    assert rows[1].entry_id == erased.entry_id
    assert alerts == [alert.entry_id]


# ---- the cursor without gaps (design 5.6) ----------------------------------------------------------------------------


def _write_many(central: Database, writer: int, until: float, counts: list[int]) -> None:
    number = 0
    while time.monotonic() < until:
        number += 1
        drafts = [
            Draft("note", f"{writer}-{number}", scope, {"value": number})
            for scope in (("visit:a", "visit:b") if number % 2 else ("visit:b", "visit:a"))
        ]
        with central.write() as session:
            journal.append_all(session, drafts, ANA)
    counts[writer] = number


def test_a_reader_misses_nothing_of_writers_who_commit_out_of_order(central: Database) -> None:
    writers, until = 6, time.monotonic() + 1.5
    counts = [0] * writers
    threads = [threading.Thread(target=_write_many, args=(central, w, until, counts)) for w in range(writers)]
    for thread in threads:
        thread.start()
    seen: list[str] = []
    cursor = 0
    while any(thread.is_alive() for thread in threads):
        with central.read() as session:
            feed = incoming.feed_after(session, "visit:a", cursor, 1000, 10**6)
        seen += [entry.entry_id for entry in feed.entries]
        cursor = feed.cursor
    with central.read() as session:
        seen += [entry.entry_id for entry in incoming.feed_after(session, "visit:a", cursor, 10**5, 10**9).entries]
    with central.read() as session:
        written = session.execute(select(ENTRY.c.entry_id).where(ENTRY.c.scope == "visit:a")).scalars().all()
        seqs = session.execute(select(LINK.c.seq).order_by(LINK.c.seq)).scalars().all()
    assert min(counts) > 0
    assert len(seen) == len(set(seen)) == len(written) == sum(counts)
    assert set(seen) == set(written)
    assert feed_positions(central, "visit:a") == list(range(1, len(written) + 1))
    assert seqs == list(range(1, 2 * len(written) + 1))


def test_a_feed_gives_at_least_one_entry_and_says_when_more_wait(central: Database) -> None:
    entries = [make_entry(entry_id(n), {"value": "x" * 100}, subject=str(n)) for n in range(1, 6)]
    with central.write() as session:
        journal.receive(session, entries)
    with central.read() as session:
        small = incoming.feed_after(session, "reference", 0, 10, 1)
        few = incoming.feed_after(session, "reference", small.cursor, 2, 10**6)
        rest = incoming.feed_after(session, "reference", few.cursor, 2, 10**6)
        nothing = incoming.feed_after(session, "reference", rest.cursor, 2, 10**6)
    assert [len(feed.entries) for feed in (small, few, rest, nothing)] == [1, 2, 2, 0]
    assert [feed.more for feed in (small, few, rest, nothing)] == [True, True, False, False]
    assert [feed.cursor for feed in (small, few, rest, nothing)] == [1, 3, 5, 5]


def _everything(database: Database) -> list[object]:
    found: list[object] = []
    with database.read() as session:
        for rows in (ENTRY, LINK, FEED, PARENT, STREAM):
            found += [tuple(row) for row in session.execute(select(rows).order_by(*rows.primary_key.columns))]
        found += [
            tuple(row) for row in session.execute(select(CLOCK).where(CLOCK.c.position > 0).order_by(CLOCK.c.scope))
        ]
    return [*found, *records(database)]
