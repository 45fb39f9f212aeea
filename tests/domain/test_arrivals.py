"""An id belongs to the first sound entry that has it, and what claims it is kept, and linked, under another name."""

from app.domain.arrivals import TAKEN_ID, sort_arrivals
from app.domain.journal import Draft, Entry, compose, set_aside

ID = "01890a5d-ac96-774b-bcce-b302099a8057"


def an_entry(value: str) -> Entry:
    return compose(Draft("answer", "visit/b1", "visit:1", {"value": value}), ID, "ana", 1_790_000_000_000, bytes(16))


def test_an_entry_and_what_claims_its_id_in_one_batch_keep_names_of_their_own() -> None:
    first, claim = an_entry("yes"), an_entry("no")
    intake = sort_arrivals([first, claim], {}, {})
    assert intake.sound == [first]
    assert intake.reasons == {ID: TAKEN_ID}
    assert intake.name_of(first) == ID
    assert intake.name_of(claim) == set_aside(claim.header, claim.body).entry_id != ID


def test_two_claims_of_one_id_are_both_named() -> None:
    entries = [an_entry(value) for value in ("yes", "no", "perhaps")]
    intake = sort_arrivals(entries, {}, {})
    assert len({intake.name_of(entry) for entry in entries}) == 3
    assert {intake.name_of(entry) for entry in entries[1:]} == set(intake.wrong)


def test_without_claims_everybody_keeps_the_own_name() -> None:
    first = an_entry("yes")
    assert sort_arrivals([first], {}, {}).name_of(first) == ID
