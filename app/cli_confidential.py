"""The commands around sealed interviews: the keys that open them, and the reader. The web server has no part in it."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli_field import PassphraseFile
from app.cli_library import Data

confidential_key = typer.Typer(help="The keys to which interviews are sealed.", no_args_is_help=True)

KeyFile = Annotated[Path, typer.Argument(metavar="KEYFILE", dir_okay=False, help="The key file, on a stick.")]
SignInName = Annotated[str, typer.Option("--as", metavar="NAME", help="Sign-in name; else the first administrator.")]


@confidential_key.command("make")
def make_key(
    file: KeyFile,
    recovery: Annotated[
        bool, typer.Option("--recovery", help="A key for the safe, should all others be lost.")
    ] = False,
    author: SignInName = "",
    data: Data = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Make a key at the office: its private half into KEYFILE under a passphrase, only its public half into the data."""
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
