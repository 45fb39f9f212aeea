"""Sealed bundles in a browser: saved on a tablet, taken along by another, brought in at the office."""

from __future__ import annotations

import html
import re
import tempfile
from collections.abc import Callable, Sequence

import pytest
from httpx2 import Response
from sqlmodel import select

from app.domain.bundles import read_bundle
from app.store.bundles import CENTRAL_KEY, PROBLEM
from app.store.node import put_value
from app.store.tables import BundleRow
from app.sync import bundles, client
from app.sync.link import TOKEN
from app.web import bodies
from tests.web.nodes import Browser, Node, Visiting, text_of, transport_to
from tests.web.test_photos import photograph, picture

MIB = 2**20


def said(reply: Response) -> str:
    return html.unescape(text_of(reply.text))


def links(browser: Browser) -> list[str]:
    return re.findall(r'href="(/bundles/[0-9a-f]+/\d+)"', browser.get("/bundles").text)


def saved(browser: Browser) -> list[bytes]:
    return [browser.get(link).content for link in links(browser)]


def bring(browser: Browser, files: Sequence[bytes]) -> Response:
    return browser.post("/bundles", files=[("file", (f"{n}.bin", data, "")) for n, data in enumerate(files, start=1)])


@pytest.fixture
def worked(ana: Browser, visit: Visiting) -> Visiting:
    """Ana has answered and photographed; nothing of it is sent."""
    ana.tap(visit.answer_url("B1"), value="no")
    photograph(ana, visit, picture(), caption="есік")
    return visit


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "PART_BYTES", 600)
    monkeypatch.setattr(bundles.wire, "BATCH_BYTES", 600)


# ---- saved -------------------------------------------------------------------------------------------------------------


def test_a_tablet_saves_what_the_office_lacks_and_the_office_takes_it(
    ana: Browser, worked: Visiting, ben: Browser
) -> None:
    page = said(ana.get("/bundles"))
    assert "Only the office can open it" in page and "keeps everything until it meets the office itself" in page
    assert re.search(r"In it: \d+ entries, 1 photo, 1 checklist · ", page) and "File 1 of 1" in page
    (link,) = links(ana)
    reply = ana.get(link)
    assert reply.headers["Content-Disposition"] == f'attachment; filename="notes-{link.split("/")[2][:8]}-1-of-1.bin"'
    assert (reply.headers["Content-Type"], reply.headers["Cache-Control"]) == ("application/octet-stream", "no-store")
    assert worked.visit_id not in ben.get("/inbox").text
    taken = bring(ben, [reply.content])
    assert taken.status_code == 200 and re.search(r"file 1 of 1\. New here: \d+ entries, 2 files\.", said(taken))
    assert worked.visit_id in ben.get("/inbox").text
    again = bring(ben, [reply.content])
    assert again.status_code == 200 and "All of it was here already." in said(again)
    assert re.search(r"to send: \d+", said(ana.get("/visits")))  # sent is nothing by this


def test_the_files_of_one_bundle_belong_together(ana: Browser, worked: Visiting, ben: Browser, in_parts: None) -> None:
    page = said(ana.get("/bundles"))
    files = saved(ana)
    assert len(files) > 2 and f"File {len(files)} of {len(files)}" in page and "They belong together" in page
    labels = [read_bundle(data).label for data in files]
    assert {label.bundle for label in labels} == {labels[0].bundle}
    assert [label.part for label in labels] == list(range(1, len(files) + 1))
    taken = bring(ben, files[::-1])  # chosen in any order
    assert taken.status_code == 200 and said(taken).count("New here:") == len(files)


