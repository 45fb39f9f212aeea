"""What `baqylau bench` measures of the lock: how soon the key is gone, and how soon the locked page is there."""

import statistics
import time
from typing import Final

from rich.progress import Progress

from app.bench_device import GIVE_UP_AFTER_S, Browser, Running, Subject, running, shows_first_page
from app.bench_figures import Figure

LOCKS: Final = 5
GONE_LIMIT_MS, PAGE_LIMIT_MS = 300.0, 1000.0


def measure_lock(bar: Progress, subject: Subject) -> list[Figure]:
    """Both from the press of the button, with the browser's own request in it."""
    gone_ms: list[float] = []
    page_ms: list[float] = []
    with running(subject.folder) as device:
        if len(device.processes()) == 1:
            return [Figure("lock: key gone, with its process", "this system does not say", f"{GONE_LIMIT_MS:.0f} ms")]
        for _ in bar.track(range(LOCKS), description="Locking"):
            gone, page = _lock_once(device)
            gone_ms.append(gone)
            page_ms.append(page)
    return [
        _figure("lock: key gone, with its process", gone_ms, GONE_LIMIT_MS),
        _figure("  the locked page is there", page_ms, PAGE_LIMIT_MS),
    ]


def _lock_once(device: Running) -> tuple[float, float]:
    """(ms until a process of the tablet is gone, ms until the next one shows the sign-in page)"""
    browser = Browser(device.port).sign_in()
    before = set(device.processes())
    started = time.perf_counter()
    browser.lock()
    while before <= set(device.processes()):
        if time.perf_counter() - started > GIVE_UP_AFTER_S:
            raise RuntimeError("the device did not lock")
    gone = time.perf_counter()
    while not shows_first_page(device.port):
        pass
    return (gone - started) * 1000, (time.perf_counter() - started) * 1000


def _figure(what: str, taken_ms: list[float], limit_ms: float) -> Figure:
    median = statistics.median(taken_ms)
    measured = f"{median:.0f} ms (worst of {LOCKS}: {max(taken_ms):.0f} ms)"
    return Figure(what, measured, f"{limit_ms:.0f} ms", median <= limit_ms)
