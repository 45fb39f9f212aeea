"""Samples of the central pages and the report (see `samples.py`)."""

from __future__ import annotations

from dataclasses import replace

from app.web.contexts import Choice, NavItem, OriginalOf, PageContext, Problem, Suggestion
from app.web.device_contexts import (
    DeviceFact,
    DevicePage,
    DeviceRow,
    DevicesPage,
    EnrolmentCard,
    OrderLine,
    RemovedLine,
    RevocationPage,
    WipeOrderPage,
    WipesOf,
)
from app.web.office_passphrases import OfficePassphrasePage
from app.web.photo_places import HERE
from app.web.review_contexts import (
    BadRow,
    EvidenceRow,
    FactRow,
    ImportPage,
    InboxPage,
    InboxRow,
    InstitutionForm,
    InstitutionRow,
    InstitutionsPage,
    PastAnswer,
    QuestionRow,
    ReportContext,
    ReportFinding,
    ReportPhoto,
    ReportSection,
    ReportSignature,
    ReviewIndicator,
    ReviewNavItem,
    ReviewNavSection,
    ReviewPage,
    ReviewPhoto,
)
from tests.web import samples
from tests.web.alert_samples import AT_OFFICE, ENDED, FOLLOWED
from tests.web.card_samples import MEANINGS, MEASURED, STANDARDS
from tests.web.clock_samples import REPORT_CASE
from tests.web.samples import DAY, LINKS, NOON

NAV = (
    NavItem("/inbox", "Кіріс", "inbox", True),
    NavItem("/visits", "Барулар", "clipboard-list", False),
    NavItem("/institutions", "Мекемелер", "building-2", False),
    NavItem("/people", "Адамдар", "users", False),
    NavItem("/devices", "Планшеттер", "tablet-smartphone", False),
)


def page(**changes: object) -> PageContext:
    """The frame of a central page."""
    return replace(samples.page(role="central", status=None, red_button=None, nav=NAV, title="Baqylau"), **changes)  # type: ignore[arg-type]


