"""How the commands speak: sentences in the office's language, passphrases asked without showing them."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer
from rich.console import Console

from app.config import Settings, given_settings, load_settings
from app.errors import N_, AppError, InvalidInput, PassphraseTaken, WeakPassphrase, WrongSettings

if TYPE_CHECKING:
    from rich.progress import Progress

PASSPHRASE_VARIABLE: Final = "BAQYLAU_PASSPHRASE"  # noqa: S105 - its name
FOUR_WORDS: Final = N_("Four words by chance, if you like: %(words)s")
console = Console(highlight=False)
complaints = Console(stderr=True, highlight=False, soft_wrap=True)


def progress() -> "Progress":
    """A progress bar on stderr; silent where nobody watches."""
    from rich.progress import Progress

    return Progress(console=complaints, transient=True, disable=not complaints.is_terminal)


def say_refusal(error: AppError) -> None:
    """The sentence of a refusal on stderr, in the language of the settings."""
    complaints.print(sentence_of(error), markup=False)


def sentence_of(error: AppError) -> str:
    """What a refusal says, in the language of the settings; English while those are wrong themselves."""
    sentence = error.problem if isinstance(error, InvalidInput) else error.sentence
    return say(sentence, **error.params)


def say(sentence: str, **params: str | int | float) -> str:
    """A sentence in the language of the settings, with its `%(name)s` filled in."""
    from app.web.language import catalogue

    text = catalogue(spoken_language()).gettext(sentence)
    return text % params if params else text


def spoken_language() -> str:
    """The language of the settings; English while those are wrong themselves."""
    try:
        return given_settings().language
    except WrongSettings:
        return "en"


def given_passphrases(file: Path | None) -> Iterator[str]:
    """The passphrases that a script gave, one a line; none when a person sits at the keyboard."""
    text = file.read_text("utf-8") if file else os.environ.get(PASSPHRASE_VARIABLE, "")
    return iter([line.strip() for line in text.splitlines() if line.strip()])


def ask_passphrase(file: Path | None) -> str:
    """A passphrase that exists already, from the script or from the keyboard."""
    given = next(given_passphrases(file), None)
    return given if given is not None else str(typer.prompt("Passphrase", hide_input=True, err=True))


def ask_new_passphrase(name: str, taken: set[str]) -> str:
    """A new passphrase of at least four words, typed twice; asked again until it can be used and is none of `taken`."""
    from app.store.word_lists import suggested
    from app.sync.enrolling import new_passphrase

    complaints.print(say(FOUR_WORDS, words=suggested(spoken_language())), markup=False)
    while True:
        typed = str(typer.prompt(f"New passphrase for {name}", hide_input=True, confirmation_prompt=True, err=True))
        try:
            return new_passphrase(typed, taken)
        except (WeakPassphrase, PassphraseTaken) as error:
            say_refusal(error)


def is_asked_in_script(file: Path | None) -> bool:
    """True when a script gave passphrases: then nobody is there to be asked."""
    return next(given_passphrases(file), None) is not None


def settings_of(data: Path | None, **overrides: object) -> Settings:
    """The settings with the data folder that was named on the command line, if any."""
    return load_settings(data_dir=data, **overrides)
