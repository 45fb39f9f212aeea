"""Records: kept up to date entry by entry, and the same when they are built anew."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from app.config import Settings
from app.domain.journal import Entry
from app.domain.merge import merge
from app.store import journal, projection, reads
from app.store.db import Database
from app.store.node import put_value, value_of
from app.store.opening import open_database
from tests.builders import (
    CY,
    DEVICE_KEY,
    ENTRY,
    FEED,
    LINK,
    RECORD,
    FakeClock,
    answer,
    entry_id,
    lose_body,
    make_cast,
    make_entry,
    make_visit,
    records,
)
from tests.domain.test_merge import histories


def rebuilt(database: Database) -> list[tuple[str, ...]]:
    with database.write() as session:
        projection.rebuild(session)
    return records(database)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    entries=st.lists(histories(), min_size=1, max_size=3).map(
        lambda groups: [
            make_entry(
                entry_id(100 * at + int(e.entry_id[-12:], 16)),
                e.fields() or {"value": "x"},
                [entry_id(100 * at + int(p[-12:], 16)) for p in e.parents],
                subject=f"s{at}",
            )
            for at, group in enumerate(groups)
            for e in group
        ]
    ),
    data=st.data(),
)
def test_rebuilding_gives_what_was_kept_up_to_date(device: Database, entries: list[Entry], data: st.DataObject) -> None:
    with device.write() as session:
        for rows in (ENTRY, FEED, LINK, RECORD):
            session.execute(delete(rows))
    arrivals = data.draw(st.permutations(entries))
    at = 0
    while at < len(arrivals):
        size = data.draw(st.integers(1, 4))
        with device.write() as session:
            wrong = {e.entry_id: "author" for e in arrivals[at : at + size] if data.draw(st.integers(0, 9)) == 0}
            journal.receive(session, arrivals[at : at + size], wrong)
        if data.draw(st.integers(0, 5)) == 0:
            with device.write() as session:
                lose_body(session, arrivals[at].entry_id)
        at += size
    incremental = records(device)
    assert rebuilt(device) == incremental


def test_reindex_changes_nothing(central: Database) -> None:
    with central.write() as session:
        make_cast(session)
        visit = make_visit(session)
        for number in range(30):
            answer(session, visit, f"A-{number % 7}", "yes" if number % 2 else "no", parents=[])
    before = records(central)
    assert len(before) == 3 + 1 + 7
    assert rebuilt(central) == before == rebuilt(central)


def test_reindex_mends_a_record_that_was_spoilt_and_says_how_far_it_is(central: Database) -> None:
    with central.write() as session:
        visit = make_visit(session)
        answer(session, visit)
    before, told = records(central), []
    with central.write() as session:
        session.execute(update(RECORD).values(fields="{}"))
        assert projection.rebuild(session, lambda done, total: told.append((done, total))) == 2
    assert records(central) == before
    assert told[-1] == (2, 2)


def test_more_records_than_one_chunk_are_all_rebuilt(central: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "CHUNK", 3)
    with central.write() as session:
        journal.receive(session, [make_entry(entry_id(n), {"value": n}, subject=f"s{n}") for n in range(1, 12)])
    before = records(central)
    assert len(before) == 11
    assert rebuilt(central) == before


def test_a_record_reads_back_as_it_was_merged(device: Database) -> None:
    entries = [
        make_entry(entry_id(1), {"value": "иә", "list": ["a"], "none": None}),
        make_entry(entry_id(2), {"value": "жоқ"}, author=CY),
    ]
    with device.write() as session:
        journal.receive(session, entries)
        assert reads.record(session, "s") == merge(entries)


def test_a_write_that_is_rolled_back_leaves_the_records_as_they_were(central: Database) -> None:
    with central.write() as session:
        visit = make_visit(session)
    before = records(central)
    with pytest.raises(RuntimeError), central.write() as session:
        answer(session, visit)
        raise RuntimeError
    assert records(central) == before


def test_records_of_an_older_form_are_built_anew_at_the_next_start(tmp_path: Path, device: Database) -> None:
    with device.write() as session:
        answer(session, make_visit(session))
    before = records(device)
    with device.write() as session:
        session.execute(delete(RECORD))
        put_value(session, "projection", "0")
    device.close()
    again = open_database(Settings(data_dir=tmp_path / "device"), DEVICE_KEY, FakeClock())
    assert records(again) == before
    with again.read() as session:
        assert value_of(session, "projection") != "0"
    again.close()
