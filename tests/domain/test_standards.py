"""The provisions as one reads them, and the numbers of the library."""

from __future__ import annotations

from app.domain.checklist import (
    Answer,
    Card,
    Checklist,
    Indicator,
    Instrument,
    Provision,
    ProvisionStatus,
    Section,
    Standard,
    Text,
)
from app.domain.guides import Guide
from app.domain.library import Library, Reference, reference_of
from app.domain.library_counts import LanguageCount, TypeCount, counts_of
from app.domain.standards import counterparts, in_order, questions_by_standard, tallies, to_check, to_review


def text(said: str = "words") -> Text:
    return Text(kk=f"{said} kk", ru=f"{said} ru", en=f"{said} en")


def standard(
    provision_id: str,
    number: str,
    level: str = "national",
    status: ProvisionStatus = "read",
    differs: tuple[str, ...] = (),
    review: str | None = None,
) -> Standard:
    instrument = Instrument.model_validate(
        {"id": provision_id.rpartition(".")[0], "level": level, "short": text("short"), "name": text("name")}
    )
    provision = Provision.model_validate(
        {
            "id": provision_id,
            "number": number,
            "year": "2014",
            "topic": "topic",
            "text": text(),
            "status": status,
            "source": "seen",
            "differs": differs,
            "review": review,
        }
    )
    return Standard(instrument=instrument, provision=provision)


def indicator(indicator_id: str, severity: object, *standards: str, review: str | None = None) -> Indicator:
    said = text()
    names = ("yes", "partly", "no", "not_applicable", "not_seen", "example", "counter_example")
    return Indicator.model_validate(
        {
            "id": indicator_id,
            "text": said,
            "guidance": said,
            "card": Card(**dict.fromkeys(names, said)),
            "applies_to": ("ALL",),
            "sources": ("observation",),
            "measures": "outcome",
            "answer": Answer(rating=True),
            "severity": severity,
            "standards": standards,
            "review": review,
        }
    )


LAW = (
    standard("kz.a.131", "131(4)", status="unverified"),
    standard("kz.a.14", "14(2)", differs=("un.b.37",), review="kk"),
    standard("kz.a.14-1", "14-1"),
    standard("un.b.37", "37(c)", "international", status="number-unverified"),
    standard("way.1", "Step 1", "method"),
)
ASKED = (
    indicator("B1", "danger", "kz.a.14", "un.b.37"),
    indicator("A10", 4, "un.b.37", review="kk"),
    indicator("A2", 4, "un.b.37"),
)
GUIDE = Guide(id="words", version=1, title=text(), intro=text(), review="kk")
LIBRARY = Library(
    instruments={one.instrument.id: one.instrument for one in LAW},
    standards={one.provision.id: one for one in LAW},
    indicators={one.id: one for one in ASKED},
    checklists={
        (name, version): Checklist(
            id=name,
            version=version,
            types=types,
            title=text(),
            sections=(
                Section(id="first", title=text(), hint=text(), indicators=asked[:1]),
                Section(id="second", title=text(), hint=text(), indicators=asked[1:]),
            ),
            must=("B1",),
            short=("B1",),
        )
        for name, version, types, asked in (
            ("wide", 1, ("ivs", "police_station"), ("B1", "A2")),
            ("wide", 2, ("ivs", "police_station"), ("B1", "A2", "A10")),
            ("ivs", 1, ("ivs",), ("B1", "A10")),
        )
    },
    guides={"words": GUIDE},
)
REFERENCE = reference_of(LIBRARY)


def names(standards: tuple[Standard, ...]) -> list[str]:
    return [one.provision.id for one in standards]


def test_provisions_stand_by_level_and_as_people_count() -> None:
    assert names(in_order(reversed(LAW))) == ["kz.a.14", "kz.a.14-1", "kz.a.131", "un.b.37", "way.1"]


def test_whatever_was_not_read_is_for_counsel() -> None:
    assert names(to_check(LAW)) == ["kz.a.131", "un.b.37"]


