"""What `baqylau bench` measures of the library: reading and checking all of it, starting from its cache, searching."""

import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from app.domain.standards_search import index_of, search
from app.store.checklist_cache import library_from
from app.store.checklists import load_library

TIMES: Final = 5
SEARCHES: Final = (
    "оңаша",
    "разд содерж",
    "37(c)",
    "УҰИ 24 сағат",
    "separate adults night",
    "kz.cpc 131",
    "ребен",
    "torture",
)
COLD_LIMIT_S, WARM_LIMIT_MS, SEARCH_LIMIT_MS = 1.0, 50.0, 50.0


def cold_s(folder: Path) -> float:
    """Median seconds for reading and checking every file of the library."""
    return statistics.median(_timed_s(lambda: load_library(folder)) for _ in range(TIMES))


def warm_ms(folder: Path, cache: Path) -> float:
    """Median ms for the same library from its compiled cache."""
    library_from(folder, cache)
    return statistics.median(_timed_s(lambda: library_from(folder, cache)) for _ in range(TIMES)) * 1000


def search_ms(folder: Path, cache: Path) -> tuple[float, float]:
    """(slowest search, making the index once per run), both in ms."""
    standards = library_from(folder, cache).reference.standards
    index_ms = statistics.median(_timed_s(lambda: index_of(standards)) for _ in range(TIMES)) * 1000
    index = index_of(standards)
    slowest = max(statistics.median(_timed_s(partial(search, index, w)) for _ in range(TIMES)) for w in SEARCHES)
    return slowest * 1000, index_ms


def _timed_s(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
