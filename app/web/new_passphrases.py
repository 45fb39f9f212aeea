"""New passphrases in a form: each typed twice, for there is no way back to a forgotten one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from app.errors import N_, PassphraseTaken, WeakPassphrase
from app.sync.enrolling import new_passphrase
from app.web.contexts import Problem
from app.web.language import Speech

NOT_ALIKE: Final = N_("The two passphrases are not the same. Type both anew.")


@dataclass(frozen=True)
class PersonToAsk:
    """Of `shared/_new_passphrase.html`: the fields `passphrase` and `again`, each with `suffix`."""

    suffix: str
    name: str


def people_to_ask(speech: Speech, people: Mapping[str, str]) -> tuple[PersonToAsk, ...]:
    """In the order of their names."""
    ordered = sorted(people.items(), key=lambda item: speech.sort_key(item[1]))
    return tuple(PersonToAsk(f"-{person}", name) for person, name in ordered)


def chosen_passphrases(
    speech: Speech, people: Mapping[str, str], typed: Mapping[str, str]
) -> tuple[dict[str, str], tuple[Problem, ...]]:
    """Person id -> passphrase of those who typed one, and what is wrong with the others. Empty fields are for later."""
    chosen: dict[str, str] = {}
    problems: list[Problem] = []
    for person in people:
        first, again = typed.get(f"passphrase-{person}", ""), typed.get(f"again-{person}", "")
        if not first and not again:
            continue
        found = tuple(faults(speech, f"-{person}", first, again, set(chosen.values())))
        problems += found
        if not found:
            chosen[person] = new_passphrase(first, set())
    return chosen, tuple(problems)


def faults(speech: Speech, suffix: str, first: str, again: str, taken: set[str]) -> Iterator[Problem]:
    """What speaks against a new passphrase, at its field. `taken`: those of others, in the form of `new_passphrase`."""
    try:
        new_passphrase(first, taken)
    except (WeakPassphrase, PassphraseTaken) as error:
        yield Problem(f"passphrase{suffix}", speech.say(error.sentence))
        return
    if first != again:
        yield Problem(f"again{suffix}", speech.say(NOT_ALIKE))
