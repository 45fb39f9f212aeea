"""Guessing passphrases: the waits grow, on a tablet and at the office, and say nothing about who exists."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.services import sign_in_tries
from app.store.checklists import Shelf
from app.store.tables import AuditRow, SignInTryRow, table
from tests.web.nodes import (
    OFFICE_PASSPHRASE,
    PASSPHRASES,
    PERSON_IDS,
    Browser,
    Node,
    TestClock,
    problem_of,
)
from tests.web.test_sign_in import locked, sign_in

WRONG = "wrong words on purpose"


def noted(node: Node) -> list[tuple[str, str, str]]:
    audit = table(AuditRow)
    with node.database.read() as session:
        return [tuple(row) for row in session.execute(select(audit.c.who, audit.c.what, audit.c.of))]


@pytest.fixture
def visitor(central: Node) -> Browser:
    return central.browser()


@pytest.mark.parametrize("name", ["ben", "nobody"])
def test_the_office_lets_a_name_wait_whether_it_exists_or_not(visitor: Browser, clock: TestClock, name: str) -> None:
    for _ in range(3):
        assert sign_in(visitor, WRONG, name) == 401
        clock.advance(minutes=15)
    assert sign_in(visitor, WRONG, name) == 401
    reply = visitor.submit("/sign-in", name=f" {name.upper()} ", passphrase=OFFICE_PASSPHRASE, next="/inbox")
    assert reply.status_code == 429 and "0:08" in problem_of(reply.text)
    assert 'value="/inbox"' in reply.text and OFFICE_PASSPHRASE not in reply.text and "Set-Cookie" not in reply.headers


def test_after_the_wait_the_right_passphrase_opens_and_the_count_starts_anew(
    visitor: Browser, central: Node, clock: TestClock
) -> None:
    sign_in(visitor, WRONG)
    clock.advance(minutes=1)
    assert sign_in(visitor) == 303
    assert sign_in(visitor, WRONG) == 401
    assert noted(central)[-3:] == [
        ("program", "sign_in_failed", PERSON_IDS["ben"]),
        (PERSON_IDS["ben"], "signed_in", ""),
        ("program", "sign_in_failed", PERSON_IDS["ben"]),
    ]


def test_one_name_does_not_make_another_wait(visitor: Browser) -> None:
    sign_in(visitor, WRONG, "adm")
    assert sign_in(visitor) == 303


def test_many_names_from_one_address_wait_too_and_a_good_account_does_not_clear_it(
    visitor: Browser, clock: TestClock
) -> None:
    for number in range(sign_in_tries.FREE_OF_ADDRESS):
        assert sign_in(visitor, WRONG, f"name-{number}") == 401
    assert sign_in(visitor) == 303
    assert sign_in(visitor, WRONG, "one-more") == 401
    assert sign_in(visitor, WRONG, "another") == 429
    clock.advance(minutes=1.1)
    assert sign_in(visitor, WRONG, "another") == 401


def test_a_refused_try_costs_no_look_at_the_passphrase(visitor: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(visitor, WRONG)
    monkeypatch.setattr("app.services.people.passphrase_fits", lambda *_: pytest.fail("it was checked"))
    assert sign_in(visitor) == 429


def test_the_office_keeps_no_typed_name_and_forgets_the_tries_of_yesterday(
    visitor: Browser, central: Node, clock: TestClock
) -> None:
    sign_in(visitor, "", WRONG)  # the passphrase in the field of the name
    clock.advance(hours=25)
    sign_in(visitor, WRONG, "ben")
    with central.database.read() as session:
        names = list(session.execute(select(table(SignInTryRow).c.name)).scalars())
    assert len(names) == 2 and not any("wrong" in name or "ben" in name for name in names)


def test_a_tablet_says_how_long_to_wait_and_opens_afterwards(device: Node, shelf: Shelf, clock: TestClock) -> None:
    browser = locked(device, shelf)
    assert sign_in(browser, WRONG, "") == 401
    reply = browser.submit("/sign-in", passphrase=PASSPHRASES["ana"], next="/sync")
    assert reply.status_code == 429 and "0:01" in problem_of(reply.text) and 'value="/sync"' in reply.text
    clock.advance(minutes=1)
    assert sign_in(browser, PASSPHRASES["ana"], "") == 303
    assert sign_in(browser, WRONG, "") == 401
    opened = Node(browser.node_app, device.origin, clock)
    assert noted(opened) == [(PERSON_IDS["ana"], "signed_in", ""), ("program", "sign_in_failed", "")]
    opened.database.close()