def test_what_is_written_meanwhile_makes_a_new_bundle_only_on_a_new_page(
    ana: Browser, worked: Visiting, in_parts: None
) -> None:
    first, *_ = old = links(ana)
    assert links(ana) == old
    ana.tap(worked.answer_url("B2"), value="no")
    whole = read_bundle(ana.get(first).content)
    assert whole.label.parts == len(old)  # the files of a page that is open stay those of one bundle
    new = links(ana)
    assert set(new).isdisjoint(old)
    late = ana.get(first)
    assert late.status_code == 422 and "out of date" in said(late)
    assert ana.get(f"{new[0][:-1]}{len(new) + 1}").status_code == 422


def test_one_file_at_a_time_is_written(
    ana: Browser, worked: Visiting, in_parts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    write = bundles.write_part

    def noting(database: object, planned: bundles.Plan, number: int) -> bytes:
        written.append(number)
        return write(database, planned, number)  # type: ignore[arg-type]

    monkeypatch.setattr(bundles, "write_part", noting)
    second = links(ana)[1]
    ana.get(second)
    assert written == [2]


def test_with_nothing_to_save_the_page_says_so(ana: Browser, worked: Visiting, meet: Callable[[], object]) -> None:
    meet()
    assert "The office has everything: there is nothing to save." in said(ana.get("/bundles"))
    assert links(ana) == []


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        (CENTRAL_KEY, "Connect it to the office once, then export."),
        (TOKEN, "This tablet is not enrolled yet."),
    ],
)
def test_without_a_key_or_an_office_the_page_says_what_to_do(
    ana: Browser, worked: Visiting, device: Node, missing: str, sentence: str
) -> None:
    with device.database.write() as session:
        put_value(session, missing, "")
    page = ana.get("/bundles")
    assert page.status_code == 200 and sentence in said(page) and links(ana) == []


def test_the_sync_page_leads_to_what_works_without_the_office(ana: Browser) -> None:
    page = ana.get("/sync").text
    assert 'href="/bundles"' in page and 'href="/hub"' in page
    assert 'href="/sync"' in ana.get("/hub").text


# ---- taken along -------------------------------------------------------------------------------------------------------


def test_another_tablet_takes_a_bundle_along_and_hands_it_over(
    ana: Browser, worked: Visiting, danas_tablet: Node, central: Node, ben: Browser
) -> None:
    files, dana = saved(ana), danas_tablet.browser("dana")
    told = bring(dana, [*files, *files])
    assert told.status_code == 200 and said(told).count("File 1 of 1 is taken along.") == 2
    assert re.search(r"Taken along for others: 1 file · [0-9.]+ MB", said(told))
    assert worked.visit_id not in told.text
    client.meet_central(danas_tablet.database, transport_to(central))
    assert worked.visit_id in ben.get("/inbox").text
    assert "Taken along" not in said(dana.get("/bundles"))


def test_what_the_office_refused_of_a_courier_is_said_there(ana: Browser, device: Node) -> None:
    with device.database.write() as session:
        put_value(session, f"{PROBLEM}{'0' * 64}", "nobody")
        put_value(session, f"{PROBLEM}{'1' * 64}", "nobody")
    page = said(ana.get("/bundles"))
    assert page.count("The office did not take a file that was taken along. The tablet that wrote this bundle") == 1


def test_a_file_that_is_no_bundle_is_refused_and_the_others_are_kept(
    ana: Browser, worked: Visiting, danas_tablet: Node
) -> None:
    (good,) = saved(ana)
    told = bring(danas_tablet.browser("dana"), [b"PK\x03\x04 a letter", good[:-9], good])
    assert told.status_code == 422
    assert "This file is no bundle of Baqylau." in said(told) and "The end of this bundle is missing." in said(told)
    assert said(told).count("is taken along") == 1
    with danas_tablet.database.read() as session:
        assert len(session.exec(select(BundleRow)).all()) == 1


@pytest.mark.parametrize("role", ["device", "central"])
def test_a_form_without_files_says_so(device: Node, central: Node, role: str) -> None:
    browser = device.browser("ana") if role == "device" else central.browser("ben")
    for reply in (browser.post("/bundles"), browser.post("/bundles", files={"file": ("", b"", "")})):
        assert reply.status_code == 422 and "Choose the files of a bundle first." in said(reply)


