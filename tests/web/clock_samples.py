"""Samples of the custody clock, for its page and for the report (see `samples.py`)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.domain.checklist import CustodyRule, Text
from app.domain.custody import judge
from app.domain.custody_case import Case, Told
from app.web.case_contexts import (
    CasePage,
    ClockVerdict,
    EventGroup,
    EventRow,
    FactField,
    OutcomeCount,
    ReportCase,
    SpanRow,
    TimeField,
)
from app.web.contexts import Choice
from app.web.language import Speech
from app.web.timeline import timeline
from tests.web.samples import STATUS, VISIT

START = datetime(2026, 3, 5, 17, 10, tzinfo=UTC)
RULE = CustodyRule(
    id="K1",
    kind="within",
    minutes=1440,
    to=("court_order",),
    who="minor",
    text_seen_on=date(2026, 3, 8),
    status="confirmed",
    standard="kz.cpc.131.4",
    text=Text(kk="24 сағат", ru="24 часа", en="24 hours"),
    **{"from": "restriction"},
)
CASE = Case(
    times={
        "arrest": (Told(START, "log"), Told(START - timedelta(hours=2), "child")),
        "record": (Told(START + timedelta(minutes=55), "record"),),
        "court_order": (Told(START + timedelta(hours=25, minutes=30), "log"),),
        "release": (Told(START + timedelta(days=40), "log"),),
    },
    age=15,
    is_suspect=True,
)
SPEECH = Speech("kk", ZoneInfo("Asia/Almaty"))
PICTURE = timeline(SPEECH, CASE, judge(CASE, (RULE,), START), "clock")
BREACH = ClockVerdict(
    "K1",
    "breach",
    "Бұзылды",
    "national",
    "Бала сотсыз 24 сағаттан артық ұсталмайды",
    "24 сағ",
    "25 сағ 30 мин – 27 сағ 30 мин",
    "Барлық дереккөз бойынша шектен асты.",
    ("Журнал 22:10 → Журнал 23:40: 25 сағ 30 мин, бұзылды",),
    "ҚПК 131(4); ҚПК 133(2)",
    False,
    "Заң мәтіні 2026 жылғы 8 наурыздағы күйінде оқылды.",
    "Ұлттық ерекшелік.",
)
VERDICTS = (
    BREACH,
    replace(BREACH, rule_id="K4", outcome="depends_on_source", outcome_words="Дереккөзге байланысты"),
    replace(BREACH, rule_id="K5", outcome="cannot_tell", outcome_words="Айту мүмкін емес", elapsed="", readings=()),
    replace(BREACH, rule_id="I1", outcome="kept", outcome_words="Сақталды", level="international", is_verified=True),
)
LOG = TimeField("time.arrest.log", "Журнал", "2026-03-05T22:10", "2026-03-05T22:10", "", "")
STATES = (Choice("", "уақыт жазылған", True), Choice("unknown", "белгісіз", False))
ROW = EventRow(
    "arrest",
    "Нақты ұстау",
    (LOG, replace(LOG, name="time.arrest.child", label="Бала", problem="Бұл уақыт әлі келген жоқ.", clash="Екі түрлі")),
    "state.arrest",
    "",
    STATES,
    True,
)
EMPTY = replace(
    ROW, event="cell", fields=(replace(LOG, name="time.cell.log", value="", shown=""),), state_name="state.cell"
)
AGE = FactField("age", "Жасы", "15", "15", (), "", "")
SUSPECT = FactField("is_suspect", "Күдікті ме?", "yes", "", (Choice("yes", "иә", True),), "Тізімнен таңдаңыз.", "Екеу")
FROM = replace(LOG, name="questioning.1.start", label="Басы")
CASE_PAGE = CasePage(
    VISIT,
    "1-іс",
    "/visits/v1/files/r1/clock",
    "/visits/v1/sections/files#repeat-r1",
    "p1",
    "e1,e2",
    True,
    True,
    (AGE, SUSPECT),
    (EventGroup("arrest", "Ұстау", (ROW, EMPTY), True, 1),),
    (SpanRow(1, FROM, replace(FROM, name="questioning.1.end", label="Соңы"), "Бұлай болмайды."),),
    VERDICTS,
    PICTURE,
    (OutcomeCount("breach", "Бұзылған", 1), OutcomeCount("kept", "Сақталған", 3)),
    "",
    STATUS,
)
CASE_PAGES = (
    CASE_PAGE,
    replace(CASE_PAGE, verdicts=(), counts=(), timeline=None, problem="Бұл уақыт әлі келген жоқ.", has_rules=False),
    replace(CASE_PAGE, visit=replace(VISIT, is_editable=False), is_editable=False, status=None),
)
REPORT_CASE = ReportCase("1-іс", "15 жас; күдікті", VERDICTS, replace(PICTURE, dom_id="clock-1") if PICTURE else None)
