"""Photos at the office from the first second: counted, the small picture first, a word for what is on its way."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from app.store import sending, uploads
from app.store.node import put_value
from app.store.uploads import Upload
from app.sync import client, files
from tests.web.nodes import Browser, Node, Visiting, text_of, transport_to
from tests.web.test_photos import photograph, picture


@pytest.fixture
def on_their_way(ana: Browser, visit: Visiting, device: Node, meet: Callable[[], client.Outcome]) -> Visiting:
    """One photo is at the office, two are still on the tablet, and the visit is finished."""
    ana.tap(visit.answer_url("B1"), value="no", flagged="on", severity="danger")
    photograph(ana, visit, picture(), caption="бірінші")
    meet()
    for colour in ("red", "blue"):
        photograph(ana, visit, picture((900, 700), colour=colour), caption=colour)
    ana.submit(f"{visit.url}/finish", reason="уақыт")
    with device.database.write() as session:
        put_value(session, files.PAUSED, "on")
    meet()
    return visit


def desk(ben: Browser, visit: Visiting) -> str:
    return ben.get(f"/reviews/{visit.visit_id}?indicator=B1").text


def figures(page: str) -> dict[str, str]:
    """Caption -> the figure of a photo, as HTML."""
    found = re.findall(r"<figure>(.*?)<figcaption>(.*?)</figcaption>", page, re.S)
    return {text_of(caption): figure for figure, caption in found}


def test_the_inbox_and_the_desk_count_photos_before_they_come(
    ben: Browser, on_their_way: Visiting, device: Node, meet: Callable[[], client.Outcome]
) -> None:
    assert "1 of 3 photos here" in text_of(ben.get("/inbox").text)
    assert "1 of 3 photos here" in text_of(desk(ben, on_their_way))
    with device.database.write() as session:
        put_value(session, files.PAUSED, "off")
    meet()
    assert "photos here" not in text_of(ben.get("/inbox").text)  # all are
    assert "3 of 3 photos here" in text_of(desk(ben, on_their_way))


def test_a_photo_on_its_way_is_a_word_and_no_broken_picture(ben: Browser, on_their_way: Visiting) -> None:
    shown = figures(desk(ben, on_their_way))
    assert "<img" in shown["бірінші"] and "<a href" in shown["бірінші"]
    assert "<img" not in shown["red"] and "on its way" in shown["red"]
    report = figures(ben.get(f"{on_their_way.url}/report").text)
    assert any("<img" not in figure and "on its way" in figure for figure in report.values())


def test_the_small_picture_stands_for_a_photo_and_the_rest_is_told_in_percent(
    ben: Browser, on_their_way: Visiting, central: Node, device: Node
) -> None:
    with device.database.read() as session:
        waiting = [one for one in sending.files(session) if not one.sent_at_ms]
    red, blue = waiting[0], waiting[1]
    with central.database.write() as session:
        uploads.keep_thumbnail(session, red.sha256, red.scope, picture((40, 30), "WEBP"))
        part = b"x" * (red.size * 4 // 10 + 1)
        uploads.take_piece(session, Upload(red.sha256, red.scope, red.media_type, red.size), 0, part)
    shown = figures(desk(ben, on_their_way))
    assert "<img" in shown["red"] and "<a href" not in shown["red"]
    assert "on its way, 40 %" in text_of(shown["red"])
    small = re.search(r'src="([^"]+/thumbnail)"', shown["red"])
    assert small and ben.get(small.group(1)).content == picture((40, 30), "WEBP")
    assert ben.get(small.group(1).removesuffix("/thumbnail")).status_code == 404
    assert "<img" not in shown["blue"] and blue.sha256 != red.sha256


def test_a_small_picture_is_for_those_who_may_see_the_visit(
    on_their_way: Visiting, central: Node, device: Node
) -> None:
    with device.database.read() as session:
        red = next(one for one in sending.files(session) if not one.sent_at_ms)
    with central.database.write() as session:
        uploads.keep_thumbnail(session, red.sha256, red.scope, picture((40, 30), "WEBP"))
    (photo,) = [p for p in Visiting(on_their_way.visit_id, central).records().photos if p.text("sha256") == red.sha256]
    assert central.browser("ben").get(f"/photos/{photo.subject}/thumbnail").status_code == 200
    assert central.browser("cy").get(f"/photos/{photo.subject}/thumbnail").status_code == 404
    assert central.browser("adm").get(f"/photos/{photo.subject}/thumbnail").status_code == 403


def test_a_colleagues_tablet_says_where_the_photo_is(on_their_way: Visiting, danas_tablet: Node, central: Node) -> None:
    client.meet_central(danas_tablet.database, transport_to(central))
    section = re.search(
        r'href="(/visits/[^"]+/sections/[^"#]+)', danas_tablet.browser("dana").get(on_their_way.url).text
    )
    assert section
    place = Visiting(on_their_way.visit_id, danas_tablet).checklist().section_of("B1")
    assert place is not None
    page = danas_tablet.browser("dana").get(f"{on_their_way.url}/sections/{place.id}").text
    shown = figures(page)
    assert len(shown) == 3
    assert all("<img" not in one and "on another tablet" in one for one in shown.values())
