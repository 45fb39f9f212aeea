"""`baqylau simulate`: many seeded worlds one after the other, until an invariant breaks or all have held."""

import gc
import time
from collections import Counter
from typing import Final

from app.commands.terminal import complaints, console, progress
from app.simulator.rules import MUTANTS, SHIPPED
from app.simulator.runs import Run, run_seed

SHOWN: Final = 25  # last events of a world that broke
COLLECT_EVERY: Final = 500  # seeds


def simulate(seeds: int, first_seed: int, mutant: str | None, steps: int) -> int:
    """Runs the seeds in order. Returns 1 at the first that breaks an invariant, naming it, else 0."""
    rules = MUTANTS[mutant] if mutant else SHIPPED
    events, faults, rounds = 0, Counter[str](), 0
    began, began_cpu = time.perf_counter(), time.process_time()
    gc.disable()  # a world is gone when its last name is; looking for cycles took a third of the time
    try:
        with progress() as bar:
            task = bar.add_task("Simulating", total=seeds)
            for done in range(seeds):
                run = run_seed(first_seed + done, steps, rules)
                events, faults, rounds = events + run.events, faults + run.counts, max(rounds, run.rounds)
                if run.broken:
                    break
                bar.advance(task)
                if done % COLLECT_EVERY == 0:
                    gc.collect()
    finally:
        gc.enable()
    took, took_cpu = time.perf_counter() - began, time.process_time() - began_cpu
    if run.broken:
        _tell_broken(run, mutant, steps)
    console.print(", ".join(f"{name} {count}" for name, count in sorted(faults.items())))
    console.print(
        f"{done + 1} seeds, {events} events, {took:.1f} s ({took_cpu:.1f} s of one core), "
        f"{events / max(took_cpu, 1e-9):.0f} events/s, quiet after at most {rounds} rounds"
    )
    if not run.broken:
        console.print("every invariant held")
    return 1 if run.broken else 0


def _tell_broken(run: Run, mutant: str | None, steps: int) -> None:
    for line in run.trail[-SHOWN:]:
        complaints.print(f"  {line}", markup=False)
    again = f"baqylau simulate --seeds 1 --first-seed {run.seed} --steps {steps}"
    complaints.print(f"seed {run.seed} breaks {run.broken}: {run.found}", markup=False)
    complaints.print(f"again: {again}{f' --mutant {mutant}' if mutant else ''}", markup=False)
