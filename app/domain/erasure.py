"""Erasing (consent withdrawn): an entry that destroys the body of another, on every node and in whatever order they come.

The erased entry keeps its header, its hashes and its place: the chain still verifies, and what it replaced stays replaced.
"""

import hashlib
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
    place = target.hashed
    sets: dict[str, Json] = {
        "entry": place.entry_id,
        "header_hash": place.header_hash.hex(),
        "body_hash": place.body_hash.hex(),
        BY_OFFICE: by_office,
    }
    return Draft(KIND, subject_of(target.scope, target.entry_id), target.scope, sets)


def erases(erasure: Entry, target: Entry) -> bool:
    """True when this entry, which counts, destroys the body of that one. An erasure itself is erased by none."""
    named = hash_named(erasure, target)
    return target.body is not None and named == hashlib.sha256(target.body).digest()


def hash_named(erasure: Entry, target: Entry) -> bytes | None:
    """The hash of the body that this entry, which counts, erases of that one; None when it may not, or means another.

    It is all that is left of a body which is gone: by it a digest over the entry can still be told.
    """
    if erasure.kind != KIND or target.kind == KIND:
        return None
    if (erasure.scope, erasure.subject) != (target.scope, subject_of(target.scope, target.entry_id)):
        return None
    said, header_hash = erasure.fields(), hashlib.sha256(target.header).hexdigest()
    is_it = (said.get("entry"), said.get("header_hash")) == (target.entry_id, header_hash)
    if not is_it or not (said.get(BY_OFFICE) is True or erasure.author == target.author):
        return None
    try:
        return bytes.fromhex(str(said.get("body_hash")))
    except ValueError:
        return None


def without_body(entry: Entry) -> Entry:
    """What is left of an entry that was erased."""
    return replace(entry, body=None, said={})