# ---- brought in --------------------------------------------------------------------------------------------------------


def test_the_office_says_of_each_file_what_came_of_it(
    ana: Browser, worked: Visiting, adm: Browser, in_parts: None
) -> None:
    files = saved(ana)
    photo, entries = files[-1], files[0]
    told = bring(adm, [photo])  # its visit is not here yet
    assert told.status_code == 422 and "Nothing of it was taken." in said(told)
    assert "Bring in the other files of this bundle, then this one again." in said(told)
    gap = said(bring(adm, [files[1]]))
    assert "Bring in the earlier files of this tablet first." in gap
    told = bring(adm, [b"x", entries])
    assert "1.bin This file is no bundle" in said(told) and re.search(r"2\.bin .*New here: \d+ entr", said(told))
    assert bring(adm, files).status_code == 200


def test_entries_that_do_not_count_are_named_with_the_reason(
    ana: Browser, worked: Visiting, ben: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = bundles.BundleTaken(
        sha256="0" * 64,
        name="Планшет 7",
        entries=2,
        quarantined=[{"entry_id": "a", "reason": "author"}, {"entry_id": "b", "reason": "author"}],  # type: ignore[list-item]
    )
    monkeypatch.setattr(bundles, "take", lambda database, data: told)
    page = bring(ben, saved(ana))
    assert page.status_code == 200
    assert "2 entries are kept but do not count: whoever wrote them is not among this tablet's people." in said(page)


@pytest.mark.parametrize("name", ["ana", "tom"])
def test_only_reviewers_and_administrators_bring_bundles_in(central: Node, name: str) -> None:
    browser = central.browser(name)
    assert browser.get("/bundles").status_code == 403
    assert bring(browser, [b"x"]).status_code == 403


@pytest.mark.parametrize("page", ["/inbox", "/devices"])
def test_the_office_finds_the_page(ben: Browser, adm: Browser, page: str) -> None:
    assert 'href="/bundles"' in (ben if page == "/inbox" else adm).get(page).text


# ---- what lies on the disk meanwhile ---------------------------------------------------------------------------------


@pytest.fixture
def on_disk(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The first bytes of every file of a form that was put on the disk."""
    found: list[bytes] = []
    rollover = tempfile.SpooledTemporaryFile.rollover

    def noting(file: tempfile.SpooledTemporaryFile[bytes]) -> None:
        at = file.tell()
        file.seek(0)
        found.append(file.read(16))
        file.seek(at)
        rollover(file)

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", noting)
    return found


def test_of_large_bundles_only_the_beginnings_are_in_memory(ben: Browser, on_disk: list[bytes]) -> None:
    bring(ben, [b"baqylau-bundle-1" + bytes(3 * MIB)] * 2)
    assert on_disk == [b"baqylau-bundle-1"] * 2


# ---- how long a body may be -------------------------------------------------------------------------------------------


def test_a_bundle_may_be_longer_than_any_other_form(
    ben: Browser, adm: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(bodies.LARGE_MB, "/bundles", 30)
    assert bring(ben, [bytes(30 * MIB)]).status_code == 422  # no bundle, but read
    too_long = bring(ben, [bytes(31 * MIB)])
    assert too_long.status_code == 413 and "There may be up to 30 MB." in said(too_long)
    other = adm.post("/institutions/import", files={"file": ("x.csv", bytes(30 * MIB), "text/csv")})
    assert other.status_code == 413 and "up to 20 MB" in said(other)


def test_nothing_is_read_of_who_may_not_bring(central: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(bodies.LARGE_MB, "/bundles", 0)
    too_long = [bytes(2 * MIB)]
    assert bring(central.browser(), too_long).status_code == 401  # not 413: the body was not looked at
    assert bring(central.browser("ana"), too_long).status_code == 403
