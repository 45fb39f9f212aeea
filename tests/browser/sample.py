"""An office and a tablet with visits in several states, made by posting the forms: something of everything to look at."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

from tests.browser.nodes import ANA, ANA_WORDS, DANA, OFFICE_WORDS, Hand, Pair


@dataclass(frozen=True)
class Sample:
    """The running pair and the addresses of its visits."""

    pair: Pair
    going: str  # in progress, with every kind of answer
    returned: str  # with a danger sign and an open question
    finished: str  # waits for the office


def make_sample(pair: Pair) -> Sample:
    pair.central.start()
    pair.device.start()
    team = {pair.people[ANA]: "team_lead", pair.people[DANA]: "monitor"}
    with Hand(pair.device, "", ANA_WORDS) as ana:
        going, returned, finished = (fill(ana, ana.plan(team)) for _ in range(3))
        for visit in (returned, finished):
            finish(ana, visit)
            ana.post(f"{visit}/calls", {"alert": str(uuid.uuid4()), "danger": "held"})
        ana.post("/sync", {})
        with Hand(pair.central, "ben", OFFICE_WORDS) as ben:
            review = f"/reviews/{returned.removeprefix('/visits/')}"
            ben.post(f"{review}/questions", {"indicator": "B1", "question": "Мұны кім және қашан шешті?"})
            ben.post(f"{review}/return", {"reason": "Бір сұраққа жауап керек."})
        ana.post("/sync", {})
    return Sample(pair, going, returned, finished)


def fill(ana: Hand, visit: str) -> str:
    """A visit on its way: every answer, a measure, a share, a photo, a note, a reason still missing."""
    ana.post(f"{visit}/arrival", {"arrived_at": "13:10", "waiting_minutes": "25", "received_by_role": "Кезекші офицер"})
    ana.post(f"{visit}/declaration", {"conflict": "none", "text": ""})
    ana.answer(visit, "B1", value="no")
    note = "4-камерада екі бала мен бір ересек түнеген, қалқа ғана тұр."
    ana.answer(visit, "B1", source__observation="on", source__child="on", note=note, confidence="high")
    ana.answer(visit, "B1", flagged="on", severity="danger")
    ana.photo(visit, "B1", "Қалқа, есік жақтан")
    ana.answer(visit, "B2", value="partly", source__records="on")
    ana.answer(visit, "B3", value="yes", source__observation="on")
    ana.answer(visit, "C2", value="not_seen")
    ana.answer(visit, "C3", value="not_applicable", reason="Мұнда түнемейді")
    ana.answer(visit, "A1", value="partly", field__valid_files="3", field__valid_files__of="5")
    ana.answer(visit, "P2", field__present="5", field__girls="2")
    for number, (area, children) in enumerate((("8,4", "3"), ("12", "3"))):
        repeat = str(uuid.uuid4())
        ana.room(visit, repeat, f"Камера {number + 4}")
        ana.answer(visit, f"C1/{repeat}", field__area=area, field__children=children, method__area="laser")
    return visit


def finish(ana: Hand, visit: str) -> None:
    ana.post(f"{visit}/finish", {"reason": "Кейбір бөлмелер ашылмады."})
    shown = re.search(r'name="seen" value="([0-9a-f]{64})"', ana.get(f"{visit}/finish"))
    ana.post(f"{visit}/signature", {"dissent": "", "seen": shown.group(1) if shown else ""})
