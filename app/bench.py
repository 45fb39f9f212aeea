"""`baqylau bench`: how fast this machine starts, shows, saves and rebuilds, each figure beside its limit.

Nothing fails here: a slow machine is told, not refused. The device is a real process on an encrypted database.
"""

import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from rich.progress import Progress
from sqlalchemy import insert

from app import bench_library as library
from app.bench_cipher import measure_cipher
from app.bench_device import Browser, Running, Subject, in_process, make_subject, running
from app.bench_figures import Figure, as_table
from app.bench_lock import measure_lock
from app.bench_unlock import measure_unlock
from app.bench_wipe import measure_wipe
from app.clock import SystemClock
from app.commands.terminal import console, progress
from app.config import Settings, load_settings
from app.domain.journal import SALT_BYTES, Draft, Entry, compose
from app.store import projection
from app.store.opening import open_database
from app.store.tables import EntryRow, table

STARTS: Final = 5
PAGES: Final = 120  # requests of the section page, by one client and by four together
SAVES: Final = 200
ACTIONS: Final = 1000
PAGE_EVERY: Final = 5  # of the actions, every fifth looks at the page, the others save an answer
ENTRIES, ENTRIES_A_RECORD = 100_000, 5
ROW_BYTES: Final = 700  # about an entry with its header and body
START_LIMIT_S, PAGE_LIMIT_MS, PAGE_LIMIT_4_MS = 1.5, 40.0, 100.0
MEMORY_LIMIT_MB, GROWTH_LIMIT_MB, REBUILD_LIMIT_S = 150.0, 3.0, 10.0


def run() -> None:
    """Measures everything in a folder beside the data, on the same disk, and prints the table."""
    settings = load_settings()
    beside = Path(settings.data_dir).resolve().parent
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="baqylau-bench-", dir=beside) as name, progress() as bar:
        folder = Path(name)
        subject = make_subject(folder / "device", settings.checklists_dir)
        figures += measure_start(bar, subject)
        with running(subject.folder) as device:
            browser = Browser(device.port).sign_in()
            figures += measure_pages(bar, subject, browser)
            figures += measure_saves(bar, subject, browser, folder)
        with running(subject.folder) as device:
            browser = Browser(device.port, shown=browser.shown).sign_in()
            figures += measure_memory(bar, subject, device, browser)
        figures += measure_lock(bar, subject)
        figures += measure_unlock(bar, subject)
        figures += measure_wipe(bar, subject, folder)
        figures += measure_cipher(bar, folder)
        figures += measure_transactions(bar, subject, folder)
        figures += measure_library(bar, folder, settings.checklists_dir)
        figures += measure_rebuild(bar, folder / "rebuild", settings.checklists_dir)
    console.print(as_table(figures))


def measure_start(bar: Progress, subject: Subject) -> list[Figure]:
    """From starting the process to the whole sign-in page, with the compiled checklists kept from the start before."""
    with running(subject.folder):
        pass  # not counted: the first start of all compiles the program's modules
    taken: list[float] = []
    for _ in bar.track(range(STARTS), description="Starting"):
        with running(subject.folder) as device:
            taken.append(device.start_s)
    median = statistics.median(taken)
    measured = f"{median:.2f} s (worst of {STARTS}: {max(taken):.2f} s)"
    return [Figure("start to first page", measured, f"{START_LIMIT_S} s", median <= START_LIMIT_S)]


