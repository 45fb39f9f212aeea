"""The list of institutions: one by one, and from a CSV file that takes the good rows and reports the bad ones."""

from __future__ import annotations

import re

import pytest
from httpx2 import Response

from app.store import reads
from tests.web.nodes import Browser, Node, Visiting, text_of

HEADER = "id,name_kk,name_ru,type,region,place,capacity"
GOOD = "7,Абай бөлімі,Отдел Абай,ivs,abai,Семей,12"


def bring_in(browser: Browser, data: str | bytes, encoding: str = "utf-8") -> Response:
    raw = data if isinstance(data, bytes) else data.encode(encoding)
    return browser.post("/institutions/import", files={"file": ("list.csv", raw, "text/csv")})


def counts(reply: Response) -> tuple[int, int, int, int]:
    """(added, changed, as before, left out)."""
    told = text_of(reply.text)
    found = re.search(r"added: (\d+) · changed: (\d+) · as before: (\d+)", told)
    assert found, told
    return int(found[1]), int(found[2]), int(found[3]), len(re.findall(r'<td class="hash">', reply.text))


def names(central: Node) -> set[str]:
    with central.database.read() as session:
        return {record.text("name_kk") for record in reads.institutions(session).values()}


def test_bad_rows_are_reported_with_line_and_reason_and_the_rest_is_taken(adm: Browser, central: Node) -> None:
    rows = [
        HEADER,
        GOOD,
        "8,Б,Б,zzz,abai,,",
        "9,,Г,ivs,abai,,",
        "10,Д,Д,ivs,mars,,",
        "11,Е,Е,ivs,abai,,0",
        "12,Ж,Ж,ivs,abai,,many",
        "13,З,З,ivs,abai,,5,extra",
        "14,И,И,ivs,abai,,²",
        "15,К бөлімі,К,ivs,abai,,5",
    ]
    reply = bring_in(adm, "\n".join(rows))
    assert reply.status_code == 200
    assert counts(reply) == (2, 0, 0, 7)
    table = {
        int(line): text_of(rest)
        for line, rest in re.findall(r'<tr><td class="num">(\d+)</td>(.*?)</tr>', reply.text, re.S)
    }
    assert set(table) == {3, 4, 5, 6, 7, 8, 9}
    assert "“zzz” is no institution type" in table[3]
    assert "“name_kk” is empty" in table[4]
    assert "“mars” is no region" in table[5]
    assert "Capacity is a whole number" in table[6] and "Capacity is a whole number" in table[7]
    assert "more columns than the first line" in table[8]
    assert {"Абай бөлімі", "К бөлімі"} <= names(central)


@pytest.mark.parametrize(
    ("encoding", "separator"),
    [("utf-8", ","), ("utf-8-sig", ";"), ("cp1251", ";"), ("utf-16", "\t"), ("utf-8", "\t")],
)
def test_a_file_is_read_in_each_encoding_that_office_programs_write(
    adm: Browser, central: Node, encoding: str, separator: str
) -> None:
    reply = bring_in(adm, f"{HEADER}\r\n7,Абай,Отдел Абай,ivs,abai,Семей,12\r\n".replace(",", separator), encoding)
    assert counts(reply) == (1, 0, 0, 0)
    assert "Абай" in names(central)


def test_a_file_with_quotes_and_line_breaks_in_a_field_counts_lines_as_an_editor_does(adm: Browser) -> None:
    reply = bring_in(adm, f'{HEADER}\n7,"А,\nБ",В,ivs,abai,,\n8,Г,Г,zzz,abai,,\n')
    assert counts(reply) == (1, 0, 0, 1)
    assert re.search(r'<td class="num">4</td>', reply.text)


@pytest.mark.parametrize("data", ["", "id;name_kk;type\n1;А;ivs\n", "just words\n"])
def test_a_file_without_the_needed_columns_is_refused_and_names_them(adm: Browser, data: str) -> None:
    reply = bring_in(adm, data)
    assert reply.status_code == 422
    assert "name_ru" in text_of(reply.text) and "region" in text_of(reply.text)


@pytest.mark.parametrize(
    "data",
    [b"\x00\x01\x02" * 40, b"\xff\xfe\x00", "x".encode("utf-16-le") * 30, HEADER.encode() + b'\n7,"' + b"a" * 200_000],
)
def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(adm: Browser, data: bytes) -> None:
    reply = bring_in(adm, data)
    assert reply.status_code == 422
    assert 'role="alert"' in reply.text


def test_the_same_file_twice_changes_nothing_and_a_new_capacity_changes_one(adm: Browser) -> None:
    assert counts(bring_in(adm, f"{HEADER}\n{GOOD}\n")) == (1, 0, 0, 0)
    assert counts(bring_in(adm, f"{HEADER}\n{GOOD}\n")) == (0, 0, 1, 0)
    assert counts(bring_in(adm, f"{HEADER}\n{GOOD.replace(',12', ',14')}\n")) == (0, 1, 0, 0)


def test_a_file_above_the_limit_is_refused(adm: Browser) -> None:
    assert bring_in(adm, b"a" * (8 * 2**20 + 1)).status_code == 413


def test_an_institution_is_added_by_hand(adm: Browser, central: Node) -> None:
    form = {
        "institution": central.clock.new_id(),
        "name_kk": "Жаңа",
        "name_ru": "Новый",
        "type": "ivs",
        "region": "astana",
        "capacity": "5",
    }
    assert adm.submit("/institutions", **form).headers["Location"] == "/institutions"
    assert adm.submit("/institutions", **form).status_code == 303
    assert text_of(adm.get("/institutions?search=жаңа").text).count("Новый") == 1


@pytest.mark.parametrize(
    ("name", "typed"),
    [("name_kk", ""), ("type", "zzz"), ("region", ""), ("capacity", "0"), ("capacity", "5001"), ("capacity", "²")],
)
def test_a_refused_institution_keeps_what_was_typed(adm: Browser, central: Node, name: str, typed: str) -> None:
    form = {"name_kk": "Жаңа", "name_ru": "Новый отдел", "type": "ivs", "region": "astana", "capacity": "5"} | {
        name: typed
    }
    reply = adm.submit("/institutions", **form)
    assert reply.status_code == 422
    assert f'href="#field-{name}"' in reply.text and "Новый отдел" in reply.text
    assert "Новый отдел" not in adm.get("/institutions").text


def test_an_institution_cannot_take_the_id_of_something_else(adm: Browser, central: Node, sent_visit: Visiting) -> None:
    visit_id = sent_visit.visit_id
    adm.submit("/institutions", institution=visit_id, name_kk="Ж", name_ru="Ж", type="ivs", region="astana")
    with central.database.read() as session:
        record = reads.record(session, visit_id)
        assert record and record.kind == "visit" and "name_kk" not in record.fields
