"""Samples of the section page and the cards on it; and all device pages with their samples (see `samples.py`)."""

from __future__ import annotations

from dataclasses import replace

from markupsafe import Markup

from app.web.answer_contexts import (
    Candidate,
    CardContext,
    CardGroup,
    CardMeanings,
    ConflictContext,
    FieldContext,
    FilterLink,
    HistoryPage,
    HistoryRow,
    Meaning,
    MeaningPage,
    PhotoContext,
    RepeatForm,
    ReviewerQuestion,
    SavedAnswer,
    SectionPage,
    SourceChip,
    StandardLine,
    VerdictContext,
)
from app.web.contexts import Choice, Progress
from app.web.photo_places import HERE
from tests.web import standard_samples
from tests.web.clock_samples import CASE_PAGES
from tests.web.rendering import environment
from tests.web.samples import (
    ERRORS,
    FINISHES,
    HUBS,
    LIVES,
    NEW_VISITS,
    NOON,
    NOT_HERE,
    SECTIONS,
    SIGN_INS,
    STATUS,
    SYNCS,
    VISIT,
    VISITS,
)

MEANINGS = CardMeanings(
    yes="Барлық бала ересектерден бөлек камерада ұйықтайды; көрдіңіз және бала да солай айтты.",
    partly="Түнде бөлек, бірақ күндіз дәліз ортақ; немесе бір бала ғана бірге.",
    no="Кемінде бір бала ересекпен бір камерада түнейді.",
    not_applicable="Мұнда балалар түнемейді.",
    not_seen="Түнгі бөлікке кіргізбеді немесе уақыт жетпеді.",
    example="4-камерада екі ұл мен бір ересек, есік біреу: «жоқ».",
    counter_example="Бала өз анасымен бірге, анасы сұраған: «иә», жазбада айтылады.",
)
STANDARDS = (
    StandardLine(
        "international",
        "БҚК 37(c)",
        "Бала, оның мүддесіне қайшы келмесе, ересектерден бөлек ұсталады.",
        True,
        "/standards/crc.37c",
    ),
    StandardLine(
        "national",
        "ҚПК 541(4)",
        "Кәмелетке толмағандар ересектерден бөлек ұсталады.",
        False,
        "/standards/kz.cpc.541.4",
    ),
)
CHIPS = (
    SourceChip("source.observation", "Көрдім", True),
    SourceChip("source.child", "Бала айтты", True),
    SourceChip("source.records", "Журнал", False),
    SourceChip("source.staff", "Қызметкер", False),
)
CARD = CardContext(
    dom_id="indicator-B1",
    indicator_id="B1",
    repeat_id="",
    person_id="p1",
    seen="e1,e2",
    answer_url="/visits/v1/answers/B1",
    undo_url="/visits/v1/answers/B1/undo",
    history_url="/visits/v1/answers/B1/history",
    resolution_url="/visits/v1/answers/B1/resolution",
    photos_url="/visits/v1/photos",
    question="Балалар ересектерден бөлек ұйықтай ма?",
    from_words="Көріп тексеріңіз, балалардан оңаша сұраңыз",
    is_danger=True,
    is_must=True,
    is_editable=True,
    is_answered=True,
    has_rating=True,
    value="no",
    reason="",
    reason_is_missing=False,
    quick_reasons=("Кіргізбеді", "Уақыт жетпеді", "Балалар жоқ болды"),
    fields=(),
    derived=(),
    verdicts=(),
    sources=CHIPS,
    confidence="high",
    note="4-камерада екі жасөспірім ересек адаммен бірге. Кезекші: «орын жоқ».",
    finding_phrases=("Кәмелетке толмағандар түнде ересектермен бір камерада ұсталады.",),
    recommendation_phrases=("Изолятор басшысына: кәмелетке толмағандарға бөлек камера бөлінсін.",),
    photos=(),
    is_flagged=True,
    severity="danger",
    meaning_url="/visits/v1/meanings/B1",
    reviewer_question=None,
    conflicts=(),
    can_undo=True,
    history_count=3,
    changed_line="Әсел Үсенқызы, 14:02",
    problem="",
)


def field(key: str, type_: str, label: str, **more: object) -> FieldContext:
    base = FieldContext(
        key=key,
        type=type_,
        name=f"field.{key}",
        label=label,
        value="",
        unit="",
        of_label="",
        of_value="",
        method="",
        methods=(),
        options=(),
        hint="",
        problem="",
    )
    return replace(base, **more)  # type: ignore[arg-type]


