"""Tablets and central as they are shipped, in one process, and whatever may befall them in any order (Hypothesis).

Two people of one team, real databases, the real app behind a network that loses requests and replies. A plain set is kept
as oracle: what a tablet has saved must be at central in the end, wherever one durable copy was left.
"""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from app.domain.journal import Draft
from app.domain.merge import merge
from app.errors import AppError, CentralUnreachable
from app.services.visits import signature_is_sound
from app.store import journal, outgoing, projection, reads
from app.store.db import Database
from app.store.node import EPOCH, put_value, value_of
from app.store.tables import EntryRow, RecordRow, StreamRow, table
from app.store.verification import findings
from app.sync.link import Reply, Transport
from tests.builders import ANA, CY, FakeClock, World, held, make_node, make_visit, make_world, node_of

ENTRY, RECORD, STREAM = table(EntryRow), table(RecordRow), table(StreamRow)
TEAM = (ANA, CY)
QUIET_AFTER = 8  # rounds in which everything must have settled (invariant I11)


class Poor:
    """The way to central: each request meets the next fault of a list, and none when the list is at its end."""

    def __init__(self, way: Transport, faults: list[str]) -> None:
        self.way, self.faults = way, list(faults)

    def __call__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "lose_request":
            raise CentralUnreachable()
        if fault == "portal":
            return Reply(200, {"content-type": "text/html"}, b"<html>")
        reply = self.way(method, path, headers, body)
        if fault == "twice":
            reply = self.way(method, path, headers, body)
        if fault == "lose_reply":
            raise CentralUnreachable()
        return reply


