"""New passphrases in a form: four words are offered, and what is chosen is typed twice, for a mistake locks out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request, Response

from app.errors import N_, AppError, PassphraseTaken, WeakPassphrase, WrongPassphrase, WrongSignIn
from app.store.word_lists import suggested
from app.sync.enrolling import new_passphrase
from app.web.contexts import Problem, Suggestion
from app.web.deps import open_to_all
from app.web.language import Speech
from app.web.render import part, speech_of

router = APIRouter()
NOT_ALIKE: Final = N_("The two passphrases are not the same. Type both anew.")
NOT_YOURS: Final = N_("This is not your passphrase. Check the four words and try again.")


@dataclass(frozen=True)
class PersonToAsk:
    """Of `shared/_new_passphrase.html`: the fields `passphrase` and `again`, each with `suffix`."""

    suffix: str
    name: str
    suggestion: Suggestion


@router.get("/suggestion")
@open_to_all
def other_words(request: Request) -> Response:
    """Four other words. Open, as passphrases are chosen before anybody can sign in; it tells nothing."""
    return part(request, "shared/_words.html", suggestion(speech_of(request), ""))


def suggestion(speech: Speech, url: str) -> Suggestion:
    """Four words in the reader's language. `url`: of a page that is opened by GET and shows them."""
    return Suggestion(suggested(speech.language), url)


def people_to_ask(speech: Speech, people: Mapping[str, str], url: str) -> tuple[PersonToAsk, ...]:
    """In the order of their names. `url`: as in `suggestion`."""
    ordered = sorted(people.items(), key=lambda item: speech.sort_key(item[1]))
    return tuple(PersonToAsk(f"-{person}", name, suggestion(speech, url)) for person, name in ordered)


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


def refusal(speech: Speech, error: AppError) -> Problem:
    """A refusal at its field: `passphrase` for what cannot be a new one, `own` for what is said of the old one."""
    if isinstance(error, PassphraseTaken | WeakPassphrase):
        return Problem("passphrase", speech.say(error.sentence))
    is_not_own = isinstance(error, WrongPassphrase | WrongSignIn)
    return Problem("own", speech.say(NOT_YOURS if is_not_own else error.sentence, **error.params))
