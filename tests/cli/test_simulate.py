"""`baqylau simulate` says what held, or which seed broke what, and how to see it again."""

from typing import get_args

import pytest

from app.cli import Mutant
from app.simulator.rules import MUTANTS
from tests.cli.conftest import Run


def test_worlds_that_hold_are_counted(run: Run) -> None:
    said = run("simulate", "--seeds", "3", "--steps", "40")
    assert (said.code, said.err) == (0, "")
    assert "3 seeds, " in said.out
    assert "events/s" in said.out
    assert said.out.endswith("every invariant held\n")


def test_a_broken_invariant_is_named_with_its_seed_and_story(run: Run) -> None:
    said = run("simulate", "--seeds", "50", "--first-seed", "1", "--mutant", "lww")
    assert said.code == 1
    assert "every invariant held" not in said.out
    assert "saves" in said.err
    assert "seed 1 breaks I5: " in said.err
    assert "again: baqylau simulate --seeds 1 --first-seed 1 --steps 120 --mutant lww" in said.err.replace("\n", " ")


@pytest.mark.parametrize("wrong", [("--mutant", "nobody"), ("--seeds", "0")])
def test_wrong_usage_is_refused(run: Run, wrong: tuple[str, str]) -> None:
    assert run("simulate", *wrong).code == 2


def test_the_command_knows_every_mutant() -> None:
    assert set(get_args(Mutant)) == set(MUTANTS)
