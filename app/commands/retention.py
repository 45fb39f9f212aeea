"""What is over its time at the office, from the command line."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from sqlmodel import Session

from app.commands.nodes import beside_central, this_central
from app.commands.office import author_of
from app.commands.terminal import console, settings_of
from app.config import Settings
from app.domain.retention import KINDS, Due
from app.errors import N_, InvalidInput
from app.services import retention as services

BY_TWO: Final = N_("The policy asks for two people. They erase on the page /retention of the office's server.")


def keep_to_retention(is_erasing: bool, author_name: str, data: Path | None) -> None:
    """Lists what is over its time, beside the running server; with `is_erasing` erases it, alone. Raises InvalidInput
    where two people are needed."""
    settings = settings_of(data, role="central")
    with beside_central(settings) as database, database.read() as session:
        found = _due(session, settings)
    _tell(found, settings)
    if is_erasing and found:
        if settings.retention_second_person:
            raise InvalidInput(BY_TWO)
        with this_central(data) as node, node.database.write() as session:
            author = author_of(session, author_name)
            erased = services.erase(session, author, _due(session, settings), needs_second=False)
        console.print(f"erased: {erased} entries")


def _due(session: Session, settings: Settings) -> list[Due]:
    today = datetime.now(ZoneInfo(settings.time_zone)).date()
    return services.due(session, services.months_of(settings), today)


def _tell(found: Sequence[Due], settings: Settings) -> None:
    months = services.months_of(settings)
    for group in KINDS:
        mine = [one for one in found if one.group == group]
        rule = f"kept {months[group]} months" if months[group] else "no time set"
        entries = sum(len(one.entries) for one in mine)
        console.print(f"{group}: {rule}; over: {entries} entries of {len(mine)} visits", markup=False)