def test_an_instrument_is_counted_by_status() -> None:
    counted = {t.instrument.id: (t.provisions, t.read, t.number_unverified, t.unverified) for t in tallies(LAW)}
    assert counted == {"kz.a": (3, 2, 0, 1), "un.b": (1, 0, 1, 0), "way": (1, 1, 0, 0)}
    assert [one.to_check for one in tallies(LAW)] == [1, 1, 0]


def test_a_difference_holds_in_both_directions_though_one_side_names_it() -> None:
    assert names(counterparts(REFERENCE, LAW[1])) == ["un.b.37"]
    assert names(counterparts(REFERENCE, LAW[3])) == ["kz.a.14"]
    assert counterparts(REFERENCE, LAW[0]) == ()


def test_a_provision_knows_its_questions_in_order() -> None:
    rest = {name: [q.indicator_id for q in asked] for name, asked in questions_by_standard(REFERENCE).items()}
    assert rest == {"un.b.37": ["A2", "A10", "B1"], "kz.a.14": ["B1"]}


def test_everything_marked_for_a_jurist_is_listed_whatever_it_is() -> None:
    assert [(one.kind, one.item_id, one.language) for one in to_review(REFERENCE)] == [
        ("provision", "kz.a.14", "kk"),
        ("indicator", "A10", "kk"),
        ("guide", "words", "kk"),
    ]
    assert to_review(Reference()) == ()


# ---- the numbers of the library ----------------------------------------------------------------------------------------


def test_each_institution_type_counts_what_its_proposed_checklist_asks() -> None:
    by_type = {one.institution_type: one for one in counts_of(LIBRARY).by_type}
    assert len(by_type) == 17
    assert by_type["ivs"] == TypeCount("ivs", "ivs", 2, 1)  # made for fewer types
    assert by_type["police_station"] == TypeCount("police_station", "wide", 3, 1)  # the newest version
    assert by_type["infant_home"] == TypeCount("infant_home", "", 0, 0)
    assert counts_of(LIBRARY).types_covered == 2


def test_indicators_are_counted_by_domain_and_severity_and_add_up() -> None:
    counted = counts_of(LIBRARY)
    assert (len(counted.by_domain), counted.by_domain["A"], counted.by_domain["B"]) == (16, 2, 1)
    assert dict(counted.by_severity) == {"danger": 1, "4": 2, "3": 0, "2": 0, "1": 0}
    assert sum(counted.by_domain.values()) == sum(counted.by_severity.values()) == counted.indicators == 3


def test_provisions_are_counted_by_verification() -> None:
    counted = counts_of(LIBRARY)
    assert dict(counted.by_status) == {"read": 3, "number-unverified": 1, "unverified": 1}
    assert (counted.provisions, counted.unverified, counted.instruments) == (5, 2, 3)
    assert counted.to_review == 3


def test_a_text_without_words_in_a_language_is_missing_there_only() -> None:
    whole = counts_of(LIBRARY)
    # 3 instruments x 2, 5 provisions, 3 indicators x 9, 3 checklists x 5, a guide x 2
    assert {one.texts for one in whole.by_language.values()} == {55}
    assert whole.languages_done == 3
    blank = LAW[0].provision.model_copy(update={"text": text().model_copy(update={"kk": " "})})
    poorer = counts_of(
        Library(
            **{
                **vars(LIBRARY),
                "standards": {**LIBRARY.standards, "kz.a.131": Standard(instrument=LAW[0].instrument, provision=blank)},
            }
        )
    )
    assert poorer.by_language["kk"] == LanguageCount(54, 55)
    assert poorer.by_language["ru"] == LanguageCount(55, 55)
    assert poorer.languages_done == 2
    assert poorer.by_language["kk"].percent < 100


def test_an_empty_library_counts_nothing() -> None:
    counted = counts_of(Library())
    assert (counted.types_covered, counted.indicators, counted.provisions, counted.danger) == (0, 0, 0, 0)
