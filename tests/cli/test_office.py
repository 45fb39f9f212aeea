"""The office from the command line: its first administrator, more people, the list of institutions."""

from pathlib import Path

import pytest

from tests.cli.conftest import PHRASE, Run

HEADER = "id,name_kk,name_ru,type,region,capacity\n"
GOOD = "1,«Бір» изоляторы,Изолятор «Бир»,ivs,almaty,20\n"
BAD = "2,«Екі» үйі,Дом «Еки»,prison,almaty,20\n3,«Үш» бөлімі,Отдел «Уш»,police_station,astana,-4\n"


def csv(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "institutions.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_the_first_person_must_be_an_administrator(run: Run, phrase: str, tmp_path: Path) -> None:
    said = run("add-person", "Bolat", "--role", "reviewer", "--sign-in", "bolat", "--data", tmp_path)
    assert said.code == 2
    assert "must be an administrator" in said.err


def test_a_second_person_is_added_by_the_first_administrator(run: Run, office: Path) -> None:
    said = run("add-person", "Bolat", "--role", "reviewer", "--sign-in", "bolat", "--data", office)
    assert (said.code, said.out) == (0, "Bolat can sign in now.\n")


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("--role", "king", "--sign-in", "bolat"), "Choose at least one role."),
        (("--role", "monitor", "--sign-in", "AIGUL"), "sign-in name is taken"),
        (("--role", "monitor"), "--sign-in NAME"),
        (("--role", "monitor", "--sign-in", "bolat", "--as", "nobody"), "Nobody signs in as “nobody”."),
    ],
)
def test_a_person_that_cannot_be_added_is_refused_whole(
    run: Run, office: Path, args: tuple[str, ...], sentence: str
) -> None:
    said = run("add-person", "Bolat", *args, "--data", office)
    assert said.code == 2
    assert sentence in said.err
    assert run("reindex", "--data", office).out == "1 records from 1 entries\n"


def test_a_short_passphrase_is_refused(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAQYLAU_PASSPHRASE", "short")
    said = run("add-person", "Aigul", "--role", "administrator", "--sign-in", "aigul", "--data", tmp_path)
    assert said.code == 2
    assert "four words" in said.err


def test_an_import_takes_the_good_rows_and_lists_the_bad_ones(run: Run, office: Path) -> None:
    said = run("import-institutions", csv(office, HEADER + GOOD + BAD), "--data", office)
    assert said.code == 3
    assert "added 1, changed 0, unchanged 0, bad 2" in said.out
    assert "“prison” is no institution type." in said.out
    assert "Capacity is a whole number from 1 to 5000, not “-4”." in said.out
    assert [line.split("│")[1].strip() for line in said.out.splitlines() if line.startswith("│")] == ["3", "4"]


def test_the_same_file_again_changes_nothing(run: Run, office: Path) -> None:
    path = csv(office, HEADER + GOOD)
    assert run("import-institutions", path, "--data", office).code == 0
    said = run("import-institutions", path, "--data", office)
    assert (said.code, said.out) == (0, "added 0, changed 0, unchanged 1, bad 0\n")


def test_a_file_from_an_old_spreadsheet_is_read(run: Run, office: Path) -> None:
    text = (HEADER + GOOD.replace("«Бір» изоляторы", "Изолятор Бир")).replace(",", ";")
    assert run("import-institutions", csv(office, text, "cp1251"), "--data", office).code == 0


def test_a_file_that_is_no_table_is_a_sentence(run: Run, office: Path) -> None:
    said = run("import-institutions", csv(office, "hello"), "--data", office)
    assert said.code == 2
    assert "The first line must name the columns" in said.err


def test_an_import_into_an_office_without_people_is_refused(run: Run, tmp_path: Path) -> None:
    said = run("import-institutions", csv(tmp_path, HEADER + GOOD), "--data", tmp_path / "data")
    assert said.code == 2
    assert "There is no administrator yet." in said.err


def test_the_passphrase_can_come_from_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "phrase").write_text(f"{PHRASE}\n")
    args = ("--role", "administrator", "--sign-in", "aigul", "--passphrase-file", tmp_path / "phrase")
    assert run("add-person", "Aigul", *args, "--data", tmp_path / "data").code == 0
