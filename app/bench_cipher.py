"""What `baqylau bench` measures of encryption: the same answer saved into the encrypted database and into a plain one."""

import os
import statistics
import time
from contextlib import closing
from pathlib import Path
from typing import Final

from rich.progress import Progress

from app.bench_figures import Figure
from app.clock import SystemClock
from app.config import Settings
from app.domain.journal import Draft
from app.store import journal
from app.store.db import Database
from app.store.opening import open_database

SAVES: Final = 300
LIMIT: Final = 1.5


def measure_cipher(bar: Progress, folder: Path) -> list[Figure]:
    """They take turns, so that both meet the same noise."""
    with (
        closing(_database(folder / "sealed", os.urandom(32))) as sealed,
        closing(_database(folder / "plain", None)) as plain,
    ):
        taken: dict[str, list[float]] = {"sealed": [], "plain": []}
        for number in bar.track(range(SAVES), description="Saving, encrypted and plain"):
            for name, database in (("sealed", sealed), ("plain", plain)):
                taken[name].append(_saved_ms(database, number))
    medians = {name: statistics.median(times) for name, times in taken.items()}
    ratio = medians["sealed"] / medians["plain"]
    measured = f"{medians['sealed']:.2f} ms, {ratio:.2f} x the plain one's {medians['plain']:.2f} ms"
    return [Figure("answer into the encrypted database", measured, f"{LIMIT} x", ratio <= LIMIT)]


def _database(folder: Path, key: bytes | None) -> Database:
    return open_database(Settings(role="device", data_dir=folder), key, SystemClock())


def _saved_ms(database: Database, number: int) -> float:
    draft = Draft(
        "answer", f"visit/A-{number}", "visit:bench", {"value": "no", "note": "Есік құлыпталған, терезе жоқ."}
    )
    started = time.perf_counter()
    with database.write() as session:
        journal.append(session, draft, "bench")
    return (time.perf_counter() - started) * 1000
