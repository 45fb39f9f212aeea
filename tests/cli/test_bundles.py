"""Bundles as people make them: written on a tablet, carried by another, taken by the office."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.store.slots import make_vault
from app.store.vault import Cost
from app.sync import bundles
from tests.builders import ANA, BEN, DEVICE_KEY, World, answer, make_node, make_visit, make_world
from tests.cli.conftest import PHRASE, Run

CHEAP = Cost(19, 2, 1)


@dataclass
class Folders:
    """The data folders of an office, of Ana's tablet with a visit that waits, and of another tablet."""

    office: Path
    tablet: Path
    courier: Path
    world: World


@pytest.fixture
def folders(tmp_path: Path, phrase: str) -> Iterator[Folders]:
    world = make_world(tmp_path)
    for _ in range(2):
        world.meet(world.device())
    with world.devices[0].write() as session:
        visit = make_visit(session)
        for number in range(1, 4):
            answer(session, visit, f"A-{number}", author=BEN if number == 3 else ANA)
    world.close()
    made = Folders(tmp_path / "central", tmp_path / "device1", tmp_path / "device2", world)
    for folder in (made.tablet, made.courier):
        make_vault(folder, ANA, PHRASE, CHEAP, DEVICE_KEY)
    yield made


def test_a_bundle_goes_from_a_tablet_to_the_office(run: Run, folders: Folders, tmp_path: Path) -> None:
    stick = tmp_path / "visits.bundle"
    said = run("bundle", "export", stick, "--data", folders.tablet)
    assert (said.code, said.err) == (0, "")
    assert stick.stat().st_mode & 0o777 == 0o600
    taken = run("bundle", "import", stick, "--data", folders.office)
    assert taken.out == "Tablet 1, file 1 of 1: 4 new entries, 0 new files\n"
    assert taken.code == 0 and "kept, but not counted" in taken.err and "(author)" in taken.err
    assert "0 new entries" in run("bundle", "import", stick, "--data", folders.office).out
    assert run("verify", "--data", folders.office).code == 0


def test_nothing_is_written_over(run: Run, folders: Folders, tmp_path: Path) -> None:
    stick = tmp_path / "visits.bundle"
    stick.write_bytes(b"mine")
    said = run("bundle", "export", stick, "--data", folders.tablet)
    assert said.code == 2 and "nothing is overwritten" in said.err
    assert stick.read_bytes() == b"mine"


def test_nothing_to_export_is_said(run: Run, folders: Folders, tmp_path: Path) -> None:
    said = run("bundle", "export", tmp_path / "x", "--data", folders.courier)
    assert (said.code, said.out) == (1, "The office has everything: there is nothing to export.\n")
    assert not (tmp_path / "x").exists()
    assert run("bundle", "export", tmp_path / "x", "--all", "--data", folders.tablet).code == 0


def test_many_files_are_numbered(run: Run, folders: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles.wire, "BATCH_BYTES", 500)
    monkeypatch.setattr(bundles, "PART_BYTES", 500)
    assert run("bundle", "export", tmp_path / "v.bundle", "--data", folders.tablet).code == 0
    files = sorted(tmp_path.glob("v-*-of-*.bundle"), reverse=True)
    assert len(files) > 1
    said = run("bundle", "import", *files, "--data", folders.office)
    assert said.code == 0 and said.out.count("new entries") == len(files)


def test_a_courier_says_that_it_cannot_open_it_and_brings_it(run: Run, folders: Folders, tmp_path: Path) -> None:
    stick = tmp_path / "visits.bundle"
    run("bundle", "export", stick, "--data", folders.tablet)
    said = run("bundle", "import", stick, "--data", folders.courier)
    assert (said.code, said.out) == (0, "file 1 of 1 is carried to the office; it cannot be opened here\n")
    central = make_node(folders.office, "central")
    courier = make_node(folders.courier)
    folders.world.http.app.state.database = central  # type: ignore[attr-defined]
    folders.world.meet(courier)
    central.close()
    courier.close()
    assert "0 new entries" in run("bundle", "import", stick, "--data", folders.office).out


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda data: data[:-9], "The end of this bundle is missing."),
        (lambda data: data[:-9] + bytes(9), "This bundle is not as its tablet signed it."),
        (lambda data: b"x" * 99, "This file is no bundle of Baqylau."),
    ],
)
def test_a_spoilt_file_is_a_sentence_and_the_others_are_taken(
    run: Run, folders: Folders, tmp_path: Path, spoil: object, sentence: str
) -> None:
    stick, bad = tmp_path / "visits.bundle", tmp_path / "bad.bundle"
    run("bundle", "export", stick, "--data", folders.tablet)
    bad.write_bytes(spoil(stick.read_bytes()))  # type: ignore[operator]
    said = run("bundle", "import", bad, stick, "--data", folders.office)
    assert said.code == 1
    assert sentence in said.err and "4 new entries" in said.out


def test_the_refusals_are_said_in_the_language_of_the_office(
    run: Run, folders: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = tmp_path / "bad.bundle"
    bad.write_bytes(b"x" * 99)
    for language, word in (("kk", "дестесі"), ("ru", "пакет")):
        monkeypatch.setenv("BAQYLAU_LANGUAGE", language)
        assert word in run("bundle", "import", bad, "--data", folders.office).err
