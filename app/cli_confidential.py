"""The commands around sealed interviews: the keys that open them, and the reader. The web server has no part in it."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli_field import PassphraseFile
from app.cli_library import Data

confidential_key = typer.Typer(help="The keys to which interviews are sealed.", no_args_is_help=True)

KeyFile = Annotated[Path, typer.Argument(metavar="KEYFILE", dir_okay=False, help="The key file, on a stick.")]
SignInName = Annotated[str, typer.Option("--as", metavar="NAME", help="Sign-in name; else the first administrator.")]


Recovery = Annotated[bool, typer.Option("--recovery", help="A key for the safe, should all others be lost.")]


@confidential_key.command("new")
def new_key(
    file: KeyFile,
    office: Annotated[
        str, typer.Option("--office", metavar="KEY", help="The office's own key, as `confidential-key list` shows it.")
    ],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Make a key on your own computer: KEYFILE under a passphrase, and KEYFILE.public, which the office adds."""
    from app.commands import confidential

    confidential.new_key(file, office, passphrase_file)


@confidential_key.command("add")
def add_key(
    file: Annotated[Path, typer.Argument(metavar="FILE.public", exists=True, dir_okay=False, help="The public half.")],
    recovery: Recovery = False,
    author: SignInName = "",
    data: Data = None,
) -> None:
    """Take up, at the office, a key that a reviewer made on their own computer."""
    from app.commands import confidential

    confidential.add_key(file, recovery, author, data)


@confidential_key.command("make")
def make_key(
    file: KeyFile,
    recovery: Recovery = False,
    author: SignInName = "",
    data: Data = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Make a key at the office itself: private half into KEYFILE, public half into the data. Better: `new`, elsewhere."""
    from app.commands import confidential

    confidential.make_key(file, recovery, author, data, passphrase_file)


@confidential_key.command("copy")
def copy_key(
    file: Annotated[Path, typer.Argument(metavar="KEYFILE", exists=True, dir_okay=False, help="The key file.")],
    to: Annotated[Path, typer.Option("--to", metavar="FILE", dir_okay=False, help="The copy to write.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Copy a key file for another reviewer, under a passphrase of their own. Needs no data of the office."""
    from app.commands import confidential

    confidential.copy_key(file, to, passphrase_file)


@confidential_key.command("list")
def list_keys(data: Data = None) -> None:
    """The keys by fingerprint: since when, and which are no longer sealed to."""
    from app.commands import confidential

    confidential.list_keys(data)


@confidential_key.command("retire")
def retire_key(
    fingerprint: Annotated[str, typer.Argument(help="The 16 signs of the key.")],
    author: SignInName = "",
    data: Data = None,
) -> None:
    """Seal nothing more to a key. What was sealed to it stays readable with its file."""
    from app.commands import confidential

    confidential.retire_key(fingerprint, author, data)


def read_interview(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.reading", exists=True, dir_okay=False, help="As the office gave it out.")
    ],
    key: Annotated[Path, typer.Option("--key", metavar="KEYFILE", exists=True, dir_okay=False, help="Your key file.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Open a sealed interview on a reviewer's own computer and show it in this window; nothing is written to disk."""
    from app.commands import confidential

    confidential.read_interview(file, key, passphrase_file)
