"""The command line: every command with its options and help. What they do is in app/commands/.

A command imports its module when it runs: `baqylau --help` must not wait for web server, database and cryptography.
"""

import gc
import sys
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from app import __version__
from app.cli_confidential import confidential_key, read_interview
from app.cli_field import bundle, hub
from app.cli_library import Data, checklists, standards
from app.errors import EXIT_REFUSED, AppError

CRASHED: Final = 1

program = typer.Typer(
    name="baqylau",
    help="The visit tool of a children's ombudsman's monitoring group.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a pretty traceback prints local variables, and those hold answers and keys
)
program.add_typer(checklists, name="checklists")
program.add_typer(standards, name="standards")
program.add_typer(bundle, name="bundle")
program.add_typer(hub, name="hub")
program.add_typer(confidential_key, name="confidential-key")
program.command("read-interview")(read_interview)

Host = Annotated[str | None, typer.Option(help="Address to listen on (BAQYLAU_HOST).")]
Port = Annotated[int | None, typer.Option(help="Port to listen on (BAQYLAU_PORT).")]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        help="File with one passphrase a line, instead of being asked. BAQYLAU_PASSPHRASE is read the same way.",
        exists=True,
        dir_okay=False,
    ),
]
SignInName = Annotated[str, typer.Option("--as", metavar="NAME", help="Sign-in name; else the first administrator.")]


def main() -> None:
    """Runs a command. Exit codes: 0 done, 1 a crash or a failed check, 2 refused with a sentence or wrong usage."""
    try:
        program(prog_name="baqylau")
    except AppError as error:
        from app.commands.terminal import say_refusal

        say_refusal(error)
        sys.exit(EXIT_REFUSED)


def _say_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"baqylau {__version__}")
        raise typer.Exit


@program.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version and stop.")
    ] = False,
) -> None:
    """The visit tool of a children's ombudsman's monitoring group: works without a network, syncs when it can."""


# ---- the two servers, and both with sample data ----------------------------------------------------------------------


@program.command()
def device(
    share: Annotated[bool, typer.Option("--share", help="Let other tablets of the team's own hotspot in.")] = False,
    host: Host = None,
    port: Port = None,
    data: Data = None,
) -> None:
    """Start a tablet or laptop of a team. Signing in opens its encrypted data."""
    gc.disable()  # importing makes many objects and no garbage; the launcher switches it on again
    from app.commands import children

    context = children.begin()  # before the launcher's own imports: they take as long
    from app.commands import launcher

    raise typer.Exit(launcher.run_device(context, share, host, port, data))


@program.command()
def central(host: Host = None, port: Port = None, data: Data = None) -> None:
    """Start the office's server: review, people, institutions and sync."""
    gc.disable()  # importing makes half a million objects and no garbage; `serve` switches it on again
    from app.commands import servers

    servers.run_central(host, port, data)


@program.command("tls-pin")
def tls_pin(
    certificate: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="Certificate (PEM).")
    ],
) -> None:
    """Tell the pin of a certificate's key, for BAQYLAU_TLS_PINS of central: one of the live key, one of a spare."""
    from app.commands import enrolment

    enrolment.tell_pin(certificate)


@program.command()
def demo(
    central_port: Annotated[int, typer.Option(help="Port of the office.", min=1, max=65535)] = 8001,
    device_port: Annotated[int, typer.Option(help="Port of the tablet.", min=1, max=65535)] = 8000,
    data: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder of the sample data.")] = Path("baqylau-demo"),
    sample: Annotated[bool, typer.Option(help="Make sample institutions and visits.")] = True,
) -> None:
    """Start an office and a tablet with invented people, institutions and visits. Ctrl-C stops both."""
    from app import demo as demonstration

    raise typer.Exit(demonstration.run(data, central_port, device_port, with_sample=sample))


# ---- a device and its office -----------------------------------------------------------------------------------------


