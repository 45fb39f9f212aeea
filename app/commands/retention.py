"""What is over its time at the office, from the command line."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from app.commands.nodes import this_central
from app.commands.office import author_of
from app.commands.terminal import console
from app.config import Settings
from app.domain.retention import KINDS, Due
from app.errors import N_, InvalidInput
from app.services import retention as services

BY_TWO: Final = N_("The policy asks for two people. They erase on the page /retention of the office's server.")


def keep_to_retention(is_erasing: bool, author_name: str, data: Path | None) -> None:
    """Lists what is over its time; with `is_erasing` erases it. Raises InvalidInput where two people are needed."""
    with this_central(data) as node, node.database.write() as session:
        today = datetime.now(ZoneInfo(node.settings.time_zone)).date()
        found = services.due(session, services.months_of(node.settings), today)
        _tell(found, node.settings)
        if is_erasing and found:
            if node.settings.retention_second_person:
                raise InvalidInput(BY_TWO)
            erased = services.erase(session, author_of(session, author_name), found, needs_second=False)
            console.print(f"erased: {erased} entries")


def _tell(found: Sequence[Due], settings: Settings) -> None:
    months = services.months_of(settings)
    for group in KINDS:
        mine = [one for one in found if one.group == group]
        rule = f"kept {months[group]} months" if months[group] else "no time set"
        entries = sum(len(one.entries) for one in mine)
        console.print(f"{group}: {rule}; over: {entries} entries of {len(mine)} visits", markup=False)
