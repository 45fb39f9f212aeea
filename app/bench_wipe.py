"""What `baqylau bench` measures of *wipe now*: how soon the keys are gone, and what held them and what they opened."""

import shutil
import time
from pathlib import Path
from typing import Final

from rich.progress import Progress

from app.bench_device import GIVE_UP_AFTER_S, Browser, Running, Subject, running
from app.bench_figures import Figure
from app.store.db import DATABASE_NAME
from app.store.slots import has_slots

WIPES: Final = 3
LIMIT_MS: Final = 1000.0


def measure_wipe(bar: Progress, subject: Subject, folder: Path) -> list[Figure]:
    """From the press of the button, with the browser's own request in it. Each time on a copy of the tablet."""
    keys_ms: list[float] = []
    all_ms: list[float] = []
    for number in bar.track(range(WIPES), description="Wiping"):
        copy = folder / f"wiped-{number}"
        shutil.copytree(subject.folder, copy)
        with running(copy) as device:
            keys, everything = _wipe_once(device, copy)
        keys_ms.append(keys)
        all_ms.append(everything)
        shutil.rmtree(copy)
    return [
        _figure("wipe now: the keys are destroyed", keys_ms),
        _figure("  what held them has ended, the database is gone", all_ms),
    ]


def _wipe_once(device: Running, folder: Path) -> tuple[float, float]:
    """(ms until no key slot is left, ms until the process that held the key and the database are gone as well)"""
    browser = Browser(device.port).sign_in()
    before = set(device.processes())
    started = time.perf_counter()
    browser.wipe()
    if has_slots(folder):
        raise RuntimeError("the device did not destroy its keys")
    keys = time.perf_counter()
    while (folder / DATABASE_NAME).exists() or (len(before) > 1 and before <= set(device.processes())):
        if time.perf_counter() - started > GIVE_UP_AFTER_S:
            raise RuntimeError("the device did not remove its database")
    return (keys - started) * 1000, (time.perf_counter() - started) * 1000


def _figure(what: str, taken_ms: list[float]) -> Figure:
    worst = max(taken_ms)
    return Figure(what, f"worst of {WIPES}: {worst:.0f} ms", f"{LIMIT_MS:.0f} ms", worst <= LIMIT_MS)
