"""Samples of the standards' pages (see `samples.py`)."""

from __future__ import annotations

from dataclasses import replace

from app.web.contexts import Choice
from app.web.standards_contexts import (
    InstrumentGroup,
    InstrumentRow,
    ProvisionPage,
    ProvisionRow,
    QuestionLine,
    Side,
    StandardsPage,
)

NATIONAL = ProvisionRow(
    "/standards/kz.l353.32", "353-заң 32(2)", "Кәмелетке толмағандар ересектерден бөлек ұсталады.", "ұлттық", True
)
UNREAD = ProvisionRow("/standards/crc.37c", "БҚК 37(c)", "Бала ересектерден бөлек ұсталады.", "халықаралық", False)
BROWSE = StandardsPage(
    search="",
    instruments=(Choice("crc", "БҚК", False), Choice("kz.l353", "353-заң", False)),
    topics=(Choice("B", "B · Бөлек ұстау", False),),
    statuses=(Choice("read", "мәтіні оқылды", False),),
    has_filter=False,
    is_list=False,
    groups=(
        InstrumentGroup(
            "Қазақстан заңнамасы", (InstrumentRow("/standards?instrument=kz.l353", "353-заң", "№ 353 Заң", 71, 0),)
        ),
        InstrumentGroup(
            "Халықаралық нормалар",
            (InstrumentRow("/standards?instrument=crc", "БҚК", "Бала құқықтары туралы конвенция", 35, 2),),
        ),
    ),
    rows=(),
    found=0,
    heading="",
    total=639,
    to_check=116,
)
FOUND = replace(
    BROWSE, search="бөлек", has_filter=True, is_list=True, groups=(), rows=(NATIONAL, UNREAD), found=214, heading="Заң"
)
PAGES = (BROWSE, FOUND, replace(FOUND, rows=(), found=0, heading="", has_filter=False))
PROVISION = ProvisionPage(
    citation="БҚК 37(c)",
    instrument="Бала құқықтары туралы конвенция",
    instrument_url="/standards?instrument=crc",
    year="1989",
    level_words="халықаралық",
    text="Бала ересектерден бөлек ұсталады.",
    is_verified=False,
    status_line="Мәтінмен әлі ешкім салыстырған жоқ.",
    source="",
    in_force="1994 жылғы 11 қыркүйектен бастап қолданылады",
    is_in_review=True,
    sides=(Side("Қазақстан", (NATIONAL,)), Side("Халықаралық", (replace(UNREAD, is_this=True),))),
    questions=(QuestionLine("B1", "Балалар түнде ересектерден бөлек ұйықтай ма?"),),
    back_url="/visits/v1/sections/cells#indicator-B1",
    comes_from_elsewhere=True,
)
PROVISIONS = (
    PROVISION,
    replace(
        PROVISION,
        is_verified=True,
        source="adilet.zan.kz",
        in_force="",
        is_in_review=False,
        sides=(),
        questions=(),
        back_url="/standards?instrument=crc",
        comes_from_elsewhere=False,
    ),
)