def measure_pages(bar: Progress, subject: Subject, browser: Browser) -> list[Figure]:
    """The section page with 60 indicators, half of them answered."""
    for number in range(len(subject.indicators) // 2):
        browser.post(subject.answer(number), value="yes", tap=f"first-{number}")
    size = len(browser.get(subject.page))
    figures = [Figure("page of 60 indicators: bytes sent", f"{size:,}")]
    for clients, limit_ms in ((1, PAGE_LIMIT_MS), (4, PAGE_LIMIT_4_MS)):
        task = bar.add_task(f"Section page, {clients} clients", total=PAGES)
        browsers = [Browser(browser.port, browser.cookie) for _ in range(clients)]
        taken_ms = _together(browsers, lambda one: one.get(subject.page), PAGES, partial(bar.advance, task))
        p50, p95 = _percentiles(taken_ms)
        measured = f"p50 {p50:.1f} ms, p95 {p95:.1f} ms"
        name = f"  {clients} client" + ("s" if clients > 1 else "")
        figures.append(Figure(name, measured, f"p95 {limit_ms:.0f} ms", p95 <= limit_ms))
    return figures


def measure_saves(bar: Progress, subject: Subject, browser: Browser, folder: Path) -> list[Figure]:
    """One answer saved by a tap, against a bare INSERT and COMMIT on the same disk. They take turns: both meet the
    same noise."""
    browser = Browser(browser.port, browser.cookie, browser.shown)  # the other connection was idle for too long
    bare = _bare_database(folder)
    saved_ms: list[float] = []
    bare_ms: list[float] = []
    for number in bar.track(range(SAVES), description="Saving"):
        value = "no" if number % 2 else "yes"
        saved_ms.append(_timed(partial(browser.post, subject.answer(number), value=value, tap=f"save-{number}")))
        bare_ms.append(_timed(lambda: _insert_and_commit(bare)))
    bare.close()
    bare_50, bare_95 = _percentiles(bare_ms)
    bare_figure = Figure("bare INSERT + COMMIT, synchronous=FULL", f"p50 {bare_50:.1f} ms, p95 {bare_95:.1f} ms")
    return [bare_figure, *_against_bare("answer saved: tap to redrawn card", saved_ms, bare_ms)]


def measure_transactions(bar: Progress, subject: Subject, folder: Path) -> list[Figure]:
    """The same answers without browser, HTTP and drawn card: from the first look into the journal to the commit."""
    bare = _bare_database(folder)
    saved_ms: list[float] = []
    bare_ms: list[float] = []
    with in_process(subject) as save:
        for number in bar.track(range(SAVES), description="Committing"):
            saved_ms.append(_timed(partial(save, number)))
            bare_ms.append(_timed(lambda: _insert_and_commit(bare)))
    bare.close()
    return _against_bare("  of it the transaction", saved_ms, bare_ms)


def _against_bare(what: str, saved_ms: Sequence[float], bare_ms: Sequence[float]) -> list[Figure]:
    """p50 and p95 beside their limit, which comes from the bare commits of the same minute."""
    figures = []
    for name, saved, base in zip(("p50", "p95"), _percentiles(saved_ms), _percentiles(bare_ms), strict=True):
        limit = 3 * base + 5
        measured = f"{name} {saved:.1f} ms ({saved / base:.1f} x bare)"
        figures.append(Figure(what, measured, f"3 x bare + 5 = {limit:.1f} ms", saved <= limit))
    return figures


def measure_memory(bar: Progress, subject: Subject, device: Running, browser: Browser) -> list[Figure]:
    """Resident memory of a fresh process after 1,000 actions, and how much of it came with the second half."""
    halfway: float | None = None
    for number in bar.track(range(ACTIONS), description="Acting"):
        if number == ACTIONS // 2:
            halfway = device.memory_mb()
        if number % PAGE_EVERY:
            browser.post(subject.answer(number), note=f"note {number}", tap=f"act-{number}")
        else:
            browser.get(subject.page)
    return _memory_figures(halfway, device.memory_mb())


def _memory_figures(halfway: float | None, after: float | None) -> list[Figure]:
    what, limit = "memory of the serving process after 1,000 actions", f"{MEMORY_LIMIT_MB:.0f} MB"
    if halfway is None or after is None:
        return [Figure(what, "this system does not say", limit)]
    grown = after - halfway
    return [
        Figure(what, f"{after:.0f} MB", limit, after <= MEMORY_LIMIT_MB),
        Figure("  growth in the second 500", f"{grown:+.1f} MB", f"{GROWTH_LIMIT_MB:.0f} MB", grown <= GROWTH_LIMIT_MB),
    ]


def measure_library(bar: Progress, folder: Path, checklists: Path) -> list[Figure]:
    """The whole library read and checked, from its cache, and searched."""
    task = bar.add_task("Reading the library", total=3)
    cold = library.cold_s(checklists)
    bar.advance(task)
    warm = library.warm_ms(checklists, folder / "library")
    bar.advance(task)
    slowest, index = library.search_ms(checklists, folder / "library")
    bar.advance(task)
    limits = (library.COLD_LIMIT_S, library.WARM_LIMIT_MS, library.SEARCH_LIMIT_MS)
    return [
        Figure("library read and checked", f"{cold:.2f} s", f"{limits[0]} s", cold <= limits[0]),
        Figure("  from its compiled cache", f"{warm:.1f} ms", f"{limits[1]:.0f} ms", warm <= limits[1]),
        Figure("slowest search of the standards", f"{slowest:.1f} ms", f"{limits[2]:.0f} ms", slowest <= limits[2]),
        Figure("  its index, made once per run", f"{index:.0f} ms"),
    ]


def measure_rebuild(bar: Progress, folder: Path, checklists: Path) -> list[Figure]:
    """`baqylau reindex` over 100,000 entries in an encrypted database: 20,000 records of five entries each."""
    settings = Settings(role="device", data_dir=folder, checklists_dir=checklists)
    database = open_database(settings, bytes(32), SystemClock())
    try:
        rows = bar.add_task("Writing 100,000 entries", total=ENTRIES)
        with database.write() as session:
            for batch in _entries():
                session.execute(insert(table(EntryRow)), [_row(entry) for entry in batch])
                bar.advance(rows, len(batch))
        task = bar.add_task("Rebuilding", total=ENTRIES)
        started = time.perf_counter()
        with database.write() as session:
            records = projection.rebuild(session, lambda done, total: bar.update(task, completed=done))
        taken_s = time.perf_counter() - started
    finally:
        database.close()
    what = f"rebuild of {ENTRIES:,} entries ({records:,} records)"
    return [Figure(what, f"{taken_s:.1f} s", f"{REBUILD_LIMIT_S:.0f} s", taken_s <= REBUILD_LIMIT_S)]


def _together(
    browsers: Sequence[Browser], ask: Callable[[Browser], object], total: int, tell: Callable[[], None]
) -> list[float]:
    """Times `total` requests, spread over clients that ask at the same time. In ms."""
    taken: list[float] = []
    failures: list[Exception] = []

    def one(browser: Browser) -> None:
        try:
            for _ in range(total // len(browsers)):
                taken.append(_timed(lambda: ask(browser)))
                tell()
        except Exception as error:  # handed to the thread that waits
            failures.append(error)

    threads = [threading.Thread(target=one, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return taken


def _timed(action: Callable[[], object]) -> float:
    """How long an action takes, in ms."""
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1000


def _percentiles(taken: Sequence[float]) -> tuple[float, float]:
    """(p50, p95)"""
    ordered = sorted(taken)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, round(len(ordered) * 0.95))]


def _bare_database(folder: Path) -> sqlite3.Connection:
    (folder / "bare.db").unlink(missing_ok=True)
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE bare (id INTEGER PRIMARY KEY, data BLOB NOT NULL)")
    return connection


def _insert_and_commit(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO bare (data) VALUES (zeroblob(?))", (ROW_BYTES,))
    connection.execute("COMMIT")


def _entries() -> Iterator[list[Entry]]:
    """ENTRIES entries in batches of 200 records."""
    for _ in range(ENTRIES // ENTRIES_A_RECORD // 200):
        yield [entry for _ in range(200) for entry in _entries_of_one_record()]


def _entries_of_one_record() -> Iterator[Entry]:
    """An answer that was changed four times, each time by somebody who saw what stood there."""
    clock = SystemClock()
    subject = f"{clock.new_id()}/A1"
    parents: tuple[str, ...] = ()
    for number in range(ENTRIES_A_RECORD):
        draft = Draft("answer", subject, "visit:bench", {"value": "yes", "note": f"note {number}"}, parents)
        entry = compose(draft, clock.new_id(), "bench", clock.now_ms(), clock.random_bytes(SALT_BYTES))
        parents = (entry.entry_id,)
        yield entry


def _row(entry: Entry) -> dict[str, object]:
    return {
        "entry_id": entry.entry_id,
        "kind": entry.kind,
        "subject": entry.subject,
        "scope": entry.scope,
        "author": entry.author,
        "made_at_ms": entry.made_at_ms,
        "received_at_ms": entry.made_at_ms,
        "header": entry.header,
        "body": entry.body,
    }
