"""The office's policy as it travels: central writes it for all to read, a tablet follows it, locked or not.

It is an entry that only central can write, so it comes over every road that entries take, and a hub can neither change
nor hold back one rule of it. A tablet keeps a copy beside its database, for the rules that hold while it is locked.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sqlmodel import Session

from app.config import Settings, in_force
from app.domain.audit import POLICY_CHANGED
from app.domain.journal import Draft, Json
from app.domain.policy import KIND, RULES, changes
from app.store import audit, journal, reads
from app.store.db import Database

SCOPE: Final = "reference"
COPY: Final = "office-policy.json"  # in a tablet's data folder; holds nothing but these rules


def proclaim(database: Database, settings: Settings, is_ruled: bool) -> None:
    """At central's start: writes the rules into the journal when they are others than those there, and into the audit log
    what changed. `is_ruled`: there is a policy file; without one nothing is said, unless something was said before."""
    rules: dict[str, Json] = {rule.key: getattr(settings, rule.setting) for rule in RULES}
    with database.read() as session:
        said = said_rules(session)
    if not (is_ruled or said) or all(said.get(key) == value for key, value in rules.items()):
        return
    with database.write() as session:
        journal.lock_scopes(session, {SCOPE})
        before = reads.record(session, KIND)
        draft = Draft(KIND, KIND, SCOPE, rules, before.heads if before else ())
        journal.append(session, draft, audit.PROGRAM)
        told: dict[str, Json] = dict(changes(before.fields if before else {}, rules))
        audit.note(session, audit.PROGRAM, POLICY_CHANGED, told=told)


def said_rules(session: Session) -> Mapping[str, Json]:
    """Rule key -> value, as the office last said it; nothing while it has not."""
    found = reads.record(session, KIND)
    return found.fields if found and (found.kind, found.scope) == (KIND, SCOPE) else {}


def take_up(state: Any, database: Database) -> None:
    """On an open tablet: the app's settings become those under the office's rules. `state` is the app's."""
    with database.read() as session:
        said = said_rules(session)
    if said:
        state.settings = _under(state.own_settings, said)
        _keep(Path(state.settings.data_dir), said)


def followed(settings: Settings) -> Settings:
    """A tablet's settings while it is locked: under the rules that it has heard of. A copy that is damaged says nothing."""
    try:
        said = json.loads((Path(settings.data_dir) / COPY).read_text("utf-8"))
    except (OSError, ValueError):
        return settings
    return _under(settings, said) if isinstance(said, dict) else settings


def _under(settings: Settings, said: Mapping[str, Json]) -> Settings:
    rules = {rule.setting: said[rule.key] for rule in RULES if rule.key in said}
    return settings.model_copy(update=in_force(settings, rules))


def _keep(folder: Path, said: Mapping[str, Json]) -> None:
    text = json.dumps({rule.key: said[rule.key] for rule in RULES if rule.key in said}, sort_keys=True)
    place, fresh = folder / COPY, folder / f"{COPY}.new"
    if place.exists() and place.read_text("utf-8") == text:
        return
    with open(fresh, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, place)
