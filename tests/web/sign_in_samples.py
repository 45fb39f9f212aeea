"""Samples of the pages of signing in at the office and of people (see `samples.py`)."""

from __future__ import annotations

from dataclasses import replace

from app.web.contexts import Choice, Problem, Suggestion
from app.web.people_contexts import PeoplePage, PersonForm, PersonRow, ProposalRow
from app.web.sign_in_contexts import (
    GoingOnPage,
    MinePage,
    NewPasskeyPage,
    PasskeyLine,
    PasskeyPage,
    RecoveryPage,
    SecondPage,
    SessionRow,
    SettingUpPage,
)
from tests.web.samples import DAY, NOON

WRONG = "Код сәйкес келмейді. Келесі кодты күтіңіз."
OPTIONS = '{"challenge": "c2Fs\\u0022", "rpId": "office.example"}'
MINE = MinePage(
    notices=(),
    sign_in_name="ben",
    has_codes=False,
    recovery_left=0,
    passkeys=(),
    may_have_passkeys=True,
    is_required=False,
    is_fresh=True,
    sessions=(SessionRow("10.0.0.7", NOON, NOON, True),),
    problem="",
)
KEYS = (
    PasskeyLine("кеңсе компьютері", NOON, NOON, "/my-sign-in/passkeys/a/removal"),
    PasskeyLine("көк кілт <b>", NOON, None, "/my-sign-in/passkeys/b/removal"),
)
SESSIONS = (*MINE.sessions, SessionRow("", NOON, NOON, False))
SETTING_UP = SettingUpPage("/sign-in/setting-up", "", "M0 0h1v1h-1z", 33, "ABCD EFGH IJKL", "")
CODES = tuple(f"abcd-efgh-ijkl-mn{number}a" for number in range(10))
PEOPLE = (
    PeoplePage(
        (
            PersonRow(
                "/people/p1", "Әсел Үсенқызы", "бақылаушы", "", "Балаларға көмек қоры", DAY, DAY, True, NOON, "/x"
            ),
            PersonRow("", "Бекзат Қуанышұлы", "тексеруші", "тек: Абай облысы", "", None, None, False, None),
        ),
        (
            ProposalRow("Әсел Үсенқызы", ("Рөлдері: тексеруші", "барлық баруды көреді"), "Әділ, түсте", "/c", "/w"),
            ProposalRow("Бекзат Қуанышұлы", ("Екінші қадам алып тасталады",), "Әділ, түсте", "", "/w"),
        ),
        True,
        "Осы арада бұл адамның деректері өзгерді.",
    ),
    PeoplePage((), (), False),
)
PERSON = PersonForm(
    person_id="p9",
    heading="",
    problems=(),
    name="",
    organisation="",
    accredited_until="",
    trained_on="",
    roles=(Choice("monitor", "бақылаушы", True), Choice("reviewer", "тексеруші", False)),
    languages=(Choice("kk", "Қазақша", True), Choice("ru", "Русский", False)),
    limits=(Choice("", "Барлық баруды", True), Choice("on", "Таңдалғандарын ғана", False)),
    regions=(Choice("abai", "Абай облысы", False), Choice("almaty", "Алматы қаласы", True)),
    visits="",
    states=(Choice("", "белсенді", True), Choice("on", "бұғатталған", False)),
    sign_in_name="",
    office_subject=None,
    second_step="",
    remove_url="",
    suggestion=Suggestion("алма бұлақ домбыра шаңырақ", "/people/new"),
    needs_second=False,
)
KNOWN = replace(
    PERSON,
    heading="Бен Ревизор",
    problems=(Problem("name", "Атын жазыңыз."), Problem("office_subject", "Бос емес.")),
    limits=(replace(PERSON.limits[0], is_chosen=False), replace(PERSON.limits[1], is_chosen=True)),
    visits="01900000-0000-7000-8000-000000000000",
    office_subject="42",
    second_step="телефондағы кодтар, 2 кіру кілті",
    remove_url="/people/p9/second-step/removal",
    needs_second=True,
)
CENTRAL = {
    "people/page.html": PEOPLE,
    "people/new.html": (PERSON, KNOWN),
    "sign_in/second.html": (
        SecondPage(True, "", ""),
        SecondPage(True, OPTIONS, WRONG),
        SecondPage(False, OPTIONS, ""),
    ),
    "sign_in/setting_up.html": (SETTING_UP, replace(SETTING_UP, back_url="/my-sign-in", problem=WRONG)),
    "sign_in/recovery.html": (RecoveryPage(CODES, "/inbox"),),
    "sign_in/passkey.html": (PasskeyPage(OPTIONS, ""), PasskeyPage(OPTIONS, WRONG)),
    "sign_in/going_on.html": (GoingOnPage("/inbox?a=1&b=2"),),
    "sign_in/new_passkey.html": (NewPasskeyPage(OPTIONS, "", ""), NewPasskeyPage(OPTIONS, "көк", WRONG)),
    "sign_in/mine.html": (
        MINE,
        replace(MINE, is_required=True, may_have_passkeys=False, notices=("Әділ екінші қадамды алып тастады.",)),
        replace(MINE, has_codes=True, recovery_left=9, passkeys=KEYS, sessions=SESSIONS, problem=WRONG),
        replace(MINE, has_codes=True, passkeys=KEYS, is_fresh=False),
    ),
}