INSTITUTION = "Алмалы ауданының уақытша ұстау изоляторы"
INSTITUTIONS = (
    InstitutionsPage(
        "",
        (
            InstitutionRow("i1", INSTITUTION, "Уақытша ұстау изоляторы", "Алматы", DAY, 3),
            InstitutionRow("i2", "Бейімдеу орталығы", "Бейімдеу орталығы", "Алматы", None, 0),
        ),
        214,
        True,
    ),
    InstitutionsPage("Қас", (), 214, False),
    InstitutionsPage("", (), 0, True),
)
TYPES = (Choice("ivs", "Уақытша ұстау изоляторы", True), Choice("adaptation_centre", "Бейімдеу орталығы", False))
FORM = InstitutionForm(
    "i9",
    (),
    "",
    "",
    TYPES,
    (Choice("almaty", "Алматы қаласы", False),),
    place="",
    parent_body="",
    address="",
    contacts="",
    capacity="",
)
IMPORT = ImportPage(False, "", 0, 0, 0, (), ("name_kk", "name_ru", "type", "region"), "")
IMPORTS = (
    IMPORT,
    replace(
        IMPORT,
        is_done=True,
        file_name="mekemeler.csv",
        added=112,
        changed=3,
        unchanged=99,
        bad_rows=(BadRow(14, "Изолятор;;ivs2;Алматы", "Түрі белгісіз: «ivs2». Түрлер тізімін қараңыз."),),
    ),
    replace(IMPORT, problem="Бұл CSV файлы емес. Кестені CSV ретінде сақтап, қайта көріңіз."),
)
SUGGESTION = Suggestion("алма бұлақ домбыра шаңырақ", "/people/new")
DEVICE_ROWS = (
    DeviceRow(
        "/devices/d1",
        "1-планшет",
        "Әсел Үсенқызы, Бекзат Қуанышұлы",
        NOON,
        "stale",
        "6 тәулік бойы байланысқа шықпады; тек соның өзінде ғана: 34 жазба, 12 сурет.",
    ),
    DeviceRow("/devices/d2", "2-планшет", "Әсел Үсенқызы", NOON, "warned", "Сағаты 25 минутқа озып кеткен."),
    DeviceRow("/devices/d3", "3-планшет", "Әсел Үсенқызы", NOON, "sound", ""),
    DeviceRow("", "4-планшет", "Бекзат Қуанышұлы", None, "unused", ""),
    DeviceRow("/devices/d5", "5-планшет", "", NOON, "revoked", ""),
)
CARD_LANGUAGES = (Choice("kk", "Қазақша", True), Choice("ru", "Русский", False), Choice("en", "English", False))
KEY_WORDS = "ABCD-EFGH-JKLM-NPQR"
DEVICES = (
    DevicesPage(DEVICE_ROWS, (Choice("p1", "Әсел Үсенқызы", False),), CARD_LANGUAGES, "", (), KEY_WORDS),
    DevicesPage((), (), CARD_LANGUAGES, "6-планшет", (Problem("member", "Адамды таңдаңыз."),), KEY_WORDS),
)
DEVICE = DevicePage(
    "1-планшет",
    "Әсел Үсенқызы",
    "stale",
    DEVICE_ROWS[0].why,
    (
        DeviceFact("Соңғы рет осында", "12 қараша 2026, 14:05", DEVICE_ROWS[0].why),
        DeviceFact("Сағаты", "Сағаты 25 минутқа озып кеткен.", "Оны дұрыстап қою керек."),
        DeviceFact("Бос орын", "9 000 МБ"),
    ),
    CARD_LANGUAGES,
    "/devices/d1/code",
    "/devices/d1/revocation",
    WipesOf(
        "",
        "/devices/d1/wipe/end",
        (
            OrderLine("Бұйрық берілді: 22 қараша 2026, 10:00", "Планшет растаған жоқ.", "Жоғалды", "handed"),
            OrderLine("Бұйрық берілді: 21 қараша 2026, 10:00", "Қайтарып алынды.", "Жоғалды", "ended"),
        ),
        (RemovedLine("Бару …deadbeef", "22 қараша 2026, 10:00"),),
        3,
    ),
)
DEVICE_PAGES = (
    DEVICE,
    replace(DEVICE, state="warned", why="Сағаты 25 минутқа озып кеткен."),
    replace(DEVICE, state="sound", why=""),
    replace(DEVICE, state="revoked", why="", revocation_url=""),
)
WIPE_ORDERS = (
    WipeOrderPage("1-планшет", "/devices/d1/wipe", "/devices/d1", "34 жазба, 12 сурет", "", ()),
    WipeOrderPage("1-планшет", "/devices/d1/wipe", "/devices/d1", "", "", (Problem("reason", "Себебін жазыңыз."),)),
)
REVOCATION = RevocationPage("1-планшет", "/devices/d1/revocation", "/devices/d1", "34 жазба, 12 сурет")
ENROLMENT_CARD = EnrolmentCard(
    "1-планшет",
    "Әсел Үсенқызы",
    "ABCD-EFGH-JKLM-NPQR-STUV-WXYZ-2345",
    KEY_WORDS,
    NOON,
    "https://центр.мысал",
    29,
    "M2 2h1v1h-1z",
    "Әділ Әкімші, Уәкілдің кеңсесі",
    "/devices",
)

ROW = InboxRow(
    "v1", "/reviews/v1", INSTITUTION, "Алматы", "аралық", DAY, NOON, "finished", "аяқталды", 2, 3, 1, 0, 1, False
)
INBOXES = (
    InboxPage(
        (ROW,),
        (
            replace(
                ROW,
                danger=0,
                conflicts=0,
                unsigned=0,
                was_refused=True,
                photos_line="20 суреттің 17-сі осында",
                by_hearsay=3,
            ),
        ),
        (replace(ROW, danger=0, state="returned", state_words="қайтарылды", questions_open=2),),
        (
            replace(
                ROW,
                danger=0,
                not_seen=0,
                conflicts=0,
                unsigned=0,
                state="approved",
                state_words="бекітілді",
                received_at=None,
            ),
        ),
    ),
    InboxPage((), (), (), ()),
    InboxPage((), (), (), (), left_out=2),
    InboxPage((), (), (), (), (AT_OFFICE,), (FOLLOWED,)),
)

