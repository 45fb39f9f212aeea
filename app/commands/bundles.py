"""Sealed bundles as files: written on a device, taken by the office, or carried to it by another device."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from app.commands.nodes import this_device, this_node
from app.commands.terminal import complaints, console, say_refusal
from app.errors import AppError
from app.errors_of_files import WouldOverwrite
from app.store.db import Database
from app.sync import bundles
from app.sync.bundle_wire import BundleTaken


def export_bundle(file: Path, everything: bool, data: Path | None, passphrase_file: Path | None) -> int:
    """Writes what the office lacks into a sealed file, or several numbered ones. Returns 1 when it lacks nothing."""
    with this_device(data, passphrase_file) as node:
        written = 0
        for number, of, content in bundles.export(node.database, everything):
            path = numbered(file, number, of)
            _write(path, content)
            console.print(f"{path}: {len(content) / 1e6:.1f} MB", markup=False)
            written += 1
    if not written:
        console.print("The office has everything: there is nothing to export.")
        return 1
    console.print("Only the office can open it. Sent it counts when this tablet itself has met the office.")
    return 0


def import_bundles(files: Sequence[Path], data: Path | None, passphrase_file: Path | None) -> int:
    """Takes bundles in (at the office), or carries them there (on a device). Returns 1 when one was refused."""
    in_order = sorted(files, key=lambda file: bundles.place_in_order(_head(file)))
    with this_node(data, passphrase_file) as node:
        bring = _take if node.settings.role == "central" else _carry
        fine = [_is_brought(bring, node.database, file.read_bytes()) for file in in_order]
    return 0 if all(fine) else 1


def _head(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(bundles.HEAD_BYTES)


def numbered(file: Path, number: int, of: int) -> Path:
    """The name of one of several files: visits.bundle becomes visits-1-of-3.bundle."""
    return file if of == 1 else file.with_name(f"{file.stem}-{number}-of-{of}{file.suffix}")


def _write(path: Path, content: bytes) -> None:
    """Whole and on the disk before it is said so: a stick is pulled out soon. Raises WouldOverwrite."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    except FileExistsError as error:
        raise WouldOverwrite(path=str(path)) from error
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _is_brought(bring: Callable[[Database, bytes], bool], database: Database, content: bytes) -> bool:
    try:
        return bring(database, content)
    except AppError as error:
        say_refusal(error)
        return False


def _take(database: Database, content: bytes) -> bool:
    """Says what was taken, what was refused and what does not count."""
    told = bundles.take(database, content)
    console.print(
        f"{told.name}, file {told.part} of {told.parts}: {told.entries} new entries, {told.files} new files",
        markup=False,
    )
    _complain(told)
    return not told.refused and not told.refused_files


def _complain(told: BundleTaken) -> None:
    for wrong in told.quarantined:
        complaints.print(f"kept, but not counted: {wrong.entry_id} ({wrong.reason})", markup=False)
    for refused in told.refused:
        lacks = f"entries before these are missing here (there are {refused.have})"
        why = lacks if refused.why == "gap" else "they contradict what is here"
        complaints.print(f"not taken: entries of lane {refused.lane}: {why}", markup=False)
    for sha256, reason in told.refused_files.items():
        complaints.print(f"not taken: file {sha256[:12]}: {reason}", markup=False)


def _carry(database: Database, content: bytes) -> bool:
    label = bundles.carry(database, content)
    console.print(f"file {label.part} of {label.parts} is carried to the office; it cannot be opened here")
    return True
