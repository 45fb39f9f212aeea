"""Erasing (consent withdrawn): an entry that destroys the body of another, on every node and in whatever order they come.

The erased entry keeps its header, its hashes and its place: the chain still verifies, and what it replaced stays replaced.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from app.domain.journal import Draft, Entry, Json

KIND: Final = "erasure"
BY_OFFICE: Final = (
    "by_office"  # field: the office erases what anybody wrote; anybody else only what they wrote themselves
)


def subject_of(scope: str, entry_id: str) -> str:
    """The record of an entry's erasure: derived, since two people can only mean the same one."""
    return f"{scope.removeprefix('visit:')}/{KIND}/{entry_id}"


def draft_of(target: Entry, *, by_office: bool) -> Draft:
    """What erases an entry. It names the very bytes, by their hashes. Raises BrokenEntry when the body is gone already."""
    sets: dict[str, Json] = {**_named(target), BY_OFFICE: by_office}
    return Draft(KIND, subject_of(target.scope, target.entry_id), target.scope, sets)


def erases(erasure: Entry, target: Entry) -> bool:
    """True when this entry, which counts, destroys the body of that one. An erasure itself is erased by none."""
    if erasure.kind != KIND or target.kind == KIND or target.body is None:
        return False
    if (erasure.scope, erasure.subject) != (target.scope, subject_of(target.scope, target.entry_id)):
        return False
    said = erasure.fields()
    is_it = all(said.get(name) == value for name, value in _named(target).items())
    return is_it and (said.get(BY_OFFICE) is True or erasure.author == target.author)


def without_body(entry: Entry) -> Entry:
    """What is left of an entry that was erased."""
    return replace(entry, body=None, said={})


def _named(target: Entry) -> Mapping[str, Json]:
    place = target.hashed
    return {"entry": place.entry_id, "header_hash": place.header_hash.hex(), "body_hash": place.body_hash.hex()}
