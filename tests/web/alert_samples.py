"""Samples of what the pages of alerts receive, in their states. Texts are Kazakh: the longest of the three."""

from __future__ import annotations

from dataclasses import replace

from app.web.alert_contexts import (
    AlertCard,
    AlertsPage,
    DueLine,
    OfficeAlert,
    OfficeAlertsPage,
    OpenAlert,
    RecipientRow,
    ToldLine,
)
from app.web.answer_contexts import StandardLine
from app.web.contexts import Choice, Problem
from tests.web.guide_samples import CARD as CONTACT
from tests.web.guide_samples import TIE

HELD = "Бала ересектермен бірге қамалған немесе заңсыз ұсталып отыр"
TOLD = ToldLine("Прокурор: телефонмен, Әсел Үсенқызы, 14:07", "/visits/v1/calls/told/t1/removal")
ALERT = AlertCard(
    dom_id="call-a1",
    danger_words=HELD,
    raised=("Әсел Үсенқызы, 14:05", "Бекзат Қуанышұлы, 14:06"),
    words=("2-қабат, дәліздің соңы",),
    told=(TOLD, ToldLine("Топ жетекшісі: жүзбе-жүз, Бекзат Қуанышұлы, 14:05")),
    state="saved",
    known_line="",
    closed_line="",
    due=(
        DueLine("Уәкілге жазбаша хабарлама беру мерзімі өтті (14:05). Қазір жазыңыз.", True),
        DueLine("Нәтижені барып немесе қоңырау шалып тексеру мерзімі: 2026 ж. 25 қараша, 14:05.", False),
    ),
)
KNOWN = replace(
    ALERT, due=ALERT.due[1:], dom_id="call-a2", state="acknowledged", known_line="Бен Ревизор, 14:12", words=()
)
CLOSED = replace(
    KNOWN, due=(), dom_id="call-a3", state="closed", closed_line="Бала қауіпсіз: дәрігер көрді (Бен Ревизор, 15:00)"
)
RULE = StandardLine(
    "national", "353-Заң, 23(4)", "Ұсталатын адам ауыр науқастанса, прокурорға хабарланады.", True, "/standards/x"
)
HOWS = (Choice("by_phone", "телефонмен", False), Choice("in_person", "жүзбе-жүз", False))
LEAD = RecipientRow("team_lead", "Топ жетекшісі", "Ауызша, бірден.", (), (), (), HOWS, "t8", "/visits/v1/calls/a1/told")
WHOM = (
    LEAD,
    replace(LEAD, code="procurator", name="Прокурор", rules=(RULE,), contacts=(CONTACT,), told=(TOLD,), told_id="t9"),
)
OPEN = OpenAlert(ALERT, WHOM, "/visits/v1/calls/a1/words", "2-қабат, дәліздің соңы")
PAGE = AlertsPage(TIE, (ALERT,), (OPEN,), "/visits/v1/calls/states")
PAGES = (
    PAGE,
    replace(
        PAGE, cards=(replace(ALERT, state="sent"), KNOWN, CLOSED), open=(OPEN, replace(OPEN, card=KNOWN, words_url=""))
    ),
    replace(PAGE, open=(replace(OPEN, whom=(replace(LEAD, lacks_number=True),)),), stays_offline=True),
    replace(PAGE, cards=(), open=(), problems=(Problem("words", "Мәтін тым ұзын: 200 таңбадан аспасын."),)),
)
AT_OFFICE = OfficeAlert(
    card=replace(ALERT, state="sent"),
    place="Алмалы ауданының уақытша ұстау изоляторы, Алматы",
    since="12 минут бұрын",
    is_waiting=True,
    url="/reviews/v1/calls",
    alert_ids="a1,a2",
    acknowledgement_url="/reviews/v1/calls/acknowledgement",
    closing_url="/reviews/v1/calls/closing",
    outcomes=(Choice("safe", "Бала қауіпсіз", False), Choice("other", "Басқаша", False)),
)
FOLLOWED = replace(AT_OFFICE, card=KNOWN, is_waiting=False)
ENDED = replace(AT_OFFICE, card=replace(CLOSED, told=()), is_waiting=False)
OFFICE = (
    OfficeAlertsPage(AT_OFFICE.place, "/reviews/v1", (AT_OFFICE, FOLLOWED, ENDED)),
    OfficeAlertsPage(AT_OFFICE.place, "", (AT_OFFICE,), (Problem("outcome", "Немен аяқталғанын таңдаңыз."),)),
)
