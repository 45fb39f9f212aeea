"""Samples of the guides, talks and contacts (see `samples.py`)."""

from __future__ import annotations

from dataclasses import replace

from app.web.contexts import Choice, HandLink, Problem
from app.web.guide_contexts import (
    ContactCard,
    ContactForm,
    ContactGroup,
    ContactLine,
    ContactsDesk,
    ContactsPage,
    GlossaryPage,
    GuidePage,
    GuidePart,
    GuidesPage,
    LanguageLink,
    MandatePage,
    SayRow,
    ScriptGroup,
    ScriptPage,
    ScriptRow,
    ScriptsPage,
    TermRow,
    TopicCard,
    VisitTie,
    WrittenAt,
)
from tests.web.card_samples import STANDARDS
from tests.web.samples import VISIT

TIE = VisitTie(
    "v1",
    "/visits/v1",
    "?visit=v1",
    VISIT.institution,
    "almaty",
    "commissioner",
    "/visits/v1/mandate",
    "/guides/immediate-danger?visit=v1",
)
LINKS = (
    HandLink("/guides/immediate-danger", "Тікелей қауіп", "Қадам-қадаммен не істеу керек", "siren"),
    HandLink("/guides/new", "Жаңа", "", "file-text"),
)
CARD = ContactCard("полиция", "Кезекші бөлім", "8 (727) 272-00-00", "tel:+77272720000", "тәулік бойы", "2-қабат")
GROUPS = (
    ContactGroup("Алматы қаласы", (CARD, replace(CARD, hours="", note="")), ""),
    ContactGroup("Ұлытау облысы", (), "Орталық бұл өңірдің байланыстарын әлі енгізген жоқ."),
)
CONTACTS = (ContactsPage(TIE, "/visits/v1", GROUPS, ""), ContactsPage(None, "/guides", (), "/contacts"))

PART = GuidePart(
    "part-first-minute",
    "Алғашқы минут",
    ("Тоқтаңыз.", "Қасында болыңыз."),
    ("Мәтінді заңгер тексереді.",),
    True,
    True,
    STANDARDS,
)
GUIDE = GuidePage(
    visit=TIE,
    back_url="/visits/v1",
    guide_id="mandate",
    title="Мекемеге кіру құқығы",
    intro="Бір бөлікті басып шығарыңыз.",
    parts=(PART, replace(PART, dom_id="part-after", is_ordered=False, is_for_visit=False, standards=())),
    contacts=GROUPS,
    contacts_url="/guides/contacts?visit=v1",
    mandate_url="/visits/v1/mandate",
    is_to_review=True,
)
GUIDE_STATES = (
    GUIDE,
    replace(GUIDE, visit=None, contacts=(), mandate_url="", is_to_review=False),
    replace(GUIDE, visit=replace(TIE, danger_url=""), contacts=()),
)

TERM = TermRow("қамқоршылық", (("ru", "попечительство"), ("en", "custodianship")), "Баланың құқығын қорғау.")
GLOSSARY = GlossaryPage("Сөздік", "Қарапайым сөзбен.", "/guides/glossary", "", (TERM, TERM), 90, True)
GLOSSARIES = (GLOSSARY, replace(GLOSSARY, search="абв", terms=(), is_to_review=False))

MANDATE = MandatePage(
    back_url="/visits/v1",
    danger_url="/guides/immediate-danger?visit=v1",
    language="ru",
    languages=(
        LanguageLink("kk", "Қазақша", "/visits/v1/mandate?in=kk", False),
        LanguageLink("ru", "Русский", "/visits/v1/mandate?in=ru", True),
    ),
    heading="Уполномоченный по правам ребёнка",
    facts=(("Учреждение", "Отдел полиции"), ("День посещения", "22 ноября 2026 г.")),
    steps=("Группа входит.", "Группа выходит."),
    is_ordered=True,
    rests_on="Основание: КПР 3(1)",
    to_check="Должен проверить юрист: КПР 3(1)",
    columns=("Имя и фамилия", "Роль", "Подпись"),
    team=(("Әсел Үсенқызы", "руководитель группы"), ("Бекзат Қуанышұлы", "наблюдатель")),
    received=("Кому показано", "День и время", "Подпись"),
)
MANDATES = (MANDATE, replace(MANDATE, is_ordered=False, rests_on="", to_check="", danger_url=""))

WORDS = (("kk", "Сәлем!"), ("ru", "Привет!"), ("en", "Hello!"))
ROWS = (SayRow(WORDS, WORDS), SayRow(WORDS, ()))
TOPIC = TopicCard(
    "topic-day",
    "Менің күнім",
    (WORDS, WORDS),
    ("Сабақ бар ма.",),
    ("Жауабын айтып қоймаңыз.",),
    (
        WrittenAt("D3", "Бала күнде оқи ма?", "/visits/v1/sections/d#indicator-D3"),
        WrittenAt("D6", "Ойнай ма?", ""),
    ),
)
SCRIPT = ScriptPage(
    visit=TIE,
    url="/interviews/child-7-10",
    back_url="/interviews?visit=v1",
    title="7–10 жастағы баламен әңгіме",
    line="7–10 жас · 25 минутқа дейін",
    languages=(
        Choice("kk", "Қазақша", False),
        Choice("ru", "Русский", True),
        Choice("en", "English", False),
    ),
    before=("Орын табыңыз.",),
    consent=ROWS,
    opening=ROWS,
    topics=(TOPIC, replace(TOPIC, dom_id="topic-other", listen_for=(), avoid=(), written_at=())),
    stop_signs=("Жылайды.",),
    stop_say=WORDS,
    disclosure_do=("Тыңдаңыз.",),
    disclosure_do_not=("Сұрамаңыз.",),
    disclosure_say=WORDS,
    closing=ROWS,
    safety_plan=("Жазыңыз.",),
    standards=STANDARDS,
    danger_guide_url="/guides/immediate-danger?visit=v1",
    is_to_review=True,
)
SCRIPTS = (
    ScriptsPage(TIE, "/visits/v1", (ScriptGroup("Балалар", (ScriptRow("/interviews/a", "А", "7–10 жас"),)),)),
    ScriptsPage(None, "/guides", ()),
)

GUIDES = {
    "guides/page.html": (GuidesPage(LINKS), GuidesPage(())),
    "guides/contacts.html": CONTACTS,
    "guides/guide.html": GUIDE_STATES,
    "guides/glossary.html": GLOSSARIES,
    "guides/mandate.html": MANDATES,
    "interviews/page.html": SCRIPTS,
    "interviews/script.html": (SCRIPT, replace(SCRIPT, visit=None, standards=(), is_to_review=False)),
}

LINE = ContactLine("/contacts/c1", "Алматы қаласы", "полиция", "Кезекші бөлім", "8 (727) 272-00-00", "тәулік бойы")
FORM = ContactForm(
    contact_id="c1",
    problems=(),
    regions=(Choice("", "Бүкіл ел", True), Choice("almaty", "Алматы қаласы", False)),
    whats=(Choice("police", "полиция", True),),
    name="Кезекші бөлім",
    phone="8 (727) 272-00-00",
    hours="",
    note="",
    removal_url="",
)
OFFICE = {
    "contacts/page.html": (ContactsDesk((replace(LINE, url=""), LINE)),),
    "contacts/new.html": (
        FORM,
        replace(FORM, removal_url="/contacts/c1/removal", problems=(Problem("phone", "Телефон нөмірін жазыңыз."),)),
    ),
}
