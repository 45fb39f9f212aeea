"""What is said of a case while two people say different things of a fact: each side is judged by itself. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from app.domain.custody_case import Case
from app.domain.custody_verdict import DISPUTED, Verdict
from app.domain.journal import Json
from app.domain.problem import Problem

Judged = tuple[tuple[Json, ...], Mapping[str, Verdict]]


def both_sides(case: Case, judge_one: Callable[[Case], Sequence[Verdict]]) -> Iterator[Verdict]:
    """What every side comes to stands; where they differ nobody can tell, and the fact in conflict is named."""
    sides: list[Judged] = [(said, {one.rule.id: one for one in judge_one(side)}) for said, side in case.sides]
    if not sides:
        yield from (_undecided(one, case.disputed[0]) for one in judge_one(case))
        return
    found = {rule_id: verdict for _, verdicts in sides for rule_id, verdict in verdicts.items()}
    for rule_id, verdict in found.items():
        outcomes = [(said, _said_of(rule_id, verdicts)) for said, verdicts in sides]
        if len({outcome for _, outcome in outcomes}) == 1:
            yield verdict
        else:
            yield _undecided(verdict, case.disputed[_decisive(outcomes)])


def _said_of(rule_id: str, verdicts: Mapping[str, Verdict]) -> str:
    return verdicts[rule_id].outcome if rule_id in verdicts else ""


def _decisive(outcomes: Sequence[tuple[tuple[Json, ...], str]]) -> int:
    """Which fact decides: the first for which the outcome changes while the others stay; else the first of all."""
    for index in range(len(outcomes[0][0])):
        by_others: dict[str, set[str]] = {}
        for said, outcome in outcomes:
            by_others.setdefault(repr(said[:index] + said[index + 1 :]), set()).add(outcome)
        if any(len(found) > 1 for found in by_others.values()):
            return index
    return 0


def _undecided(verdict: Verdict, fact: str) -> Verdict:
    return Verdict(verdict.rule, "cannot_tell", Problem(fact, DISPUTED, {"event": fact}), start=verdict.start)
