"""Which entry destroys the body of which: the very bytes that it names, by who may."""

from dataclasses import replace

import pytest

from app.domain import erasure
from app.domain.journal import BrokenEntry, Draft, Entry, compose
from tests.builders import ANA, BEN, entry_id, make_entry

SAID = make_entry(entry_id(1), {"value": "no"}, scope="visit:v", subject="v/A-1")


def erasure_by(author: str, target: Entry = SAID, by_office: bool = False, **changes: str) -> Entry:
    draft = erasure.draft_of(target, by_office=by_office)
    draft = replace(draft, **{k: v for k, v in changes.items() if k in ("scope", "subject", "kind")})
    sets = draft.sets | {k: v for k, v in changes.items() if k in draft.sets}
    return compose(replace(draft, sets=sets), entry_id(9), author, 1, b"salt" * 4)


def test_its_author_and_the_office_erase_an_entry_and_nobody_else() -> None:
    assert erasure.erases(erasure_by(ANA), SAID)
    assert not erasure.erases(erasure_by(BEN), SAID)
    assert erasure.erases(erasure_by(BEN, by_office=True), SAID)


@pytest.mark.parametrize(
    "changes",
    [
        {"entry": entry_id(2)},
        {"header_hash": "00" * 32},
        {"body_hash": "00" * 32},
        {"scope": "visit:w"},
        {"subject": "v/erasure/other"},
        {"kind": "note"},
    ],
)
def test_one_that_names_something_else_erases_nothing(changes: dict[str, str]) -> None:
    assert not erasure.erases(erasure_by(ANA, **changes), SAID)


def test_an_erasure_is_erased_by_none_and_what_is_gone_cannot_be_named() -> None:
    first = erasure_by(ANA)
    assert not erasure.erases(erasure_by(ANA, target=first), first)
    gone = erasure.without_body(SAID)
    assert not erasure.erases(first, gone)
    assert (gone.header, gone.fields(), gone.sets) == (SAID.header, {}, ("value",))
    with pytest.raises(BrokenEntry):
        erasure.draft_of(gone, by_office=False)


def test_one_without_a_body_of_its_own_erases_nothing() -> None:
    assert not erasure.erases(erasure.without_body(erasure_by(ANA)), SAID)


def test_two_who_erase_the_same_mean_the_same_record() -> None:
    assert isinstance(draft := erasure.draft_of(SAID, by_office=True), Draft)
    assert draft.subject == erasure_by(ANA).subject == f"v/erasure/{entry_id(1)}"
    assert erasure.subject_of("person:p", "e") == "person:p/erasure/e"