NAV_ITEMS = (
    ReviewNavItem("?indicator=B1", "B1", "Балалар ересектерден бөлек ұйықтай ма?", "жоқ", True, True),
    ReviewNavItem("?indicator=A2", "A2", "Сотқа немесе босатуға дейінгі уақыт", "бұзылды", True, False),
)
ITEM = ReviewIndicator(
    "B1",
    "r1",
    "4-камера",
    "Балалар ересектерден бөлек ұйықтай ма?",
    True,
    "no",
    "Жоқ",
    "екі дереккөз сәйкес, сенім жоғары",
    "",
    "4-камерада екі жасөспірім ересек адаммен бірге.",
    ("Ауданы: 9,3 м² (рулетка)",),
    MEASURED.verdicts,
    (
        EvidenceRow(
            "Бақылау", "4-камера: екі ұл, бір ересек, үш төсек, бір есік", "топ жетекшісі", NOON, "күшті", False
        ),
        EvidenceRow(
            "Құжат", "Журналда 4-камера сағат 9:00-ден «кәмелетке толмағандар»", "бақылаушы", NOON, "қайшы келеді", True
        ),
    ),
    (PastAnswer(DAY, "ішінара", "«күндіз дәліз ортақ»"),),
    (
        ReviewPhoto("/photos/f1", "/photos/f1/thumbnail", "4-камера", HERE, OriginalOf("/photos/f1/original", "")),
        ReviewPhoto("/photos/f2", "/photos/f2/thumbnail", "", samples.ON_ITS_WAY, OriginalOf("", "Түпнұсқасы: жолда")),
        ReviewPhoto("/photos/f3", "/photos/f3/thumbnail", "", samples.NOT_HERE),
    ),
    (
        QuestionRow("Ересекті 4-камераға кім орналастырды, бұйрық болды ма?", "Рецензент Динара", NOON, "", False),
        QuestionRow("Кілт кімде?", "Рецензент Динара", NOON, "Кезекшіде.", True),
    ),
    STANDARDS,
    MEANINGS,
    ("Әсел 14:02: жоқ", "Бекзат 13:58: ішінара"),
    "?indicator=A2",
    "?indicator=B4",
)
REVIEW = ReviewPage(
    "v1",
    INSTITUTION,
    "Аралық · ескертусіз · 3 адамның 3-і қол қойды · 16:42-де келді",
    DAY,
    "finished",
    "аяқталды",
    NAV_ITEMS,
    (
        ReviewNavSection("Бөлек ұстау және камералар", 11, 2, 3, NAV_ITEMS, True),
        ReviewNavSection("Тамақ, су, тазалық", 8, 0, 0, (), False),
    ),
    ITEM,
    "/reviews/v1/questions",
    "/reviews/v1/return",
    "/reviews/v1/approval",
    "/visits/v1/report",
    2,
    True,
    (),
    (),
    "",
    "",
    "2 планшетте 3 адам жазған 9 жазба, тізбек тексерілді",
    True,
    (),
    False,
    "20 суреттің 17-сі осында",
)
REVIEWS = (
    REVIEW,
    replace(REVIEW, alerts=(AT_OFFICE, ENDED)),
    replace(
        REVIEW,
        item=None,
        danger=(),
        open_questions=0,
        blockers=("Бір мүше қол қоймаған.",),
        is_stale=True,
        decisions=("Динара, 18 қараша: қайтарылды",),
        is_record_sound=False,
        record_line="Тізбек үзілген: әкімшіге хабарланды.",
        hearsay_line="3 жазба басқа планшет арқылы келді.",
    ),
    replace(
        REVIEW,
        may_decide=False,
        item=replace(
            ITEM,
            verdicts=(),
            evidence=(),
            past=(),
            photos=(),
            questions=(),
            standards=(),
            conflict_lines=(),
            value="not_seen",
            answer_words="Көрілмеді",
            reason="Кіргізбеді",
            repeat_name="",
            is_danger=False,
            next_url="",
            previous_url="",
        ),
    ),
)

