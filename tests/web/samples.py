"""One sample of every context in each of its states, for the template tests and for looking at pages. Texts are Kazakh: the longest of the three."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

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
    PhotoContext,
    RepeatForm,
    ReviewerQuestion,
    SavedAnswer,
    SectionPage,
    SourceChip,
    StandardLine,
    VerdictContext,
)
from app.web.contexts import (
    ArrivalForm,
    Choice,
    DeclarationForm,
    ErrorPage,
    FinishPage,
    HubPage,
    IndicatorLink,
    InstitutionOption,
    MemberOption,
    NavItem,
    NewVisitPage,
    PageContext,
    PersonContext,
    Problem,
    Progress,
    RefusalForm,
    SectionCheck,
    SectionRow,
    SignatureRow,
    SignInPage,
    StatusContext,
    SyncPage,
    SyncRow,
    VisitHead,
    VisitRow,
    VisitsPage,
)

DAY = date(2026, 11, 18)
NOON = datetime(2026, 11, 18, 14, 5)
PERSON = PersonContext("p1", "Әсел Үсенқызы", "ӘҮ", "топ жетекшісі")
STATUS = StatusContext(unsent=7, sent_at=NOON, is_connected=False, stays_offline=False, problem="")
NAV = (NavItem("/visits", "Барулар", "clipboard-list", True), NavItem("/sync", "Жіберу", "cloud-upload", False))


def page(**changes: object) -> PageContext:
    """The frame of a device page, in Kazakh, signed in, unless changed."""
    frame = PageContext(title="Жазбалар", language="kk", theme="light", size="normal", hand="right", role="device", path="/visits", is_training=False, person=PERSON, status=STATUS, nav=NAV)
    return replace(frame, **changes)  # type: ignore[arg-type]


STATUSES = (STATUS, replace(STATUS, unsent=0), replace(STATUS, unsent=0, sent_at=None), replace(STATUS, stays_offline=True), replace(STATUS, problem="Орталық бұл планшетті танымайды. Әкімшіге хабарласыңыз."))
PROBLEMS = (Problem("institution", "Мекемені таңдаңыз."), Problem("member", "Бұл негізде кемінде екі адам керек."), Problem("arrived_at", "Уақытты 13:10 түрінде жазыңыз."), Problem("reason", "Себебін жазыңыз."))

SIGN_INS = (
    SignInPage(needs_name=False, name="", next="/visits", problem="", wait_seconds=0),
    SignInPage(needs_name=True, name="asel", next="/inbox", problem="Атау немесе құпиясөз дұрыс емес. Қайтадан жазып көріңіз.", wait_seconds=8),
)
ERRORS = (ErrorPage("Мұндай бет жоқ.", "Барулар тізіміне оралыңыз.", "", "/"), ErrorPage("Жауап сақталмады.", "Қайта басып көріңіз.", "a1b2", "/visits"))

VISIT = VisitHead("v1", "/visits/v1", "Алмалы ауданының уақытша ұстау изоляторы", "Аралық бару · ескертусіз · 3 адам", DAY, "in_progress", "жүріп жатыр", True)
ROW = VisitRow("v1", "/visits/v1", VISIT.institution, "Алматы", "аралық", DAY, "in_progress", "жүріп жатыр", 17, 46, 2, 0, 7, False)
VISITS = (
    VisitsPage(
        open=(ROW, replace(ROW, visit_id="v2", institution="Кәмелетке толмағандарды бейімдеу орталығы", kind_words="мерзімді", state="returned", state_words="түзетуге қайтарылды", danger=0, questions=2, unsent=0), replace(ROW, visit_id="v3", institution="Жетісу ауданының полиция бөлімшесі", state="planned", state_words="жоспарланды", danger=0, unsent=0)),
        closed=(replace(ROW, visit_id="v4", state="finished", state_words="аяқталды", danger=0, was_refused=True, unsent=0), replace(ROW, visit_id="v5", state="approved", state_words="бекітілді", danger=0, unsent=0)),
        new_url="/visits/new",
        has_institutions=True,
    ),
    VisitsPage((), (), "/visits/new", True),
    VisitsPage((), (), "", False),
)
BASES = (
    Choice("commissioner", "Бала құқықтары жөніндегі уәкілдің өкілі", True, "Кез келген күні, ескертусіз"),
    Choice("npm", "Ұлттық алдын алу тетігі", False, "Ескертусіз, топпен"),
    Choice("onk", "Қоғамдық байқау комиссиясы", False, "Бір күн бұрын хабарлайды, кемінде екі адам"),
)
NEW_VISIT = NewVisitPage(
    visit_id="v9",
    problems=(),
    search="",
    institutions=(InstitutionOption("i1", VISIT.institution, "Алматы", "Уақытша ұстау изоляторы", True), InstitutionOption("i2", "Кәмелетке толмағандарды бейімдеу орталығы", "Алматы", "Бейімдеу орталығы", False)),
    kinds=(Choice("periodic", "Мерзімді", False), Choice("interim", "Аралық", True), Choice("special", "Арнайы", False), Choice("follow_up", "Тексеру үшін қайта бару", False)),
    announced="no",
    legal_bases=BASES,
    members=(MemberOption("p1", "Әсел Үсенқызы", True, (Choice("team_lead", "топ жетекшісі", True), Choice("monitor", "бақылаушы", False))), MemberOption("p2", "Бекзат Қуанышұлы", False, (Choice("team_lead", "топ жетекшісі", False), Choice("monitor", "бақылаушы", True)))),
    visited_on="2026-11-18",
    checklists=(Choice("police-holding@1", "Полиция және уақытша ұстау орындары, 1-нұсқа", True),),
)
NEW_VISITS = (NEW_VISIT, replace(NEW_VISIT, problems=PROBLEMS[:2], institutions=(), search="Қаскелең"))

SECTIONS = (
    SectionRow("gate", "/visits/v1/sections/gate", "Кіреберіс және кезекші бөлім", "Негіздер, журналдар, хабарламалар", 12, 12, 0, 0, 0, 0, False),
    SectionRow("cells", "/visits/v1/sections/cells", "Бөлек ұстау және камералар", "", 5, 11, 2, 1, 1, 1, True),
    SectionRow("isolation", "/visits/v1/sections/isolation", "Оқшаулау және арнайы құралдар", "", 1, 9, 0, 0, 0, 0, False),
    SectionRow("food", "/visits/v1/sections/food", "Тамақ, су, тазалық", "", 0, 8, 0, 0, 0, 0, False),
)
LINKS = (
    IndicatorLink("/visits/v1/sections/cells#indicator-B1", "B1", "Балалар ересектерден бөлек ұйықтай ма?", "Ересекті 4-камераға кім орналастырды, бұйрық болды ма?"),
    IndicatorLink("/visits/v1/sections/cells#indicator-B4", "B4", "Қыздар ұлдардан бөлек, өз бөлмесінде тұра ма?", ""),
)
PROGRESS = Progress(17, 46, 2, "/visits/v1/sections/cells#indicator-C1")
ARRIVAL = ArrivalForm("/visits/v1/arrival", True, "13:10-да келдік, 25 минут күттік, кезекші қабылдады", "13:10", "25", "кезекші", ())
DECLARATION = DeclarationForm("/visits/v1/declaration", "none", "", ("Бекзат Қуанышұлы: байланысым жоқ",), 1, ())
REFUSAL = RefusalForm("/visits/v1/refusal", (), "", "", "", ())
HUB = HubPage(
    visit=VISIT,
    progress=PROGRESS,
    facts=("Бүгін 6 бала", "Орында 1 сағ 02 мин"),
    arrival=ARRIVAL,
    declaration=DECLARATION,
    refusal=REFUSAL,
    sections=SECTIONS,
    must_open=LINKS,
    danger=LINKS[:1],
    conflicts=(),
    questions=(),
    return_reason="",
    unsent=7,
    photos_unsent=2,
    finish_url="/visits/v1/finish",
    sync_url="/sync",
    report_url="",
)
HUBS = (
    HUB,
    replace(HUB, arrival=replace(ARRIVAL, is_recorded=False, problems=PROBLEMS[2:3]), declaration=replace(DECLARATION, conflict=""), danger=(), facts=(), must_open=(), unsent=0, photos_unsent=0),
    replace(HUB, visit=replace(VISIT, state="returned", state_words="түзетуге қайтарылды"), questions=LINKS[:1], conflicts=LINKS[1:], return_reason="Екі сұраққа жауап керек.", refusal=replace(REFUSAL, lines=("14:20: ауысым бастығы тәртіптік изоляторды көрсетпеді: «кілт жоқ»",), problems=PROBLEMS[3:]), photos_unsent=0, report_url="/visits/v1/report"),
    replace(HUB, visit=replace(VISIT, state="approved", state_words="бекітілді", is_editable=False), progress=Progress(46, 46, 0, ""), unsent=0, photos_unsent=0),
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
    StandardLine("international", "БҚК 37(c)", "Бала, оның мүддесіне қайшы келмесе, ересектерден бөлек ұсталады.", True),
    StandardLine("national", "ҚПК 541(4)", "Кәмелетке толмағандар ересектерден бөлек ұсталады.", False),
)
CHIPS = (SourceChip("source.observation", "Көрдім", True), SourceChip("source.child", "Бала айтты", True), SourceChip("source.records", "Журнал", False), SourceChip("source.staff", "Қызметкер", False))
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
    guidance="Түнгі орналасуды көріңіз, орналастыру журналымен салыстырыңыз.",
    meanings=MEANINGS,
    standards=STANDARDS,
    reviewer_question=None,
    conflicts=(),
    can_undo=True,
    history_count=3,
    changed_line="Әсел Үсенқызы, 14:02",
    problem="",
)


def field(key: str, type_: str, label: str, **more: object) -> FieldContext:
    base = FieldContext(key=key, type=type_, name=f"field.{key}", label=label, value="", unit="", of_label="", of_value="", method="", methods=(), options=(), hint="", problem="")
    return replace(base, **more)  # type: ignore[arg-type]


METHODS = (Choice("tape", "рулетка", True), Choice("laser", "лазер", False), Choice("estimate", "көзбен мөлшерлеу", False))
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
    fields=(field("area", "measure", "Ауданы", value="9,3", unit="м²", method="tape", methods=METHODS), field("children", "count", "Балалар саны", value="3")),
    derived=("Бір балаға: 3,1 м²",),
    verdicts=(VerdictContext("national", "kept", "3,1 м² — сақталған", "ҚР заңы: кемінде 2,5 м²", True), VerdictContext("international", "broken", "3,1 м² — төмен", "CPT: ортақ камерада 4 м²", False)),
    photos=(PhotoContext("f1", "/photos/f1", "/photos/f1/thumbnail", "4-камера, терезе", "/photos/f1/removal"), PhotoContext("f2", "/photos/f2", "/photos/f2/thumbnail", "", "")),
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
    conflicts=(ConflictContext("value", "жауап", (Candidate("e7", "Иә", "бос камера бар", "Әсел Үсенқызы", NOON, True), Candidate("e8", "Ішінара", "дәліз ортақ", "Бекзат Қуанышұлы", NOON, False))),),
)
UNSEEN = replace(CARD, dom_id="indicator-B5", indicator_id="B5", answer_url="/visits/v1/answers/B5", question="Тәртіптік изоляторда кәмелетке толмағандар бар ма?", is_danger=False, value="not_seen", reason_is_missing=True, is_answered=False, note="", is_flagged=False, confidence="", severity="")
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
    reviewer_question=ReviewerQuestion("Ересекті 4-камераға кім орналастырды, бұйрық болды ма?", "Рецензент Динара", NOON),
    fields=(
        field("frequency", "choice", "Қаншалықты жиі?", options=(Choice("never", "ешқашан", False), Choice("some", "кейде", True), Choice("often", "жиі", False))),
        field("told", "share", "Хабарланғандары", value="3", of_label="Барлық іс", of_value="4"),
        field("words", "text", "Кезекші не деді?", value="«орын жоқ»"),
        field("day", "date", "Күні", value="2026-11-18"),
        field("hour", "time", "Уақыты", value="13:10"),
        field("arrest", "moment", "Нақты ұстау сәті", value="2026-11-17T21:40", hint="Шектеудің ең ерте сәті"),
        field("lux", "measure", "Жарық", value="-5", unit="лк", methods=METHODS, problem="Сан 0-ден кем бола алмайды."),
    ),
)
LOCKED = replace(CLASHING, dom_id="indicator-B9", is_editable=False)
CARDS = (CARD, MEASURED, CLASHING, UNSEEN, ODD, LOCKED, replace(UNSEEN, has_rating=False, reason="Уақыт жетпеді", reason_is_missing=False), replace(CARD, finding_phrases=(), recommendation_phrases=(), standards=(), guidance="", quick_reasons=()))

FILTERS = (FilterLink("/visits/v1/sections/cells", "all", 11, True), FilterLink("/visits/v1/sections/cells?show=unanswered", "unanswered", 6, False), FilterLink("/visits/v1/sections/cells?show=flagged", "flagged", 1, False))
SECTION = SectionPage(
    visit=VISIT,
    section_id="cells",
    title="Бөлек ұстау және камералар",
    hint="",
    progress=Progress(5, 11, 2, "#indicator-B5"),
    filters=FILTERS,
    groups=(CardGroup("", "", 5, 11, "", "", (CARD, replace(MEASURED, dom_id="indicator-C1"), CLASHING, UNSEEN, ODD)),),
    repeat=None,
    sections=SECTIONS,
    previous_url="/visits/v1/sections/gate",
    next_url="/visits/v1/sections/isolation",
    next_title="Оқшаулау және арнайы құралдар",
)
ROOM = RepeatForm("/visits/v1/repeats", "room", "r3", "3-камера", "")
SECTION_STATES = (
    SECTION,
    replace(SECTION, hint="Кіретін әр камераны жеке қосыңыз.", repeat=ROOM, groups=(CardGroup("r1", "4-камера", 1, 1, "/visits/v1/repeats/r1", "e3", (MEASURED,)),), previous_url="", next_url="", next_title=""),
    replace(SECTION, repeat=replace(ROOM, kind="file", problem="Мұндай нөмір бар."), groups=(), progress=Progress(0, 0, 0, "")),
    replace(SECTION, groups=()),
    replace(SECTION, visit=replace(VISIT, is_editable=False), groups=(CardGroup("r1", "4-камера", 1, 1, "/visits/v1/repeats/r1", "e3", (LOCKED,)),)),
)
SAVED = tuple(SavedAnswer(card, Progress(6, 11, 1, "#indicator-B5"), STATUS) for card in CARDS) + (SavedAnswer(CARD, Progress(11, 11, 0, ""), None),)
HISTORY = HistoryPage(VISIT, "B1", CARD.question, "4-камера", "/visits/v1/sections/cells#indicator-B1", (HistoryRow("e2", NOON, "Әсел Үсенқызы", "2-планшет", ("жауап: жоқ", "жазба: 4-камерада екі жасөспірім ересек адаммен бірге"), True, False), HistoryRow("e1", NOON, "Бекзат Қуанышұлы", "1-планшет", ("жауап: ішінара",), False, True)))
HISTORIES = (HISTORY, replace(HISTORY, rows=(), repeat_name=""))

CHECKS = (SectionCheck("Бөлек ұстау және камералар", "/visits/v1/sections/cells", 9, 11, 2, LINKS), SectionCheck("Тамақ, су, тазалық", "/visits/v1/sections/food", 8, 8, 0, ()))
SIGNED = SignatureRow("Бекзат Қуанышұлы", "бақылаушы", NOON, "Дәліз туралы келіспеймін.", False)
SIGNATURES = (SignatureRow("Әсел Үсенқызы", "топ жетекшісі", None, "", False), SIGNED, replace(SIGNED, name="Гүлмира Сәкенқызы", is_stale=True, dissent=""))
FINISH = FinishPage(VISIT, LINKS, LINKS[1:], CHECKS, "/visits/v1/finish", "", (), "", "", (), None)
FINISHES = (
    FINISH,
    replace(FINISH, problems=PROBLEMS[3:], conflicts=()),
    replace(FINISH, blockers=(), conflicts=()),
    replace(FINISH, blockers=(), conflicts=(), finish_url="", signature_url="/visits/v1/signature", signatures=SIGNATURES, finished_at=NOON),
)
SYNC = SyncPage((SyncRow(VISIT.institution, "/visits/v1", DAY, 64, 57, 4, 2, False), SyncRow("Бейімдеу орталығы", "/visits/v2", DAY, 80, 80, 0, 0, False), SyncRow("Полиция бөлімшесі", "/visits/v3", DAY, 71, 71, 3, 3, True)), 7, 2, NOON, False, False, "", "", "2-планшет", "центр.мысал")
SYNCS = (
    SYNC,
    replace(SYNC, problem="Орталыққа жету мүмкін болмады.", to_do="Wi-Fi қосылғанын тексеріңіз. Жауаптар осы планшетте сақтаулы."),
    replace(SYNC, stays_offline=True),
    replace(SYNC, is_sending=True),
    replace(SYNC, rows=(), unsent=0, photos_unsent=0, sent_at=None),
    replace(SYNC, centre="", sent_at=None),
)

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
    "answers/history.html": HISTORIES,
    "sync/page.html": SYNCS,
}