@program.command()
def enrol(
    url: Annotated[str, typer.Argument(help="Address of the office, such as https://baqylau.example.kz")],
    code: Annotated[str, typer.Argument(help="The one-time code that the office made.")],
    data: Data = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Register this device with the office, and give each of its people a passphrase."""
    from app.commands import enrolment

    enrolment.enrol_device(url, code, data, passphrase_file)


@program.command()
def sync(data: Data = None, passphrase_file: PassphraseFile = None) -> None:
    """Meet the office once, now: send what waits and fetch what is new."""
    from app.commands import enrolment

    raise typer.Exit(enrolment.meet_office(data, passphrase_file))


@program.command("recovery-card")
def recovery_card(data: Data = None, passphrase_file: PassphraseFile = None) -> None:
    """Make the recovery card of this device anew and print its code, for the safe of the office."""
    from app.commands import passphrases

    passphrases.make_recovery_card(data, passphrase_file)


@program.command()
def passphrase(
    language: Annotated[
        Literal["kk", "ru", "en"] | None, typer.Option(help="Of the words; else that of the settings.")
    ] = None,
) -> None:
    """Suggest a passphrase: four words by chance."""
    from app.commands import passphrases

    passphrases.suggest(language)


@program.command("wipe-now")
def wipe_now(
    data: Data = None, yes: Annotated[bool, typer.Option("--yes", help="Do it without being asked.")] = False
) -> None:
    """Destroy all that is on this device, at once, locked or not: first the keys, then what they opened."""
    from app.commands import wipe

    wipe.wipe_now(data, is_agreed=yes)


# ---- upkeep of a node's data -----------------------------------------------------------------------------------------


@program.command()
def reindex(data: Data = None, passphrase_file: PassphraseFile = None) -> None:
    """Build all records anew from the journal."""
    from app.commands import upkeep

    upkeep.rebuild_records(data, passphrase_file)


@program.command()
def verify(
    data: Data = None,
    passphrase_file: PassphraseFile = None,
    backup: Annotated[
        Path | None,
        typer.Option("--backup", metavar="FILE", exists=True, dir_okay=False, help="Try this backup instead."),
    ] = None,
) -> None:
    """Check the whole journal: chains, seals, hashes, signatures and records. Exit code 1 when something is wrong.

    With --backup: restore that file into scratch, check it there, and leave nothing behind.
    """
    from app.commands import backups, upkeep

    if backup is not None:
        raise typer.Exit(backups.try_backup(backup, data))
    raise typer.Exit(upkeep.verify_journal(data, passphrase_file))


@program.command()
def retention(
    erase: Annotated[
        bool, typer.Option("--erase", help="Erase it, where the policy asks for no second person.")
    ] = False,
    author: SignInName = "",
    data: Data = None,
) -> None:
    """List what is over its time at the office by the body's policy; it is erased on the page /retention by two people."""
    from app.commands.retention import keep_to_retention

    keep_to_retention(erase, author, data)


@program.command()
def migrate(data: Data = None, passphrase_file: PassphraseFile = None) -> None:
    """Bring the database to the schema of this version. Starting a node does the same."""
    from app.commands import upkeep

    upkeep.migrate_data(data, passphrase_file)


# ---- the office's backups -----------------------------------------------------------------------------------------


@program.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write, or a folder to write it into.")],
    data: Data = None,
) -> None:
    """Back up the office while it works: one encrypted file, restored into scratch and verified before it counts.

    Exit code 1 when it does not verify: then nothing is marked as safe, and tablets keep what they have.
    """
    from app.commands import backups

    raise typer.Exit(backups.make_backup(file, data))


@program.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="The backup.")],
    data: Data = None,
    despite: Annotated[
        bool, typer.Option("--despite-findings", help="Restore even though something in it does not hold.")
    ] = False,
) -> None:
    """Make the office anew from a backup, in an empty data folder or PostgreSQL database; SQLite and PostgreSQL alike.

    Begins a new epoch: every tablet then sends again what the backup lacks. Exit code 1 when it does not verify.
    """
    from app.commands import backups

    raise typer.Exit(backups.restore_backup(file, data, despite))


@program.command("new-epoch")
def new_epoch(
    data: Data = None, yes: Annotated[bool, typer.Option("--yes", help="Do it without being asked.")] = False
) -> None:
    """Have every tablet offer all it holds again: after the office's data was put back in some way but `restore`."""
    from app.commands import backups

    raise typer.Exit(backups.begin_epoch(data, is_agreed=yes))


# ---- people and institutions -----------------------------------------------------------------------------------------


@program.command("import-institutions")
def import_institutions(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", exists=True, dir_okay=False, help="The table.")],
    author: SignInName = "",
    data: Data = None,
) -> None:
    """Take institutions from a CSV file (at the office). Bad rows are listed and left out; the exit code is then 3."""
    from app.commands import office

    raise typer.Exit(office.import_file(file, author, data))


@program.command("add-person")
def add_person(
    name: Annotated[str, typer.Argument(help="The person's name.")],
    role: Annotated[
        list[str] | None, typer.Option(help="monitor, team_lead, reviewer, trainer or administrator; may be repeated.")
    ] = None,
    organisation: Annotated[str, typer.Option(help="Where the person works.")] = "",
    sign_in: Annotated[str, typer.Option(help="Name to sign in with at the office.")] = "",
    author: SignInName = "",
    data: Data = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Add a person at the office, or give an enrolled person a passphrase on this device.

    The first person of an office must be an administrator.
    """
    from app.commands import office
    from app.services.people import PersonForm

    form = PersonForm("", name, role or [], organisation)
    office.add_person(form, sign_in, author, data, passphrase_file)


# ---- measures --------------------------------------------------------------------------------------------------------


@program.command()
def bench(
    what: Annotated[
        Literal["node", "sync"], typer.Argument(help="node: start, pages, saving. sync: link, central.")
    ] = "node",
    postgresql_url: Annotated[str, typer.Option(help="An empty PostgreSQL database to measure too (sync).")] = "",
) -> None:
    """Measure this machine: start, pages, saving, memory, rebuild; or sync; each figure beside its limit."""
    if what == "sync":
        from app import bench_sync

        bench_sync.run(postgresql_url)
    else:
        from app import bench as measures

        measures.run()


Mutant = Literal[
    "lww",
    "purge-on-ack",
    "forget-on-voucher",
    "no-epoch",
    "any-200-is-ack",
    "fork-as-duplicate",
    "watermark-without-epoch",
    "ack-by-position",
    "silent-standing",
    "ahead-by-position",
    "vouchers-by-epoch",
    "bare-links-by-id",
    "vouchers-dropped-early",
    "vouchers-by-scope",
    "erased-comes-late",
]


@program.command()
def simulate(
    seeds: Annotated[int, typer.Option(help="How many worlds to run.", min=1)] = 2000,
    first_seed: Annotated[int, typer.Option(help="Seed of the first of them.", min=0)] = 0,
    mutant: Annotated[Mutant | None, typer.Option(help="Put a known mistake in the place of a rule.")] = None,
    steps: Annotated[int, typer.Option(help="Events of a world before it comes to rest.", min=1)] = 120,
) -> None:
    """Run tablets and an office through every fault, in memory. Exit code 1 when something was lost or contradicted."""
    from app.commands import simulation

    raise typer.Exit(simulation.simulate(seeds, first_seed, mutant, steps))
