"""The table of `baqylau bench`: each figure beside its limit, and what the figures depend on."""

import os
import platform
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One line of the table. `is_within` is None where there is no limit, or nothing could be measured."""

    what: str
    measured: str
    limit: str = ""
    is_within: bool | None = None


def as_table(figures: Sequence[Figure]) -> Table:
    shown = Table(box=None, pad_edge=False, header_style="bold", caption=_conditions(), caption_justify="left")
    for column in ("figure", "measured", "limit", ""):
        shown.add_column(column, no_wrap=column == "measured")
    for figure in figures:
        verdict = {True: "within", False: "[bold red]over[/]", None: ""}[figure.is_within]
        shown.add_row(figure.what, figure.measured, figure.limit, verdict)
    return shown


def _conditions() -> str:
    """What the figures depend on beside the program: other work on the processors makes all of them worse."""
    load = f", {os.getloadavg()[0]:.1f} processes at work" if hasattr(os, "getloadavg") else ""
    return f"{os.cpu_count()} processors{load}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
