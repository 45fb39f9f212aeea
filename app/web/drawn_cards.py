"""The cards of a section, drawn once and kept: most cards of a page are as they were when it was last looked at."""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Final

from markupsafe import Markup

from app.domain.checklist import Indicator
from app.web.cards import Desk, card
from app.web.render import rendered_card

KEPT: Final = 400  # about 12 KB each: the sections that a team walks through in an hour, in two languages


@dataclass(frozen=True)
class CardKey:
    """All that a card's look depends on. Records stand with their content, not by their heads alone: an erased body, or
    an entry that counts after all, changes what a record says and leaves its heads."""

    checklist_sha256: str
    indicator_id: str
    repeat_id: str
    number: int
    look: tuple[str, ...]  # language, time zone, visit, its state, person
    records: tuple[tuple[str, ...], ...]  # the answer, its photos and the reviewer's question: subject, heads, content
    entries: int  # behind the answer
    names: tuple[tuple[str, str], ...]  # of everybody who may have written


_kept: OrderedDict[CardKey, Markup] = OrderedDict()
_lock = Lock()


def drawn_card(desk: Desk, indicator: Indicator, repeat_id: str = "", number: int = 0) -> Markup:
    """The card of an indicator as HTML; in a repeat with the display number of its room or file."""
    key = _key(desk, indicator, repeat_id, number)
    with _lock:
        found = _kept.get(key)
        if found is not None:
            _kept.move_to_end(key)
            return found
    drawn = rendered_card(desk.speech, card(desk, indicator, repeat_id, number))
    with _lock:
        _kept[key] = drawn
        if len(_kept) > KEPT:
            _kept.popitem(last=False)
    return drawn


def _key(desk: Desk, indicator: Indicator, repeat_id: str, number: int) -> CardKey:
    records, visit = desk.records, desk.records.visit
    answer = records.answers.get((indicator.id, repeat_id))
    question = records.question_about(indicator.id, repeat_id)
    photos = records.photos_of(indicator.id, repeat_id)
    spoken_of = [one for one in (answer, *photos, question) if one is not None]
    return CardKey(
        checklist_sha256=visit.checklist_sha256,
        indicator_id=indicator.id,
        repeat_id=repeat_id,
        number=number,
        look=(desk.speech.language, str(desk.speech.zone), visit.visit_id, visit.state, desk.person.person_id),
        records=tuple((one.subject, *one.heads, repr((one.fields, one.conflicts))) for one in spoken_of),
        entries=desk.counts.get(answer.subject, 0) if answer else 0,
        names=desk.names_known,
    )
