"""The name of a file that somebody brings is a word, and never a place on the disk."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from app.errors_of_files import NotAWorkbook
from app.export.xlsx import workbook_in
from tests.browser.nodes import photo_bytes
from tests.web.hostile import PATHS
from tests.web.nodes import Browser, Node, Visiting

NAMES = [name for name in PATHS if "\0" not in name]  # no browser sends that one; see test_any_request.py


def files_below(*folders: Path) -> set[str]:
    return {str(path) for folder in folders for path in folder.rglob("*")}


@pytest.mark.parametrize("name", NAMES)
def test_no_name_of_a_file_leads_anywhere_on_a_tablet(
    ana: Browser, device: Node, visit: Visiting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    before = files_below(tmp_path)
    photo = ana.post(
        f"{visit.url}/photos", data={"indicator": "B1"}, files={"file": (name, photo_bytes(), "image/jpeg")}
    )
    assert photo.status_code == 303
    assert ana.post("/bundles", files={"file": (name, b"no bundle", "text/html")}).status_code == 422
    assert {path.removesuffix("-journal") for path in files_below(tmp_path)} - before <= {
        str(tmp_path / "device" / f"baqylau.db{end}") for end in ("-wal", "-shm")
    }
    served = ana.get(f"/photos/{visit.records().photos[0].subject}").headers
    assert served["Content-Disposition"] == 'inline; filename="photo.webp"'


@pytest.mark.parametrize("name", NAMES)
def test_no_name_of_a_file_leads_anywhere_at_the_office(
    adm: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    before = files_below(tmp_path)
    for address in ("/institutions/import", "/bundles"):
        reply = adm.post(address, files={"file": (name, b"no table", "text/csv")})
        assert reply.status_code == 422
    assert files_below(tmp_path) - before <= {
        str(tmp_path / "central" / f"baqylau.db{end}") for end in ("-wal", "-shm")
    }


def test_a_workbook_with_names_that_lead_out_of_it_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Zip slip: a workbook is read in memory, and nothing of it is unpacked to the disk."""
    monkeypatch.chdir(tmp_path)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in ("../../slipped", f"{tmp_path}/slipped", "..\\slipped", "xl/workbook.xml", "[Content_Types].xml"):
            archive.writestr(name, b"<x/>")
    with pytest.raises(NotAWorkbook):
        workbook_in(made.getvalue())
    assert files_below(tmp_path) == set()
