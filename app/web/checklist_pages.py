"""Fills the pages of the checklists: the list, what one asks, what changed between two versions."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

from app.domain.checklist import CompiledChecklist, Indicator
from app.domain.checklist_changes import EFFECTS, Change, differences, worst
from app.errors import N_
from app.store.checklists import Compiled, Shelf
from app.web import words
from app.web.change_words import EFFECT, change_line, subject_text
from app.web.checklist_contexts import (
    AskedRow,
    AskedSection,
    ChangedItem,
    ChangeGroup,
    ChangesPage,
    ChecklistPage,
    ChecklistRow,
    ChecklistsPage,
    PageLink,
    RuleLine,
)
from app.web.checklist_words import asked_words, skip_words, threshold_words
from app.web.language import LANGUAGES, Speech

SHORT_HASH: Final = 12  # signs of a SHA-256 that people compare
OWN_NAMES: Final = {"kk": "Қазақша", "ru": "Русский", "en": "English"}
GROUP_TITLE: Final = {
    "not_comparable": N_("Cannot be compared with before"),
    "with_care": N_("Compare with care"),
    "comparable": N_("Can be compared"),
}
COUNTED: Final = {
    "added": N_("new: %(count)s"),
    "dropped": N_("dropped: %(count)s"),
    "moved": N_("moved: %(count)s"),
    "reworded": N_("reworded: %(count)s"),
    "threshold": N_("thresholds changed: %(count)s"),
    "answer": N_("answers changed: %(count)s"),
}


def checklists_page(speech: Speech, shelf: Shelf, back_url: str) -> ChecklistsPage:
    rows = [checklist_row(speech, one) for one in shelf.compiled]
    uncovered = tuple(words.institution_type(speech, kind) for kind in shelf.uncovered)
    return ChecklistsPage(
        tuple(sorted(rows, key=lambda row: (speech.sort_key(row.title), row.version))), uncovered, back_url
    )


def checklist_row(speech: Speech, one: Compiled) -> ChecklistRow:
    return ChecklistRow(
        url=f"/checklists/{one.checklist_id}/{one.version}",
        title=one.title.in_(speech.language),
        types=tuple(words.institution_type(speech, kind) for kind in one.types),
        checklist_id=one.checklist_id,
        version=one.version,
        asked=one.asked,
        short=one.short,
        sha256=one.sha256[:SHORT_HASH],
    )


def checklist_page(speech: Speech, one: Compiled, others: Sequence[tuple[int, str]]) -> ChecklistPage:
    """What a checklist asks. `others`: (version, SHA-256) of further documents of the same checklist on this node."""
    checklist, row = one.checklist, checklist_row(speech, one)
    booklets = [PageLink(f"{row.url}/booklet?variant=full&in={code}", OWN_NAMES[code]) for code in LANGUAGES]
    return ChecklistPage(
        row=row,
        must=len(checklist.checklist.must),
        danger=sum(indicator.is_danger for indicator in checklist.indicators.values()),
        sha256=one.sha256,
        sections=tuple(_sections(speech, checklist)),
        booklets=tuple(booklets),
        compare=tuple(compare_links(speech, row.url, others)),
    )


def compare_links(speech: Speech, url: str, others: Sequence[tuple[int, str]], current: str = "") -> Iterable[PageLink]:
    for version, sha256 in others:
        yield PageLink(f"{url}/changes?from={sha256}", version_name(speech, version, sha256), sha256 == current)


def version_name(speech: Speech, version: int, sha256: str) -> str:
    """ "version 1, 0123456789ab"."""
    return speech.say("version %(version)s, %(mark)s", version=version, mark=sha256[:SHORT_HASH])


def _sections(speech: Speech, checklist: CompiledChecklist) -> Iterable[AskedSection]:
    for section in checklist.checklist.sections:
        asked = [checklist.indicators[name] for name in section.indicators]
        rows = tuple(_asked(speech, checklist, indicator) for indicator in asked)
        titles = (section.title.in_(speech.language), section.hint.in_(speech.language))
        yield AskedSection(section.id, *titles, section.repeat or "", rows)


def _asked(speech: Speech, checklist: CompiledChecklist, indicator: Indicator) -> AskedRow:
    return AskedRow(
        indicator_id=indicator.id,
        question=indicator.text.in_(speech.language),
        from_words=words.how_to_find_out(speech, indicator.sources),
        answer_words=asked_words(speech, indicator),
        skip_words=skip_words(speech, checklist, indicator),
        is_danger=indicator.is_danger,
        is_must=checklist.is_must(indicator.id),
        is_short=indicator.id in checklist.checklist.short,
        rules=tuple(_rules(speech, checklist, indicator)),
    )


def _rules(speech: Speech, checklist: CompiledChecklist, indicator: Indicator) -> Iterable[RuleLine]:
    for rule in indicator.thresholds:
        standard = checklist.standards.get(rule.standard)
        is_verified = standard.provision.is_verified if standard else False
        yield RuleLine(rule.level, threshold_words(speech, checklist, indicator, rule), is_verified)


# ---- what changed ----------------------------------------------------------------------------------------------------


def changes_page(
    speech: Speech, was: tuple[CompiledChecklist, str], now: Compiled, others: Sequence[tuple[int, str]]
) -> ChangesPage:
    """What changed from a document (with its SHA-256) to a version of the shelf, the gravest first."""
    old, old_sha256 = was
    url, found = f"/checklists/{now.checklist_id}/{now.version}", differences(old, now.checklist)
    return ChangesPage(
        title=now.title.in_(speech.language),
        old_name=version_name(speech, old.checklist.version, old_sha256),
        new_name=version_name(speech, now.version, now.sha256),
        back_url=url,
        counts=tuple(count_lines(speech, found)),
        groups=tuple(change_groups(speech, old, now.checklist, found)),
        choices=tuple(compare_links(speech, url, others, old_sha256)),
    )


def count_lines(speech: Speech, found: Sequence[Change]) -> Iterable[str]:
    """How many indicators have each of the main kinds of change; those that none has are left out."""
    for kind, sentence in COUNTED.items():
        subjects = {one.subject for one in found if one.kind == kind}
        if subjects:
            yield speech.say(sentence, count=speech.number(len(subjects)))


def change_groups(
    speech: Speech, old: CompiledChecklist, new: CompiledChecklist, found: Sequence[Change]
) -> Iterable[ChangeGroup]:
    """The changed indicators, sections and standards by what it means for comparisons, the gravest first."""
    walk = {indicator.id: place for place, (_, indicator) in enumerate(new.in_order())}
    # In the order of the walk; what stands in no section, or in none any more, comes last.
    ordered = sorted(found, key=lambda one: (walk.get(one.subject, len(walk)), one.subject))
    by_subject = groupby(ordered, key=lambda one: one.subject)
    items = [_item(speech, old, new, name, tuple(changes)) for name, changes in by_subject]
    for effect in reversed(EFFECTS):
        inside = tuple(item for item in items if item.effect == effect)
        if inside:
            yield ChangeGroup(effect, speech.say(GROUP_TITLE[effect]), inside)


def _item(
    speech: Speech, old: CompiledChecklist, new: CompiledChecklist, name: str, changes: Sequence[Change]
) -> ChangedItem:
    effect = worst(changes)
    lines = tuple(change_line(speech, old, new, one) for one in changes)
    return ChangedItem(name, subject_text(speech, old, new, name), effect, speech.say(EFFECT[effect]), lines)
