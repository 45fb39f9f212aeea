"""A tablet and an office on whose pages everything is: rooms, files, photos, a talk, an alert, a question, contacts."""

from __future__ import annotations

from tests.browser.nodes import photo_bytes
from tests.web.nodes import Browser, Node, Visiting, add_room
from tests.web.test_interviews import begin, keys_told, train


def make_busy_tablet(device: Node, ana: Browser, visit: Visiting) -> None:
    """Ana's visit under way: nothing of it is finished, so that every form of it is open."""
    train(device, "ana")
    keys_told(device)
    add_room(ana, visit)
    add_room(ana, visit, "1-іс", "files")
    begin(ana, visit)
    ana.submit(f"{visit.url}/calls", alert=device.clock.new_id(), danger="held")
    make_answers(ana, visit)


def make_busy_office(central: Node, visit: Visiting, adm: Browser) -> None:
    """A finished visit with an answer, a photo and an alert, to be reviewed; contacts and a tablet."""
    ana = central.browser("ana")
    add_room(ana, visit)
    make_answers(ana, visit)
    ana.submit(f"{visit.url}/finish", reason="Уақыт жетпеді")
    adm.submit("/contacts", contact="", region="all", what="police", name="Кезекші", phone="102")


def make_answers(ana: Browser, visit: Visiting) -> None:
    ana.submit(f"{visit.url}/arrival", arrived_at="10:05", received_by_role="Кезекші")
    ana.submit(f"{visit.url}/declaration", conflict="none")
    ana.tap(visit.answer_url("B1"), value="no", note="Көрдік", flagged="on")
    picture = {"file": ("a.jpg", photo_bytes(), "image/jpeg")}
    ana.post(f"{visit.url}/photos", data={"indicator": "B1", "caption": "Дәліз"}, files=picture)
