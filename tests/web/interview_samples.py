"""Sample views of the talks that are written down, and of the sealed ones at the office."""

from dataclasses import replace

from app.web.contexts import Choice, Problem
from app.web.guide_contexts import SayRow
from app.web.interview_contexts import (
    ClosingPage,
    ConsentPage,
    DraftPage,
    Pick,
    ReadingRow,
    SealedPage,
    SealedRow,
    StopPage,
    TalkRow,
    TalksPage,
    TopicNote,
)

INSTITUTION = "Алмалы ауданының уақытша ұстау изоляторы"
LANGUAGES = (Choice("kk", "Қазақша", True), Choice("ru", "Русский", False), Choice("en", "English", False))
SAY = (("kk", "Осы жерде тоқтайық."), ("ru", "Давайте остановимся."), ("en", "Let us stop here."))
KEY = "ABCDEFGHIJKLMNOP"
TALKS = TalksPage(
    INSTITUTION,
    "/visits/v1",
    (
        TalkRow("Б-27", "2026 ж. 22 қараша, түске дейін", False, "/visits/v1/interviews/i1"),
        TalkRow("К-5", "2026 ж. 22 қараша, түске дейін", False, ""),
        TalkRow("Т-81", "2026 ж. 22 қараша, түстен кейін", True, ""),
    ),
    "/interviews?visit=v1",
    "",
    2,
)
CONSENT = ConsentPage(
    "/visits/v1/interviews",
    "/interviews/child-11-14?visit=v1",
    "child-11-14",
    "11–14 жастағы жеткіншекпен әңгіме",
    LANGUAGES,
    (SayRow(SAY, SAY), SayRow(SAY, ())),
    frozenset({1}),
    (Choice("agreed", "Келіседі", False), Choice("not_asked", "Сұралған жоқ", True)),
    (),
)
PICK = Pick("sex", "Жынысы", (Choice("female", "Қыз, әйел", True), Choice("male", "Ұл, ер", False)))
DRAFT = DraftPage(
    code="Б-27",
    when="2026 ж. 22 қараша, түске дейін",
    url="/visits/v1/interviews/i1",
    closing_url="/visits/v1/interviews/i1?then=closing",
    stop_url="/visits/v1/interviews/i1/stop",
    back_url="/visits/v1/interviews",
    script_url="/interviews/child-11-14?visit=v1",
    danger_url="/guides/immediate-danger?visit=v1",
    languages=LANGUAGES,
    about=(PICK,),
    near_label="Жақын жерде кім болды",
    near=(Choice("near.nobody", "Ешкім", True), Choice("near.camera", "Бейнекамера", False)),
    topics=(TopicNote("note.day", "Күн тәртібі", (SAY,), ""), TopicNote("note.food", "Тамақ", (SAY, SAY), "Тоймайды.")),
    other="",
    after=(replace(PICK, name="distress", label="Көңіл күйі"),),
    reach="",
    follow_up_on="2026-12-01",
    problems=(),
)
CLOSING = ClosingPage("Б-27", "/visits/v1/interviews/i1/closing", "/visits/v1/interviews/i1", (), (KEY, KEY), "")
READINGS = (
    ReadingRow("Бен Ревизор, 22 қараша, 12:00", "Шағымды тексеру үшін", "енді оқуға болады", "", "/r/file"),
    ReadingRow("Бек Екінші, 22 қараша, 12:00", "Шағымды тексеру үшін", "күтуде", "/r/confirmation", ""),
)
SEALED = SealedRow("talk-i1", "Б-27", "2026 ж. 22 қараша, түске дейін", (KEY,), "/r/i1/readings", READINGS, (), "")
DEVICE = {
    "interviews/list.html": (
        TALKS,
        replace(TALKS, rows=(), stopped=0),
        replace(TALKS, new_url="", why_not="Оқудан өтпеген."),
    ),
    "interviews/consent.html": (
        CONSENT,
        replace(CONSENT, representative=(), problems=(Problem("agreed", "Келісім жоқ."),)),
    ),
    "interviews/draft.html": (DRAFT, replace(DRAFT, danger_url="", problems=(Problem("reach", "Тым ұзын."),))),
    "interviews/closing.html": (
        CLOSING,
        replace(CLOSING, keys=(), problem="Кілт жоқ."),
        replace(CLOSING, missing=(Problem("age", "Жасы"),)),
    ),
    "interviews/stop.html": (
        StopPage("Б-27", "/visits/v1/interviews/i1/stop", "/visits/v1/interviews/i1", LANGUAGES, SAY),
    ),
}
CENTRAL = {
    "interviews/sealed.html": (
        SealedPage(
            INSTITUTION,
            "/reviews/v1",
            (SEALED, replace(SEALED, dom_id="talk-i2", problems=(Problem("purpose", "Жазыңыз."),))),
            True,
        ),
        SealedPage(INSTITUTION, "/reviews/v1", (), False),
    )
}
