"""Samples of the pages of exports, of the office's rules and of what is over its time (see `samples.py`)."""

from __future__ import annotations

from dataclasses import replace

from app.web.contexts import Choice, Problem
from app.web.export_contexts import CheckPage, ExportsPage, GroupLine, IndicatorLine, PairLine
from app.web.policy import PolicyPage, PolicySection
from app.web.policy_words import Said
from app.web.retention import DueLine, RetentionPage
from tests.web.samples import DAY, NOON

LEVELS = (
    Choice("internal", "Орталық ішінде", True, "Жазбаларымен."),
    Choice("authority", "Жауап беруге тиіс органға", False),
)
FORMATS = (Choice("xlsx", "Кітап (.xlsx)", True), Choice("csv", "Кестелер (.zip ішіндегі .csv)", False))
WAYS = (Choice("type", "Мекеме түрі бойынша", True), Choice("region", "Өңір бойынша", False))
PLACES = (Choice("ivs", "Уақытша ұстау изоляторы", False),)
EXPORTS = ExportsPage(
    problems=(),
    levels=LEVELS,
    formats=FORMATS,
    types=PLACES,
    regions=(Choice("almaty", "Алматы қаласы", True),),
    from_day="2026-08-22",
    until_day="2026-11-22",
    purpose="",
    periods=(Choice("2026-1", "2026, бірінші жартыжылдық", False),),
    ways=WAYS,
)
CHECK = CheckPage(
    problems=(),
    period="2026-1",
    period_words="2026, бірінші жартыжылдық",
    way="type",
    way_words="Мекеме түрі бойынша",
    visited=32,
    least=5,
    waiting=2,
    groups=(GroupLine("Уақытша ұстау изоляторы", 14, False), GroupLine("Басқа түрлер: Дағдарыс орталығы", 9, True)),
    shown=104,
    indicators=(
        IndicatorLine("B1", "Балалар ересектерден бөлек ұйықтай ма?", 4, False),
        IndicatorLine("B2", "Дәретхана", 0, True),
    ),
    pairs=(PairLine("Дағдарыс орталығы", "Абай облысы", 1),),
    published_line="",
    formats=FORMATS,
    purpose="Жылдық баяндама",
)
SECTIONS = (PolicySection("Суреттер", (Said("Суреттер тек қайта салынған күйде сақталады.", "Ештеңе айтпайды."),)),)
POLICY = PolicyPage(SECTIONS, NOON, True, "/audit?what=policy_changed", "/retention")
LINES = (
    DueLine("Мөрленген әңгімелер", 24, 1, 2, DAY),
    DueLine("Жабылған дабылдардың сөздері", 0, 0, 0, None),
)
RETENTION = RetentionPage("", LINES, True, True, "", may_ask=True, may_erase=False)

CENTRAL = {
    "exports/page.html": (
        EXPORTS,
        replace(EXPORTS, periods=(), problems=(Problem("level", "Таңдаңыз."), Problem("purpose", "Жазыңыз."))),
    ),
    "exports/check.html": (
        CHECK,
        replace(CHECK, problems=(Problem("confirmed", "Белгілеңіз."),), waiting=0),
        replace(CHECK, published_line="22 қараша 2026, 10:00", pairs=(), indicators=()),
    ),
    "policy/page.html": (POLICY, PolicyPage(SECTIONS, None, False, "", "")),
    "retention/page.html": (
        RETENTION,
        replace(RETENTION, asked_line="Бен сұрады.", may_ask=False, may_erase=True),
        replace(RETENTION, is_due=False, may_ask=False, problem="Мерзімі өткен ештеңе жоқ."),
    ),
}