METHODS = (
    Choice("tape", "рулетка", True),
    Choice("laser", "лазер", False),
    Choice("estimate", "көзбен мөлшерлеу", False),
)
MEASURED = replace(
    CARD,
    dom_id="indicator-C1-2",
    indicator_id="C1",
    repeat_id="r2",
    answer_url="/visits/v1/answers/C1/r2",
    question="Камерада бір балаға неше шаршы метр келеді?",
    from_words="Дәретхана ауданын қоспаңыз",
    is_danger=False,
    is_must=False,
    has_rating=False,
    value="",
    note="",
    is_flagged=False,
    severity="",
    confidence="",
    fields=(
        field("area", "measure", "Ауданы", value="9,3", unit="м²", method="tape", methods=METHODS),
        field("children", "count", "Балалар саны", value="3"),
    ),
    derived=("Бір балаға: 3,1 м²",),
    verdicts=(
        VerdictContext("national", "kept", "3,1 м² — сақталған", "ҚР заңы: кемінде 2,5 м²", True),
        VerdictContext("international", "broken", "3,1 м² — төмен", "CPT: ортақ камерада 4 м²", False),
    ),
    photos=(
        PhotoContext("f1", "/photos/f1", "/photos/f1/thumbnail", "4-камера, терезе", "/photos/f1/removal", HERE),
        PhotoContext("f2", "/photos/f2", "/photos/f2/thumbnail", "", "", HERE, "Түпнұсқасы да сақталды."),
        PhotoContext("f3", "/photos/f3", "/photos/f3/thumbnail", "", "", NOT_HERE),
    ),
)
SETTLED = ConflictContext(
    "note",
    "жазба",
    (
        Candidate("e9", "Бөлек", "", "Әсел Үсенқызы", NOON, False, True),
        Candidate("e0", "Бірге", "", "Бекзат Қуанышұлы", NOON, False, True),
    ),
)
CLASHING = replace(
    CARD,
    dom_id="indicator-B4",
    indicator_id="B4",
    answer_url="/visits/v1/answers/B4",
    question="Қыздар ұлдардан бөлек, өз бөлмесінде тұра ма?",
    is_danger=False,
    is_must=False,
    value="yes",
    is_flagged=False,
    note="",
    confidence="",
    conflicts=(
        ConflictContext(
            "value",
            "жауап",
            (
                Candidate("e7", "Иә", "бос камера бар", "Әсел Үсенқызы", NOON, True),
                Candidate("e8", "Ішінара", "дәліз ортақ", "Бекзат Қуанышұлы", NOON, False, True),
            ),
        ),
        SETTLED,
    ),
)
UNSEEN = replace(
    CARD,
    dom_id="indicator-B5",
    indicator_id="B5",
    answer_url="/visits/v1/answers/B5",
    question="Тәртіптік изоляторда кәмелетке толмағандар бар ма?",
    is_danger=False,
    value="not_seen",
    reason_is_missing=True,
    is_answered=False,
    note="",
    is_flagged=False,
    confidence="",
    severity="",
)
ODD = replace(
    MEASURED,
    dom_id="indicator-A2",
    indicator_id="A2",
    answer_url="/visits/v1/answers/A2",
    question="Нақты ұстау сәтінен босатуға немесе сот қаулысына дейін қанша уақыт өтті?",
    has_rating=True,
    value="",
    is_answered=False,
    derived=(),
    photos=(),
    verdicts=(VerdictContext("national", "unknown", "белгісіз", "ҚПК 131(4): 24 сағ", True),),
    can_undo=False,
    history_count=0,
    changed_line="",
    problem="Сан 0-ден кем бола алмайды.",
    reviewer_question=ReviewerQuestion(
        "Ересекті 4-камераға кім орналастырды, бұйрық болды ма?", "Рецензент Динара", NOON
    ),
    fields=(
        field(
            "frequency",
            "choice",
            "Қаншалықты жиі?",
            options=(Choice("never", "ешқашан", False), Choice("some", "кейде", True), Choice("often", "жиі", False)),
        ),
        field("told", "share", "Хабарланғандары", value="3", of_label="Барлық іс", of_value="4"),
        field("words", "text", "Кезекші не деді?", value="«орын жоқ»"),
        field("day", "date", "Күні", value="2026-11-18"),
        field("hour", "time", "Уақыты", value="13:10"),
        field("arrest", "moment", "Нақты ұстау сәті", value="2026-11-17T21:40", hint="Шектеудің ең ерте сәті"),
        field("lux", "measure", "Жарық", value="-5", unit="лк", methods=METHODS, problem="Сан 0-ден кем бола алмайды."),
    ),
)
LOCKED = replace(CLASHING, dom_id="indicator-B9", is_editable=False)
CARDS = (
    CARD,
    MEASURED,
    CLASHING,
    UNSEEN,
    ODD,
    LOCKED,
    replace(UNSEEN, has_rating=False, reason="Уақыт жетпеді", reason_is_missing=False),
    replace(CARD, finding_phrases=(), recommendation_phrases=(), quick_reasons=()),
)


