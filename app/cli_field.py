"""The commands for where the office is away: sealed bundles for a USB stick, and the team's hub."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli_library import Data

bundle = typer.Typer(help="What the office lacks, as sealed files for a USB stick.", no_args_is_help=True)
hub = typer.Typer(help="The team's hub: where tablets meet when the office is away.", no_args_is_help=True)

Port = Annotated[int | None, typer.Option(help="Port to listen on (BAQYLAU_PORT).")]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        help="File with one passphrase a line, instead of being asked. BAQYLAU_PASSPHRASE is read the same way.",
        exists=True,
        dir_okay=False,
    ),
]


@bundle.command("export")
def export_bundle(
    file: Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False, help="The file to write; numbered if many.")],
    everything: Annotated[bool, typer.Option("--all", help="Also what the office has confirmed.")] = False,
    data: Data = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Write all that the office lacks into a sealed file: only the office can open it."""
    from app.commands import bundles

    raise typer.Exit(bundles.export_bundle(file, everything, data, passphrase_file))


@bundle.command("import")
def import_bundles(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", exists=True, dir_okay=False, help="Bundles.")],
    data: Data = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Take bundles in at the office; on another tablet, carry them there. Exit code 1 when something was refused."""
    from app.commands import bundles

    raise typer.Exit(bundles.import_bundles(files, data, passphrase_file))


@hub.command("init-ca")
def init_ca(
    name: Annotated[list[str] | None, typer.Option(help="A further host name or address; may be repeated.")] = None,
    port: Port = None,
    again: Annotated[
        bool, typer.Option("--again", help="Replace the one there is: tablets must install it anew.")
    ] = False,
    data: Data = None,
) -> None:
    """Make a certificate for this computer, so that `device --share` speaks https with the team's browsers."""
    from app.commands import hub as commands

    commands.init_ca(name or [], port, again, data)


@hub.command("join")
def join_hub(
    url: Annotated[str, typer.Argument(help="Address of the hub, such as https://192.168.43.1:8000")],
    fingerprint: Annotated[str, typer.Argument(help="The 16 signs that the hub shows; none for plain http.")] = "",
    data: Data = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Meet this hub whenever the office cannot be reached, and once now."""
    from app.commands import hub as commands

    raise typer.Exit(commands.join_hub(url, fingerprint, data, passphrase_file))


@hub.command("leave")
def leave_hub(data: Data = None, passphrase_file: PassphraseFile = None) -> None:
    """Meet no hub any more."""
    from app.commands import hub as commands

    commands.leave_hub(data, passphrase_file)
