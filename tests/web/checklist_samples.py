"""Samples of the pages of the checklists (see `samples.py`)."""

from __future__ import annotations

from dataclasses import replace

from app.web.checklist_contexts import (
    AskedRow,
    AskedSection,
    BookletCard,
    BookletField,
    BookletGroup,
    BookletHead,
    BookletPage,
    BookletSection,
    ChangedItem,
    ChangeGroup,
    ChangeLine,
    ChangesPage,
    ChecklistPage,
    ChecklistRow,
    ChecklistsPage,
    PageLink,
    PreviewFault,
    PreviewPage,
    RuleLine,
    Wording,
)
from tests.web.card_samples import CARD, group
from tests.web.samples import DAY

HASH = "caf27481f4a5"
ROW = ChecklistRow(
    "/checklists/police-holding/1", "Полиция бөлімі", ("Полиция бөлімі",), "police-holding", 1, 125, 43, HASH
)
LISTS = (ChecklistsPage((ROW,), ("Балалар үйі",), ""), ChecklistsPage((ROW, ROW), (), "/visits"))
RULES = (
    RuleLine("national", "Бір балаға келетін аудан: кемінде 2,5 м²", True),
    RuleLine("international", "кемінде 4 м²", False),
)
ASKED = AskedRow(
    "C1", "Бір балаға неше м² келеді?", "Өлшеңіз", "аудан, м²", "Тек мына жағдайда: B1: жоқ", True, True, True, RULES
)
PLAIN = AskedRow("B1", "Бөлек пе?", "Көріңіз", "иә, ішінара, жоқ", "", False, False, False, ())
LINKS = (PageLink("/a", "1-нұсқа", True), PageLink("/b", "2-нұсқа"))
CHECKLIST = ChecklistPage(
    ROW, 25, 11, HASH, (AskedSection("rooms", "Бөлмелер", "Өлшеңіз.", "room", (ASKED, PLAIN)),), LINKS, LINKS
)
CHECKLISTS_READ = (CHECKLIST, replace(CHECKLIST, compare=(), sections=()))
LINE = ChangeLine(
    "Сөзі өзгерді: сұрақ",
    (Wording("ru", "Было?", "Стало?"), Wording("", "", "м²")),
    "with_care",
    "сақтықпен",
    "Себебі.",
)
ITEMS = (
    ChangedItem("B1", "Бөлек пе?", "with_care", "сақтықпен", (LINE, LINE)),
    ChangedItem("", "", "comparable", "иә", (LINE,)),
)
CHANGES = ChangesPage(
    "Полиция бөлімі", "1-нұсқа", "2-нұсқа", "/a", ("жаңа: 1",), (ChangeGroup("with_care", "Сақтық", ITEMS),), LINKS
)
DIFFERENCES = (CHANGES, replace(CHANGES, groups=(), counts=(), choices=()))
FIELDS = (
    BookletField("Ауданы", ("", "", ",", ""), "", (), "м²", ("рулетка", "шамалап"), False),
    BookletField("Көргеніміз", ("", ""), "Барлығы", ("", ""), "", (), False),
    BookletField("Уақыты", ("", "", ":", " ", "", ""), "", (), "", (), False),
    BookletField("Сөзбен", (), "", (), "", (), True),
)
PAPER_CARD = BookletCard(
    "C1", "Бір балаға неше м²?", "Тек: B1: жоқ", ("кемінде 2,5 м²",), True, True, ("иә", "жоқ"), FIELDS, ("Көргеніміз",)
)
PAPER = BookletPage(
    title="Полиция бөлімі",
    types="Полиция бөлімі",
    mark=f"police-holding · 1 · {HASH}",
    foot_url=f"/checklists/police-holding/1/foot.css?mark={HASH}",
    back_url="/a",
    head=BookletHead("", "", None, "", ()),
    is_short=False,
    asked=125,
    languages=LINKS,
    variants=LINKS,
    severities=("жеңіл", "ауыр"),
    sections=(
        BookletSection("gate", "Кіреберіс", "Қараңыз.", (BookletGroup("", "", "", (PAPER_CARD,)),)),
        BookletSection(
            "rooms",
            "Бөлмелер",
            "Өлшеңіз.",
            (BookletGroup("1-бөлме", "Атауы", "4-камера", (PAPER_CARD,)), BookletGroup("2-бөлме", "Атауы", "", ())),
        ),
    ),
)
PAPERS = (PAPER, replace(PAPER, is_short=True, head=BookletHead("v1", "Алмалы", DAY, "Кезекті", ("Ана", "Дана"))))
PREVIEW = PreviewPage("m", "small", "Камералар", "Қараңыз.", LINKS, group(CARD), (), ("small",))
PREVIEWS = (
    PREVIEW,
    replace(PREVIEW, group=None, title="", faults=(PreviewFault("indicators/B.yaml", 3, "B1", "unknown key"),)),
    replace(PREVIEW, group=None, title="", sections=()),
)

CHECKLISTS = {
    "checklists/list.html": LISTS,
    "checklists/page.html": CHECKLISTS_READ,
    "checklists/changes.html": DIFFERENCES,
    "checklists/booklet.html": PAPERS,
    "checklists/preview.html": PREVIEWS,
}