def group(*cards: CardContext) -> CardGroup:
    return CardGroup("", "", 5, 11, "", "", drawn(cards))


def room(*cards: CardContext) -> CardGroup:
    return CardGroup("r1", "4-камера", 1, 1, "/visits/v1/repeats/r1", "e3", drawn(cards), "/visits/v1/files/r1/clock")


def drawn(cards: tuple[CardContext, ...], language: str = "kk") -> tuple[Markup, ...]:
    """The cards as a section page receives them."""
    template = environment(language).get_template("answers/_card.html")
    return tuple(Markup(template.render(card=card)) for card in cards)


FILTERS = (
    FilterLink("/visits/v1/sections/cells", "all", 11, True),
    FilterLink("/visits/v1/sections/cells?show=unanswered", "unanswered", 6, False),
    FilterLink("/visits/v1/sections/cells?show=flagged", "flagged", 1, False),
)
SECTION = SectionPage(
    visit=VISIT,
    section_id="cells",
    title="Бөлек ұстау және камералар",
    hint="",
    progress=Progress(5, 11, 2, "#indicator-B5"),
    filters=FILTERS,
    groups=(group(CARD, replace(MEASURED, dom_id="indicator-C1"), CLASHING, UNSEEN, ODD),),
    repeat=None,
    sections=SECTIONS,
    previous_url="/visits/v1/sections/gate",
    next_url="/visits/v1/sections/isolation",
    next_title="Оқшаулау және арнайы құралдар",
)
ROOM = RepeatForm("/visits/v1/repeats", "room", "r3", "3-камера", "")
SECTION_STATES = (
    SECTION,
    replace(
        SECTION,
        hint="Кіретін әр камераны жеке қосыңыз.",
        repeat=ROOM,
        groups=(room(MEASURED),),
        previous_url="",
        next_url="",
        next_title="",
    ),
    replace(
        SECTION,
        repeat=replace(ROOM, kind="file", problem="Мұндай нөмір бар."),
        groups=(),
        progress=Progress(0, 0, 0, ""),
    ),
    replace(SECTION, groups=()),
    replace(
        SECTION,
        visit=replace(VISIT, is_editable=False),
        groups=(room(LOCKED),),
    ),
)
SAVED = (
    *(SavedAnswer(card, Progress(6, 11, 1, "#indicator-B5"), STATUS) for card in CARDS),
    SavedAnswer(CARD, Progress(11, 11, 0, ""), None),
)
HISTORY = HistoryPage(
    VISIT,
    "B1",
    CARD.question,
    "4-камера",
    "/visits/v1/sections/cells#indicator-B1",
    (
        HistoryRow(
            "e2",
            NOON,
            "Әсел Үсенқызы",
            "2-планшет",
            ("жауап: жоқ", "жазба: 4-камерада екі жасөспірім ересек адаммен бірге"),
            True,
            False,
        ),
        HistoryRow("e1", NOON, "Бекзат Қуанышұлы", "1-планшет", ("жауап: ішінара",), False, True),
    ),
)
HISTORIES = (HISTORY, replace(HISTORY, rows=(), repeat_name=""))

MEANING = MeaningPage(
    VISIT,
    "B1",
    CARD.question,
    "/visits/v1/sections/cells",
    Meaning("Түнгі орналасуды көріңіз, орналастыру журналымен салыстырыңыз.", MEANINGS, STANDARDS),
)
MEANING_STATES = (MEANING, replace(MEANING, meaning=Meaning("", MEANINGS, ())))

# template -> the values it is rendered with; the part templates are reached through their pages
DEVICE = {
    "sign_in/page.html": SIGN_INS,
    "hidden/page.html": (None,),
    "error/page.html": ERRORS,
    "visits/page.html": VISITS,
    "visits/new.html": NEW_VISITS,
    "visits/hub.html": HUBS,
    "visits/finish.html": FINISHES,
    "sections/page.html": SECTION_STATES,
    "answers/_saved.html": SAVED,
    "cases/page.html": CASE_PAGES,
    "answers/history.html": HISTORIES,
    "answers/meaning.html": MEANING_STATES,
    "answers/_meaning.html": MEANING_STATES,
    "sync/page.html": SYNCS,
    "sync/_live.html": LIVES,
    "standards/page.html": standard_samples.PAGES,
    "standards/provision.html": standard_samples.PROVISIONS,
}
