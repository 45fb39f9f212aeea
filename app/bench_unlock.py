"""What `baqylau bench` measures of signing in: from the passphrase to the open tablet, at the cost that suits this computer."""

import statistics
import time
from typing import Final

from rich.progress import Progress

from app.bench_device import PHRASE, Browser, Subject, running
from app.bench_figures import Figure
from app.store.calibration import calibrated
from app.store.slots import make_vault, open_vault

UNLOCKS: Final = 5
LIMIT_S: Final = 1.5


def measure_unlock(bar: Progress, subject: Subject) -> list[Figure]:
    """With the request of the browser, the counted try, the database and the new session in it."""
    cost, person_id = calibrated(), open_vault(subject.folder, PHRASE).person_id
    make_vault(subject.folder, person_id, PHRASE, cost, subject.key)
    taken: list[float] = []
    for _ in bar.track(range(UNLOCKS), description="Unlocking"):
        with running(subject.folder) as device:
            browser = Browser(device.port)
            started = time.perf_counter()
            browser.sign_in()
            taken.append(time.perf_counter() - started)
    median = statistics.median(taken)
    what = f"unlock, measured cost: {cost.memory_mib} MiB, {cost.rounds} rounds"
    measured = f"{median:.2f} s (worst of {UNLOCKS}: {max(taken):.2f} s)"
    return [Figure(what, measured, f"{LIMIT_S} s", median <= LIMIT_S)]
