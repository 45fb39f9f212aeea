"""Fills the contexts of alerts, on the tablet and at the office."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from app.domain.alerts import (
    CONTACT_OF,
    HOW,
    IN_WRITING,
    OUTCOMES,
    Act,
    Advice,
    Alert,
    Due,
    Told,
    due_of,
    together,
    whom_to_tell,
)
from app.domain.checklist import Standard
from app.domain.merge import Record
from app.web import words
from app.web.alert_contexts import (
    AlertCard,
    AlertsPage,
    DueLine,
    OfficeAlert,
    OpenAlert,
    RecipientRow,
    ToldLine,
)
from app.web.amounts import ago_words
from app.web.contexts import Choice, Problem
from app.web.guide_contexts import ContactCard, VisitTie
from app.web.guide_pages import rule_lines
from app.web.language import Speech
from app.web.red_button import calls_url
from app.web.visit_pages import institution_name

Group = tuple[Alert, ...]


@dataclass(frozen=True)
class Wording:
    """What it takes to speak of alerts: language, names, the time now, who reads, and what is not at the office yet."""

    speech: Speech
    names: Mapping[str, str]
    now_ms: int
    reader: str = ""  # person id; only who wrote a line may take it back
    waiting: Collection[str] = ()  # subjects

    def act(self, act: Act) -> str:
        """ "Ana, 14:05"; with the day, unless it is today."""
        return f"{self.names.get(act.author, '?')}, {self.when(act.at_ms)}"

    def when(self, at_ms: int) -> str:
        """ "14:05"; with the day, unless it is today."""
        moment, now = self.speech.at(at_ms), self.speech.at(self.now_ms)
        is_today = moment and now and self.speech.local(moment).date() == self.speech.local(now).date()
        return self.speech.clock_time(moment) if is_today else self.speech.moment(moment)


def alert_card(wording: Wording, group: Group) -> AlertCard:
    """Alerts that stand together, as one card. The earliest word of the office counts for it."""
    first = group[0]
    known = min((one.acknowledged for one in group if one.acknowledged), key=lambda act: act.at_ms, default=None)
    return AlertCard(
        dom_id=f"call-{first.alert_id}",
        danger_words=words.danger(wording.speech, first.danger),
        raised=tuple(wording.act(one.raised) for one in group),
        words=tuple(one.words for one in group if one.words),
        told=tuple(_told_line(wording, one) for alert in group for one in alert.told),
        state=_state(wording, group),
        known_line=wording.act(known) if known else "",
        closed_line=_closed_line(wording, first),
        due=tuple(_due_line(wording, due) for due in due_of(group)),
    )


def _due_line(wording: Wording, due: Due) -> DueLine:
    is_late = wording.now_ms > due.at_ms
    sentence = (words.LATE if is_late else words.DUE)[due.what]
    return DueLine(wording.speech.say(sentence, when=wording.when(due.at_ms)), is_late)


def _state(wording: Wording, group: Group) -> str:
    """The office knows only when it knows of each: who raised the later one still waits."""
    if group[0].closed:
        return "closed"
    if not any(one.is_waiting for one in group):
        return "acknowledged"
    subjects = {one.alert_id for one in group} | {told.told_id for one in group for told in one.told}
    return "saved" if subjects & set(wording.waiting) else "sent"


def _closed_line(wording: Wording, alert: Alert) -> str:
    if alert.closed is None:
        return ""
    said = words.outcome(wording.speech, alert.outcome) + (f": {alert.closing_words}" if alert.closing_words else "")
    return f"{said} ({wording.act(alert.closed)})"


def _told_line(wording: Wording, told: Told) -> ToldLine:
    return ToldLine(f"{words.recipient(wording.speech, told.recipient)}: {_told_how(wording, told)}")


def _told_how(wording: Wording, told: Told) -> str:
    return f"{words.told_how(wording.speech, told.how)}, {wording.act(told.act)}"


# ---- on the tablet


@dataclass(frozen=True)
class Hand:
    """What the tablet has to help with: contacts of the region, the library, and ids for the forms."""

    institution_type: str
    contacts: Mapping[str, tuple[ContactCard, ...]]  # kind of contact -> cards
    standards: Mapping[str, Standard]
    new_id: Callable[[], str]
    stays_offline: bool


def alerts_page(
    wording: Wording, hand: Hand, visit: VisitTie, alerts: Sequence[Alert], problems: tuple[Problem, ...] = ()
) -> AlertsPage:
    """The alerts of a visit, the newest first, and whom to tell of those that are not closed."""
    groups = list(reversed(together(alerts)))
    return AlertsPage(
        visit=visit,
        cards=tuple(alert_card(wording, group) for group in groups),
        open=tuple(_open_alert(wording, hand, group) for group in groups if not group[0].closed),
        states_url=f"{calls_url(visit.visit_id)}/states",
        problems=problems,
        stays_offline=hand.stays_offline,
    )


def _open_alert(wording: Wording, hand: Hand, group: Group) -> OpenAlert:
    first, mine = group[0], [one for one in group if one.raised.author == wording.reader]
    url = calls_url(first.visit_id)
    advised = whom_to_tell(first.danger, hand.institution_type)
    return OpenAlert(
        card=alert_card(wording, group),
        whom=tuple(_recipient(wording, hand, group, advice) for advice in advised),
        words_url=f"{url}/{mine[0].alert_id}/words" if mine else "",
        words=mine[0].words if mine else "",
    )


def _recipient(wording: Wording, hand: Hand, group: Group, advice: Advice) -> RecipientRow:
    speech, first = wording.speech, group[0]
    told = [one for alert in group for one in alert.told if one.recipient == advice.recipient]
    kind = CONTACT_OF.get(advice.recipient, "")
    contacts = hand.contacts.get(kind, ())
    return RecipientRow(
        code=advice.recipient,
        name=words.recipient(speech, advice.recipient),
        reason=words.recipient_reason(speech, advice.recipient),
        rules=tuple(rule_lines(hand.standards, advice.provisions, speech.language)),
        contacts=contacts,
        told=tuple(_told_here(wording, one, first.visit_id) for one in told),
        hows=tuple(
            Choice(code, words.told_how(speech, code), False)
            for code in HOW
            if code != IN_WRITING or advice.recipient == "commissioner"
        ),
        told_id=hand.new_id(),
        url=f"{calls_url(first.visit_id)}/{first.alert_id}/told",
        lacks_number=bool(kind) and not contacts,
    )


def _told_here(wording: Wording, told: Told, visit_id: str) -> ToldLine:
    """Under the name of who was told; whoever wrote it may take it back."""
    is_mine = told.act.author == wording.reader
    return ToldLine(_told_how(wording, told), f"{calls_url(visit_id)}/told/{told.told_id}/removal" if is_mine else "")


# ---- at the office


def office_alerts(wording: Wording, institutions: Mapping[str, Record], alerts: Sequence[Alert]) -> list[OfficeAlert]:
    """As the office sees them, who waits longest first; what is closed last, the newest first."""
    groups = together(alerts)
    still_open = [group for group in groups if not group[0].closed]
    closed = [group for group in reversed(groups) if group[0].closed]
    still_open.sort(key=lambda group: not any(one.is_waiting for one in group))  # stable: by time within each
    return [_office_alert(wording, institutions, group) for group in (*still_open, *closed)]


def _office_alert(wording: Wording, institutions: Mapping[str, Record], group: Group) -> OfficeAlert:
    speech, first = wording.speech, group[0]
    url = f"/reviews/{first.visit_id}/calls"
    return OfficeAlert(
        card=alert_card(wording, group),
        place=place_of(speech, institutions.get(first.institution_id)),
        since=ago_words(speech, wording.now_ms - first.raised.at_ms),
        is_waiting=any(one.is_waiting for one in group),
        url=url,
        alert_ids=",".join(one.alert_id for one in group),
        acknowledgement_url=f"{url}/acknowledgement",
        closing_url=f"{url}/closing",
        outcomes=tuple(Choice(code, words.outcome(speech, code), False) for code in OUTCOMES),
    )


def place_of(speech: Speech, institution: Record | None) -> str:
    """ "Almaly police, Almaty"; a dash for an institution that is not known here."""
    place = institution.text("place") if institution else ""
    name = institution_name(institution, speech.language)
    return f"{name}, {place}" if place else name