FINDING = ReportFinding(
    "B1",
    "Балалар ересектерден бөлек ұйықтай ма?",
    "4-камера",
    "Жоқ",
    "no",
    "қауіп",
    True,
    ("Бір балаға: 3,1 м²",),
    "4-камерада екі жасөспірім ересек адаммен бірге.",
    "бақылау, екі бала, журнал",
    "сенім жоғары",
    MEASURED.verdicts,
    STANDARDS,
    (1,),
)
REPORT = ReportContext(
    INSTITUTION,
    "Уақытша ұстау изоляторы",
    "Алматы",
    DAY,
    "аралық бару",
    "ескертусіз",
    "Бала құқықтары жөніндегі уәкілдің өкілі",
    ("Әсел Үсенқызы, топ жетекшісі", "Бекзат Қуанышұлы, бақылаушы"),
    "бекітілді",
    False,
    "/reviews/v1",
    ("13:10-да келдік, 25 минут күттік.",),
    ("6 баламен оңаша әңгіме, 4 іс қаралды.",),
    (FactRow("Орын саны", "12"), FactRow("Бүгінгі бала саны", "6")),
    46,
    41,
    5,
    "11 %",
    (FINDING,),
    (
        ReportSection(
            "Бөлек ұстау және камералар",
            11,
            9,
            2,
            4,
            2,
            3,
            0,
            (
                FINDING,
                replace(
                    FINDING,
                    is_danger=False,
                    value="partly",
                    answer_words="Ішінара",
                    verdicts=(),
                    photo_numbers=(),
                    place="",
                ),
            ),
            ("C4 Күн жарығы бар ма?: камера құлыптаулы болды",),
        ),
    ),
    ("Изолятор басшысына: кәмелетке толмағандарға бөлек камера бөлінсін.",),
    (),
    (REPORT_CASE, replace(REPORT_CASE, name="2-іс", facts="", timeline=None)),
    (
        ReportSignature("Әсел Үсенқызы", "топ жетекшісі", NOON, ""),
        ReportSignature("Бекзат Қуанышұлы", "бақылаушы", None, "Дәліз туралы келіспеймін."),
    ),
    (
        ReportPhoto(
            1,
            "/photos/f1",
            "4-камера",
            "B1",
            NOON,
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            HERE,
        ),
        ReportPhoto(2, "/photos/f2", "", "B1", NOON, "0" * 64, samples.ON_ITS_WAY),
        ReportPhoto(3, "/photos/f3", "", "B1", NOON, "1" * 64, samples.NOT_HERE),
    ),
    "police-holding, 1-нұсқа",
    "9 жазба, тізбек тексерілді",
    NOON,
)
REPORTS = (
    REPORT,
    replace(
        REPORT,
        is_draft=True,
        danger=(),
        sections=(),
        access=(),
        facts=(),
        recommendations=(),
        photos=(),
        conflicts=LINKS,
    ),
)

CENTRAL = {
    "people/passphrase.html": (
        OfficePassphrasePage("/people/p1/passphrase", "Әсел Үсенқызы", "asel", SUGGESTION, ()),
        OfficePassphrasePage("/x", "Әсел Үсенқызы", "asel", SUGGESTION, (Problem("again", "Бірдей емес."),)),
    ),
    "inbox/page.html": INBOXES,
    "reviews/page.html": REVIEWS,
    "reports/page.html": REPORTS,
    "institutions/page.html": INSTITUTIONS,
    "institutions/new.html": (FORM, replace(FORM, problems=(Problem("type", "Түрін таңдаңыз."),))),
    "institutions/import.html": IMPORTS,
    "devices/list.html": DEVICES,
    "devices/page.html": DEVICE_PAGES,
    "devices/wipe.html": WIPE_ORDERS,
    "devices/revocation.html": (REVOCATION, replace(REVOCATION, still_there="")),
    "devices/card.html": (ENROLMENT_CARD,),
}
