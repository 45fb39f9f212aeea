"""One sample of each context of the device pages in each of its states, for the tests and for looking at pages.

Texts are Kazakh: the longest of the three. The section and its cards: `card_samples.py`; central: `central_samples.py`.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import date, datetime

from app.web.contexts import (
    ArrivalForm,
    Choice,
    DeclarationForm,
    ErrorPage,
    FinishPage,
    HandLink,
    HubPage,
    IndicatorLink,
    InstitutionOption,
    MemberOption,
    NavItem,
    NewVisitPage,
    PageContext,
    PersonContext,
    PhotoPlace,
    Problem,
    Progress,
    RedButton,
    RefusalForm,
    RemovedVisit,
    SectionCheck,
    SectionRow,
    SignatureRow,
    SignInPage,
    StatusContext,
    TalkCount,
    Truth,
    VisitHead,
    VisitRow,
    VisitsPage,
)
from app.web.sync_contexts import FileRow, NotCounted, PhotoBudget, SendState, SyncLive, SyncPage, SyncRow, UploadLine

DAY = date(2026, 11, 18)
NOON = datetime(2026, 11, 18, 14, 5)
PERSON = PersonContext("p1", "Әсел Үсенқызы", "ӘҮ", "топ жетекшісі")
STATUS = StatusContext(unsent=7, sent_at=NOON, is_connected=False, stays_offline=False, problem="")
NAV = (NavItem("/visits", "Барулар", "clipboard-list", True), NavItem("/sync", "Жіберу", "cloud-upload", False))


RED_BUTTON = RedButton(
    "/visits/v1/calls",
    "a9",
    (
        Choice("held", "Бала ересектермен бірге қамалған немесе заңсыз ұсталып отыр", False),
        Choice("alone", "Отбасы мен қамқоршысы жоқ бала", False),
    ),
    "/guides/immediate-danger?visit=v1",
)


def page(**changes: object) -> PageContext:
    """The frame of a device page, in Kazakh, signed in, unless changed."""
    frame = PageContext(
        title="Жазбалар",
        language="kk",
        theme="light",
        size="normal",
        hand="right",
        role="device",
        path="/visits",
        is_training=False,
        person=PERSON,
        status=STATUS,
        nav=NAV,
        outbox_key=base64.b64encode(bytes(range(32))).decode(),
        red_button=RED_BUTTON,
    )
    return replace(frame, **changes)  # type: ignore[arg-type]


NOT_HERE = PhotoPlace(False, False, "жолда")
ON_ITS_WAY = PhotoPlace(False, True, "жолда, 40 %")
STATUSES = (
    STATUS,
    replace(STATUS, unsent=0),
    replace(STATUS, unsent=0, sent_at=None),
    replace(STATUS, stays_offline=True),
    replace(STATUS, unsent=0, is_safe=True),
    replace(STATUS, note="Кеңсенің сервері 12.11 қалпына келтірілді; бұл планшет бәрін қайта жіберіп жатыр."),
    replace(STATUS, problem="Орталық бұл планшетті танымайды. Әкімшіге хабарласыңыз."),
)
PROBLEMS = (
    Problem("institution", "Мекемені таңдаңыз."),
    Problem("member", "Бұл негізде кемінде екі адам керек."),
    Problem("arrived_at", "Уақытты 13:10 түрінде жазыңыз."),
    Problem("reason", "Себебін жазыңыз."),
)

SIGN_INS = (
    SignInPage(needs_name=False, name="", next="/visits", problem="", has_passkeys=False, office=""),
    SignInPage(
        needs_name=True,
        name="asel",
        next="/inbox",
        problem="Атау немесе құпиясөз дұрыс емес. Қайтадан жазып көріңіз.",
        has_passkeys=True,
        office="Кеңсе",
    ),
)
ERRORS = (
    ErrorPage("Мұндай бет жоқ.", "Барулар тізіміне оралыңыз.", "", "/"),
    ErrorPage("Жауап сақталмады.", "Қайта басып көріңіз.", "a1b2", "/visits"),
)

VISIT = VisitHead(
    "v1",
    "/visits/v1",
    "Алмалы ауданының уақытша ұстау изоляторы",
    "Аралық бару · ескертусіз · 3 адам",
    DAY,
    "in_progress",
    "жүріп жатыр",
    True,
    "/guides/immediate-danger?visit=v1",
)
ROW = VisitRow(
    "v1", "/visits/v1", VISIT.institution, "Алматы", "аралық", DAY, "in_progress", "жүріп жатыр", 17, 46, 2, 0, 7, False
)
VISITS = (
    VisitsPage(
        open=(
            ROW,
            replace(
                ROW,
                visit_id="v2",
                institution="Кәмелетке толмағандарды бейімдеу орталығы",
                kind_words="мерзімді",
                state="returned",
                state_words="түзетуге қайтарылды",
                danger=0,
                questions=2,
                unsent=0,
            ),
            replace(
                ROW,
                visit_id="v3",
                institution="Жетісу ауданының полиция бөлімшесі",
                state="planned",
                state_words="жоспарланды",
                danger=0,
                unsent=0,
            ),
        ),
        closed=(
            replace(ROW, visit_id="v4", state="finished", state_words="аяқталды", danger=0, was_refused=True, unsent=0),
            replace(ROW, visit_id="v5", state="approved", state_words="бекітілді", danger=0, unsent=0),
        ),
        removed=(),
        new_url="/visits/new",
        has_institutions=True,
    ),
    VisitsPage(
        (), (), (RemovedVisit("Алмалы полиция бөлімі", date(2026, 11, 2), "Бұл бару жіберілді."),), "/visits/new", True
    ),
    VisitsPage((), (), (RemovedVisit("—", None, "Бұл бару жіберілді."),), "", False),
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
    institutions=(
        InstitutionOption("i1", VISIT.institution, "Алматы", "Уақытша ұстау изоляторы", True),
        InstitutionOption("i2", "Кәмелетке толмағандарды бейімдеу орталығы", "Алматы", "Бейімдеу орталығы", False),
    ),
    kinds=(
        Choice("periodic", "Мерзімді", False),
        Choice("interim", "Аралық", True),
        Choice("special", "Арнайы", False),
        Choice("follow_up", "Тексеру үшін қайта бару", False),
    ),
    announced="no",
    legal_bases=BASES,
    members=(
        MemberOption(
            "p1",
            "Әсел Үсенқызы",
            True,
            (Choice("team_lead", "топ жетекшісі", True), Choice("monitor", "бақылаушы", False)),
        ),
        MemberOption(
            "p2",
            "Бекзат Қуанышұлы",
            False,
            (Choice("team_lead", "топ жетекшісі", False), Choice("monitor", "бақылаушы", True)),
        ),
    ),
    visited_on="2026-11-18",
    variants=(
        Choice("full", "Толық тізім", True, "Осы мекемеге қатыстының бәрі."),
        Choice("short", "Қысқа тізім", False, "Шамамен 90 минут."),
        Choice("follow_up", "Қайта тексеру тізімі", False, "Өткенде белгіленгендер."),
    ),
    checklists=(Choice("police-holding@1", "Полиция және уақытша ұстау орындары, 1-нұсқа", True),),
)
NEW_VISITS = (NEW_VISIT, replace(NEW_VISIT, problems=PROBLEMS[:2], institutions=(), search="Қаскелең"))

SECTIONS = (
    SectionRow(
        "gate",
        "/visits/v1/sections/gate",
        "Кіреберіс және кезекші бөлім",
        "Негіздер, журналдар, хабарламалар",
        12,
        12,
        0,
        0,
        0,
        0,
        False,
    ),
    SectionRow("cells", "/visits/v1/sections/cells", "Бөлек ұстау және камералар", "", 5, 11, 2, 1, 1, 1, True),
    SectionRow(
        "isolation", "/visits/v1/sections/isolation", "Оқшаулау және арнайы құралдар", "", 1, 9, 0, 0, 0, 0, False
    ),
    SectionRow("food", "/visits/v1/sections/food", "Тамақ, су, тазалық", "", 0, 8, 0, 0, 0, 0, False),
)
LINKS = (
    IndicatorLink(
        "/visits/v1/sections/cells#indicator-B1",
        "B1",
        "Балалар ересектерден бөлек ұйықтай ма?",
        "Ересекті 4-камераға кім орналастырды, бұйрық болды ма?",
    ),
    IndicatorLink("/visits/v1/sections/cells#indicator-B4", "B4", "Қыздар ұлдардан бөлек, өз бөлмесінде тұра ма?", ""),
)
PROGRESS = Progress(17, 46, 2, "/visits/v1/sections/cells#indicator-C1")
ARRIVAL = ArrivalForm(
    "/visits/v1/arrival", True, "13:10-да келдік, 25 минут күттік, кезекші қабылдады", "13:10", "25", "кезекші", ()
)
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
    in_hand=(HandLink("/interviews?visit=v1", "Әңгімелесу", "Не айту және қалай тоқтау керек", "users"),),
)
HUBS = (
    HUB,
    replace(
        HUB,
        arrival=replace(ARRIVAL, is_recorded=False, problems=PROBLEMS[2:3]),
        declaration=replace(DECLARATION, conflict=""),
        danger=(),
        facts=(),
        must_open=(),
        unsent=0,
        photos_unsent=0,
    ),
    replace(
        HUB,
        visit=replace(VISIT, state="returned", state_words="түзетуге қайтарылды"),
        questions=LINKS[:1],
        conflicts=LINKS[1:],
        return_reason="Екі сұраққа жауап керек.",
        refusal=replace(
            REFUSAL, lines=("14:20: ауысым бастығы тәртіптік изоляторды көрсетпеді: «кілт жоқ»",), problems=PROBLEMS[3:]
        ),
        photos_unsent=0,
        report_url="/visits/v1/report",
    ),
    replace(HUB, unsent=0, photos_unsent=0, is_safe=True),
    replace(HUB, unsent=0, photos_unsent=0, originals_unsent=2, talks=TalkCount("/visits/v1/interviews", 2, 3)),
    replace(
        HUB,
        visit=replace(VISIT, state="approved", state_words="бекітілді", is_editable=False, danger_url=""),
        progress=Progress(46, 46, 0, ""),
        unsent=0,
        photos_unsent=0,
        in_hand=(),
    ),
)

CHECKS = (
    SectionCheck("Бөлек ұстау және камералар", "/visits/v1/sections/cells", 9, 11, 2, LINKS),
    SectionCheck("Тамақ, су, тазалық", "/visits/v1/sections/food", 8, 8, 0, ()),
)
SIGNED = SignatureRow("Бекзат Қуанышұлы", "бақылаушы", NOON, "Дәліз туралы келіспеймін.", False)
SIGNATURES = (
    SignatureRow("Әсел Үсенқызы", "топ жетекшісі", None, "", False),
    SIGNED,
    replace(SIGNED, name="Гүлмира Сәкенқызы", is_stale=True, dissent=""),
)
FINISH = FinishPage(VISIT, LINKS, LINKS[1:], CHECKS, "/visits/v1/finish", "", (), "", "", "0f", (), None)
FINISHES = (
    FINISH,
    replace(FINISH, problems=PROBLEMS[3:], conflicts=(), talks=TalkCount("/visits/v1/interviews", 1, 2)),
    replace(FINISH, blockers=(), conflicts=()),
    replace(
        FINISH,
        blockers=(),
        conflicts=(),
        finish_url="",
        signature_url="/visits/v1/signature",
        signatures=SIGNATURES,
        finished_at=NOON,
    ),
)
FILES = (
    FileRow("Қалқа, есік жақтан", "58 КБ", SendState("sent", when="14:05")),
    FileRow("B1 сұрағының суреті", "61 КБ", SendState("sending", 40)),
    FileRow("4-камера, терезе", "55 КБ", SendState("saved")),
)
BUDGET = PhotoBudget(
    (Choice("0", "шектеусіз", False), Choice("20", "күніне 20 МБ", True)), False, "3,2 МБ / 20 МБ", False
)
LIVE = SyncLive(
    rows=(
        SyncRow(VISIT.institution, "/visits/v1", DAY, 64, 57, FILES, 1, SendState("sending", 86)),
        SyncRow("Бейімдеу орталығы", "/visits/v2", DAY, 80, 80, (), 0, SendState("sent", when="14:05")),
        SyncRow(
            "Полиция бөлімшесі",
            "/visits/v3",
            DAY,
            71,
            71,
            (FileRow("Күнтізбе", "58 КБ", SendState("safe")),),
            1,
            SendState("safe"),
        ),
    ),
    waiting="7 жазба, 2 сурет · 116 КБ",
    upload=UploadLine("B1 сұрағының суреті", 40, "24 КБ / 61 КБ", "секундына 12 КБ, шамамен 3 минут қалды"),
    sent_at=NOON,
    stays_offline=False,
    is_sending=True,
    is_safe=False,
    quiet="",
    is_refused=False,
    truths=(),
    not_counted=(),
    budget=BUDGET,
)
TRUTHS = (
    Truth("Бұл желі кіру бетін сұрайды.", "Браузерде кез келген бетті ашып, желіге кіріңіз.", True),
    Truth("Кеңсенің сервері 12.11 қалпына келтірілді.", "", False),
)
LIVES = (
    LIVE,
    replace(LIVE, upload=None),
    replace(LIVE, upload=None, is_sending=False, truths=TRUTHS, is_refused=True),
    replace(LIVE, upload=None, is_sending=False, quiet="Қазір кеңсемен байланыс жоқ. Ештеңе істеудің қажеті жоқ."),
    replace(LIVE, upload=None, is_sending=False, budget=replace(BUDGET, is_used_up=True)),
    replace(LIVE, upload=None, is_sending=False, budget=replace(BUDGET, is_paused=True)),
    replace(LIVE, upload=None, is_sending=False, stays_offline=True),
    replace(LIVE, upload=None, not_counted=(NotCounted("Жауап", NOON, "Мұны тек кеңсе шеше алады."),)),
    replace(LIVE, upload=None, is_sending=False, waiting="", is_safe=True),
    replace(LIVE, upload=None, is_sending=False, rows=(), waiting="", sent_at=None),
)
SYNC = SyncPage(LIVE, "2-планшет", "https://центр.мысал", "ABCD-EFGH-JKLM-NPQR")
SYNCS = (*(replace(SYNC, live=live) for live in LIVES), replace(SYNC, centre="", key_words=""))