class Field(RuleBasedStateMachine):
    """Rules are what people, networks and disks do; `teardown` lets everything settle and looks at what is left."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="baqylau-field-"))
        self.world: World = make_world(self.folder)
        self.tablets: list[Database] = []
        self.copies: list[Path] = []
        self.backups: list[tuple[Path, set[str]]] = []
        self.saved: set[str] = set()  # what some durable store still holds
        self.erased: set[str] = set()
        self.number = 0

    @initialize()
    def begin(self) -> None:
        self.tablets = [self.world.device([person]) for person in TEAM]
        with self.tablets[0].write() as session:
            self.visit = make_visit(session, team=TEAM)
        self._note()
        for tablet in self.tablets:
            self.world.meet(tablet)

    # ---- what people do ----------------------------------------------------------------------------------------------

    @rule(who=st.integers(0, 1), indicator=st.integers(0, 2), value=st.sampled_from(["yes", "no", None]))
    def answer(self, who: int, indicator: int, value: str | None) -> None:
        """None: taken back. The author saw what stands on this tablet."""
        subject = f"{self.visit}/A-{indicator}"
        with self.tablets[who].write() as session:
            record = reads.record(session, subject)
            draft = Draft("answer", subject, f"visit:{self.visit}", {"value": value}, record.heads if record else ())
            journal.append(session, draft, TEAM[who])
        self._note()

    @rule(who=st.integers(0, 1), indicator=st.integers(0, 2))
    def answer_blindly(self, who: int, indicator: int) -> None:
        """A page that shows nothing yet: concurrent with whatever is there."""
        self.number += 1
        sets = {"value": "partly", "note": f"note {self.number}"}
        with self.tablets[who].write() as session:
            draft = Draft("answer", f"{self.visit}/A-{indicator}", f"visit:{self.visit}", dict(sets))
            journal.append(session, draft, TEAM[who], lane=self.number % 2)
        self._note()

    @rule()
    def ask_at_the_office(self) -> None:
        with self.world.central.write() as session:
            draft = Draft("review", node_of(self.world.central).clock.new_id(), f"visit:{self.visit}", {"n": 1})
            journal.append(session, draft, ANA)
        self._note()

    @rule(who=st.integers(0, 1))
    def write_what_is_not_theirs(self, who: int) -> None:
        """An entry in another's name: kept as evidence, counted nowhere, holding nobody up."""
        with self.tablets[who].write() as session:
            draft = Draft("answer", f"{self.visit}/B-1", f"visit:{self.visit}", {"value": "no"})
            self.erased.add(journal.append(session, draft, TEAM[1 - who]).entry_id)

    # ---- what networks do --------------------------------------------------------------------------------------------

    @rule(
        who=st.integers(0, 1),
        faults=st.lists(st.sampled_from(["", "lose_request", "lose_reply", "twice", "portal"]), max_size=4),
    )
    def meet(self, who: int, faults: list[str]) -> None:
        try:
            self.world.meet(self.tablets[who], Poor(self.world.transport(), faults))
        except AppError:
            assert any(faults)

    # ---- what disks and clocks do ------------------------------------------------------------------------------------

    @rule(who=st.integers(0, 1), days=st.sampled_from([-365, -1, 1, 365]))
    def clock_jumps(self, who: int, days: int) -> None:
        clock = node_of(self.tablets[who]).clock
        assert isinstance(clock, FakeClock)
        clock.at_ms += days * 86_400_000

    @rule(who=st.integers(0, 1))
    def crash_before_the_commit(self, who: int) -> None:
        """What was not committed was never told to anybody."""
        with pytest.raises(ZeroDivisionError), self.tablets[who].write() as session:
            journal.append(session, Draft("answer", f"{self.visit}/A-9", f"visit:{self.visit}", {"value": "no"}), ANA)
            raise ZeroDivisionError

    @rule(who=st.integers(0, 1))
    def restart(self, who: int) -> None:
        self._open(who, self._folder_of(who))

    @precondition(lambda self: len(self.copies) < 2)
    @rule(who=st.integers(0, 1))
    def copy_a_tablet(self, who: int) -> None:
        self.tablets[who].checkpoint()
        self.number += 1
        copy = self.folder / f"copy{self.number}-{who}"
        shutil.copytree(self._folder_of(who), copy)
        self.copies.append(copy)

    @precondition(lambda self: self.copies)
    @rule()
    def put_an_old_copy_on_its_tablet(self) -> None:
        """What only this tablet held since then is gone with it: no protocol brings that back."""
        copy = self.copies.pop()
        who = int(copy.name[-1])
        self.tablets[who].close()
        shutil.rmtree(self._folder_of(who))
        shutil.copytree(copy, self._folder_of(who))
        self._open(who, self._folder_of(who), is_open=False)
        self._note(anew=True)

    @precondition(lambda self: len(self.backups) < 2)
    @rule()
    def copy_central(self) -> None:
        self.world.central.checkpoint()
        self.number += 1
        copy = self.folder / f"backup{self.number}"
        shutil.copytree(self.world.central.folder or self.folder, copy)
        self.backups.append((copy, set(held(self.world.central))))

    @precondition(lambda self: self.backups)
    @rule(is_told=st.booleans())
    def put_central_back(self, is_told: bool) -> None:
        copy, _ = self.backups.pop()
        old = self.world.central
        old.close()
        self.number += 1
        place = self.folder / f"central{self.number}"
        shutil.copytree(copy, place)
        self.world.central = make_node(
            place, "central", FakeClock(seed=900 + self.number, at_ms=node_of(old).clock.now_ms())
        )
        self.world.http.app.state.database = self.world.central  # type: ignore[attr-defined]
        if is_told:
            with self.world.central.write() as session:
                put_value(session, EPOCH, f"{self.number:016x}")
        self._note(anew=True)

    # ---- what must always hold -----------------------------------------------------------------------------------------

    @invariant()
    def nothing_counts_as_acked_that_central_does_not_hold_or_once_held(self) -> None:
        for tablet in self.tablets:
            with tablet.read() as session:
                for row in session.execute(select(STREAM).where(STREAM.c.own.is_(True))):
                    assert 0 <= row.durable_seq <= row.acked_seq <= row.last_seq

    def teardown(self) -> None:
        try:
            if self.tablets:
                self._settle()
                self._look()
        finally:
            self.world.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _settle(self) -> None:
        """The network heals: within so many rounds nobody has anything more to say."""
        for _ in range(QUIET_AFTER):
            outcomes = [self.world.meet(tablet) for tablet in self.tablets]
            if not any(one.pushed or one.pulled or one.new_epoch for one in outcomes):
                return
        raise AssertionError(f"not quiet after {QUIET_AFTER} rounds")

    def _look(self) -> None:
        central = held(self.world.central)
        assert self.saved - self.erased <= set(central), "acknowledged and lost"
        for who, tablet in enumerate(self.tablets):
            mine = {key: value for key, value in held(tablet).items() if key not in self.erased}
            visit = {key for key, value in central.items() if f'"visit:{self.visit}"'.encode() in value[0]}
            assert visit <= set(mine), f"tablet {who} lacks something"
            with tablet.read() as session:
                assert outgoing.unsent_entries(session) == 0
        self._look_at_records()
        with self.world.central.read() as session:
            assert list(findings(session, signature_is_sound)) == []

    def _look_at_records(self) -> None:
        """Every node has the same records, and they are what its entries add up to, in any order."""
        told = []
        for database in (self.world.central, *self.tablets):
            with database.read() as session:
                rows = session.execute(select(RECORD).where(RECORD.c.subject.startswith(f"{self.visit}/A-"))).all()
                told.append({row.subject: (row.fields, row.conflicts, row.heads) for row in rows})
                for row in rows:
                    entries = journal.entries_of(session, row.subject)
                    again = projection.as_row(merge(reversed(entries)))
                    assert (again["fields"], again["conflicts"], again["heads"]) == told[-1][row.subject]
        assert told[0] == told[1] == told[2]

    # ---- hands ---------------------------------------------------------------------------------------------------------

    def _note(self, anew: bool = False) -> None:
        """What durable stores hold now. After a disk was put back, less may be left than was saved."""
        stores = (self.world.central, *self.tablets)
        here = {key for database in stores for key in held(database)}
        self.saved = self.saved & here if anew else self.saved | here

    def _folder_of(self, who: int) -> Path:
        folder = self.tablets[who].folder
        assert folder is not None
        return folder

    def _open(self, who: int, folder: Path, is_open: bool = True) -> None:
        old = self.tablets[who]
        clock = node_of(old).clock
        if is_open:
            old.close()
        opened = make_node(folder, clock=clock)  # type: ignore[arg-type]
        self.world.devices[self.world.devices.index(old)] = opened
        self.tablets[who] = opened
        with opened.read() as session:
            assert value_of(session, EPOCH)


def machine(field: type[Field], examples: int, steps: int) -> type:
    case = field.TestCase
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    case.settings = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=checks,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking real databases takes an hour: read the steps
    )
    return case


class LongField(Field):
    """The same for longer."""


TestField = machine(Field, 8, 25)
TestLongField = pytest.mark.long(machine(LongField, 200, 50))
