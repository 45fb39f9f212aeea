"""Photos: redrawn, kept once, shown so that they cannot run, and out of sight when taken out."""

from __future__ import annotations

import io
from typing import Any

import pytest
from httpx2 import Response
from PIL import Image

from app.store.checklists import Shelf
from tests.web.nodes import PERSON_IDS, Browser, Visiting, plan_by_service, problem_of


def picture(size: tuple[int, int] = (90, 60), kind: str = "JPEG", colour: str = "green", **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **options)
    return out.getvalue()


def photograph(browser: Browser, visit: Visiting, data: bytes, **fields: str) -> Response:
    form = {"indicator": "B1", "repeat": "", "caption": "бос камера"} | fields
    return browser.post(
        f"{visit.url}/photos", data=form, files={"file": ("x.jpg", data, "image/jpeg")}, headers={"HX-Request": "true"}
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_kept_beside_its_answer(ana: Browser, visit: Visiting, kind: str) -> None:
    reply = photograph(ana, visit, picture(kind=kind), tap="p1")
    assert (reply.status_code, reply.headers["X-Op-Ack"]) == (200, "p1")
    (photo,) = visit.records().photos
    assert photo.text("caption") == "бос камера"
    assert f"/photos/{photo.subject}/thumbnail" in reply.text


def test_a_photo_is_redrawn_without_place_or_comment(ana: Browser, visit: Visiting) -> None:
    place = Image.Exif()
    place[0x010E] = "Алматы, балалар"
    photograph(ana, visit, picture((3000, 2000), exif=place, comment=b"secret") + b"trailer secret")
    (photo,) = visit.records().photos
    served = ana.get(f"/photos/{photo.subject}")
    kept = Image.open(io.BytesIO(served.content))
    assert (kept.format, kept.size) == ("WEBP", (1024, 683))
    assert not kept.getexif() and b"secret" not in served.content
    assert Image.open(io.BytesIO(ana.get(f"/photos/{photo.subject}/thumbnail").content)).size[0] == 240


def test_a_photo_taken_upright_stays_upright(ana: Browser, visit: Visiting) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    photograph(ana, visit, picture((90, 60), exif=turned))
    kept = Image.open(io.BytesIO(ana.get(f"/photos/{visit.records().photos[0].subject}").content))
    assert kept.size == (60, 90)


def test_a_photo_is_served_so_that_it_cannot_run_and_is_not_kept_by_the_browser(ana: Browser, visit: Visiting) -> None:
    photograph(ana, visit, picture())
    for tail in ("", "/thumbnail"):
        headers = ana.get(f"/photos/{visit.records().photos[0].subject}{tail}").headers
        assert headers["Content-Type"] == "image/webp"
        assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"


def test_the_same_photo_sent_twice_is_one(ana: Browser, visit: Visiting) -> None:
    for _ in range(2):
        assert photograph(ana, visit, picture(), tap="p1").headers["X-Op-Ack"] == "p1"
    assert len(visit.records().photos) == 1


@pytest.mark.parametrize(
    "data", [b"", b"no photo", b"<svg xmlns='http://www.w3.org/2000/svg'/>", picture()[:200], b"GIF89a" + b"\0" * 40]
)
def test_what_is_no_photo_is_refused_in_a_sentence(ana: Browser, visit: Visiting, data: bytes) -> None:
    reply = photograph(ana, visit, data, tap="p1")
    assert reply.status_code == 422
    assert "not a photo" in problem_of(reply.text)
    assert "X-Op-Ack" not in reply.headers
    assert visit.records().photos == ()


def test_sixty_megapixels_are_refused(ana: Browser, visit: Visiting) -> None:
    reply = photograph(ana, visit, picture((10_000, 6_000), "PNG"))
    assert reply.status_code == 422
    assert "40 megapixels" in problem_of(reply.text)


def test_a_file_above_the_limit_is_refused_with_the_limit(ana: Browser, visit: Visiting) -> None:
    reply = photograph(ana, visit, picture() + b"\0" * (21 * 2**20))
    assert reply.status_code == 413
    assert "20 MB" in problem_of(reply.text)


def test_a_photo_without_javascript_goes_back_to_the_card(ana: Browser, visit: Visiting) -> None:
    reply = ana.post(
        f"{visit.url}/photos", data={"indicator": "B1"}, files={"file": ("x.jpg", picture(), "image/jpeg")}
    )
    assert (reply.status_code, reply.headers["Location"]) == (303, f"{visit.url}/sections/cells#indicator-B1")


def test_a_photo_that_was_taken_out_is_not_served_any_more(ana: Browser, visit: Visiting) -> None:
    photograph(ana, visit, picture())
    (photo,) = visit.records().photos
    assert ana.submit(f"{visit.url}/photos/{photo.subject}/removal").status_code == 303
    assert visit.records().photos == ()
    assert ana.get(f"/photos/{photo.subject}").status_code == 404
    assert ana.submit(f"{visit.url}/photos/{photo.subject}/removal").status_code == 404


def test_a_finished_visit_takes_and_loses_no_photo(ana: Browser, visit: Visiting) -> None:
    photograph(ana, visit, picture())
    (photo,) = visit.records().photos
    ana.submit(f"{visit.url}/finish", reason="x")
    assert photograph(ana, visit, picture(colour="red")).status_code == 409
    assert ana.submit(f"{visit.url}/photos/{photo.subject}/removal").status_code == 409
    assert len(visit.records().photos) == 1


def test_a_photo_cannot_take_the_id_of_something_else(ana: Browser, visit: Visiting) -> None:
    before = visit.records().visit
    for taken in (visit.visit_id, PERSON_IDS["cy"], "a/b"):
        assert photograph(ana, visit, picture(), tap=taken).status_code == 200
    assert {p.kind for p in visit.records().photos} == {"photo"}
    assert len(visit.records().photos) == 3
    assert visit.records().visit.institution_id == before.institution_id


def test_a_photo_of_another_visit_is_not_removed_through_this_one(ana: Browser, visit: Visiting, shelf: Shelf) -> None:
    other = plan_by_service(visit.node, shelf)
    photograph(ana, other, picture())
    (photo,) = other.records().photos
    assert ana.submit(f"{visit.url}/photos/{photo.subject}/removal").status_code == 404
    assert len(other.records().photos) == 1
