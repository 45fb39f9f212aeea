"""What the pages about sealed bundles receive (see `contexts.py` for the rules).

bundles/page.html BundlesPage (a device) · bundles/import.html BundleImportPage (central)
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BundleFile:
    """One file of a bundle that can be saved."""

    url: str
    number: int
    size: str  # about, before it is written: "16 MB"


@dataclass(frozen=True)
class BroughtFile:
    """What came of a file that was brought."""

    name: str  # as the browser called it
    is_taken: bool
    text: str  # one or two sentences
    notes: tuple[str, ...] = ()  # what of it was not taken or does not count, and what to do


@dataclass(frozen=True)
class BundlesPage:
    """Posts the files of another tablet to /bundles: file (many)."""

    files: tuple[BundleFile, ...]
    waiting: str  # "34 entries, 12 photos · 1.2 MB": what is in them
    problem: str  # why no bundle can be made; "" when one can
    carried: str  # "3 files · 40 MB" for the office, of other tablets; "" when there are none
    refusals: tuple[str, ...]  # why the office took nothing of files that this tablet carried
    brought: tuple[BroughtFile, ...]


@dataclass(frozen=True)
class BundleImportPage:
    """Posts files to /bundles: file (many). The same page shows what came of each."""

    brought: tuple[BroughtFile, ...]
    problem: str
