"""The people of the group and the office."""

from __future__ import annotations

import pytest

from app.store import journal, reads
from app.store.tables import CredentialRow
from tests.web.nodes import OFFICE_PASSPHRASE, Browser, Node, Visiting, text_of


def form(central: Node, **changes: object) -> dict[str, object]:
    return {"person": central.clock.new_id(), "name": "Гүлнар Жаңа", "role": ["monitor"], "language": "kk"} | changes


def test_a_person_is_added_with_roles_training_and_accreditation(adm: Browser, central: Node) -> None:
    typed = form(
        central,
        role=["monitor", "trainer"],
        trained_on="2026-01-15",
        accredited_until="2027-01-15",
        organisation="Балалар үшін",
    )
    assert adm.post("/people", data=typed).headers["Location"] == "/people"
    told = text_of(adm.get("/people").text)
    assert "Гүлнар Жаңа monitor, trainer never active Балалар үшін January 15, 2026 January 15, 2027" in told


def test_a_person_with_a_sign_in_name_can_sign_in(adm: Browser, central: Node) -> None:
    adm.post("/people", data=form(central, role=["reviewer"], sign_in_name="Gulnar", passphrase=OFFICE_PASSPHRASE))
    reply = central.browser().submit("/sign-in", name=" GULNAR ", passphrase=OFFICE_PASSPHRASE.upper())
    assert reply.status_code == 303


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"role": []}, "role"),
        ({"role": ["king"]}, "role"),
        ({"trained_on": "2026-02-30"}, "trained_on"),
        ({"accredited_until": "soon"}, "accredited_until"),
        ({"sign_in_name": "ben", "passphrase": OFFICE_PASSPHRASE}, "sign_in_name"),
        ({"sign_in_name": "gulnar", "passphrase": "short"}, "passphrase"),
    ],
)
def test_a_refused_person_keeps_what_was_typed_and_is_not_added(
    adm: Browser, central: Node, changes: dict[str, object], field: str
) -> None:
    typed = form(central, organisation="Балалар үшін") | changes
    reply = adm.post("/people", data=typed)
    assert reply.status_code == 422
    assert f'href="#field-{field}"' in reply.text and "Балалар үшін" in reply.text
    assert "Балалар үшін" not in adm.get("/people").text
    assert OFFICE_PASSPHRASE not in reply.text


def test_the_same_person_sent_twice_is_one(adm: Browser, central: Node) -> None:
    typed = form(central)
    for _ in range(2):
        assert adm.post("/people", data=typed).status_code == 303
    assert text_of(adm.get("/people").text).count("Гүлнар Жаңа") == 1


def test_a_passphrase_is_kept_only_as_a_hash(adm: Browser, central: Node) -> None:
    typed = form(central, sign_in_name="gulnar", passphrase=OFFICE_PASSPHRASE)
    adm.post("/people", data=typed)
    with central.database.read() as session:
        kept = session.get_one(CredentialRow, str(typed["person"]))
        assert kept.passphrase_hash.startswith("$argon2id$v=19$m=19456,t=2")
        entries = journal.entries_of(session, str(typed["person"]))
    assert all("passphrase" not in entry.sets for entry in entries)


def test_a_person_cannot_take_the_id_of_something_else(adm: Browser, central: Node, sent_visit: Visiting) -> None:
    adm.post("/people", data=form(central, person=sent_visit.visit_id))
    with central.database.read() as session:
        record = reads.record(session, sent_visit.visit_id)
        assert record and record.kind == "visit" and "roles" not in record.fields


def test_a_reviewer_sees_the_people_and_changes_none(ben: Browser, central: Node) -> None:
    assert "Ана Сапарова" in ben.get("/people").text
    assert ben.post("/people", data=form(central)).status_code == 403
    assert ben.get("/people/new").status_code == 403
