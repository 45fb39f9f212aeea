"""Checklists as values: standards, indicators and the compiled checklist that a visit pins. Format: checklists/README.md."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Language = Literal["kk", "ru", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("kk", "ru", "en")

RatingValue = Literal["yes", "partly", "no", "not_applicable", "not_seen"]
RATINGS: Final = ("yes", "partly", "no", "not_applicable", "not_seen")
WITHOUT_RATING: Final = ("not_applicable", "not_seen")
Source = Literal["observation", "records", "child", "staff", "measurement", "family"]
SOURCES: Final = ("observation", "records", "child", "staff", "measurement", "family")
Severity = Literal[1, 2, 3, 4, "danger"]
FieldType = Literal["measure", "count", "share", "choice", "text", "date", "time", "moment"]
METHODS: Final = ("tape", "laser", "instrument", "counted", "estimate", "records")
ProvisionStatus = Literal["read", "number-unverified", "unverified"]
CustodyKind = Literal["within", "at_once", "span", "day_total", "daytime", "no_ground"]

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "POL": ("police_station", "ivs", "administrative_arrest_centre", "reception_centre"),
    "SIZ": ("remand_centre",),
    "COL": ("juvenile_colony",),
    "SPE": ("special_school", "special_regime_school"),
    "ADC": ("adaptation_centre",),
    "RES": ("boarding_school", "childrens_village", "youth_house"),
    "INF": ("infant_home",),
    "MED": ("medical_social", "hospital_unit"),
    "CRI": ("service_centre", "crisis_centre"),
}
WIDER_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "JUS": ("POL", "SIZ", "COL"),
    "CARE": ("SPE", "ADC", "RES", "INF", "MED", "CRI"),
    "ALL": tuple(GROUPS),
}
INSTITUTION_TYPES: Final = tuple(kind for kinds in GROUPS.values() for kind in kinds)


class Value(BaseModel):
    """A frozen value that knows exactly its keys: a misspelt key is a fault, never silence."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(Value):
    """One text in the three languages, none of them empty."""

    kk: Annotated[str, Field(min_length=1)]
    ru: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]

    def in_(self, language: str) -> str:
        """The text in a language; Kazakh for any other code."""
        return {"kk": self.kk, "ru": self.ru, "en": self.en}.get(language, self.kk)


class InForce(Value):
    """From when to when a provision is law; None is open."""

    start: date | None = Field(None, alias="from")
    end: date | None = Field(None, alias="to")


class Instrument(Value):
    """A convention, code, law or set of rules."""

    id: str
    level: Literal["national", "international", "method"]
    short: Text
    name: Text


class Provision(Value):
    """One rule of an instrument in our own words. Whatever is not `read` is shown as "to be checked by counsel"."""

    id: str
    number: str
    year: str
    topic: str
    text: Text
    status: ProvisionStatus
    source: str
    in_force: InForce | None = None
    differs: tuple[str, ...] = ()
    review: Language | None = None

    @property
    def is_verified(self) -> bool:
        return self.status == "read"


class Standard(Value):
    """A provision together with its instrument, as a compiled checklist carries it."""

    instrument: Instrument
    provision: Provision


class Option(Value):
    key: str
    label: Text


class AnswerField(Value):
    """Something asked beside or instead of the five answers. Bounds are what no real place exceeds."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    type: FieldType
    label: Text
    unit: str | None = None
    min: float | None = None
    max: float | None = None
    decimals: int = 0
    of: Text | None = None
    options: tuple[Option, ...] = ()


class Derived(Value):
    """A quotient of two fields, computed and never typed."""

    key: str
    label: Text
    unit: str
    numerator: str
    denominator: str
    decimals: int = 1


class Answer(Value):
    rating: bool
    fields: tuple[AnswerField, ...] = ()
    derived: tuple[Derived, ...] = ()


class Where(Value):
    """Narrows a threshold to answers whose other field is that large or that small: 6 m2 for one child, 4 m2 for more."""

    field: str
    at_least: float | None = None
    at_most: float | None = None

    def holds(self, value: float) -> bool:
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)


class Threshold(Value):
    """A number of the law or of a standard that a field or derived value is held against."""

    field: str
    level: Literal["national", "international"]
    rule: Literal["at_least", "at_most"]
    value: float
    unit: str
    standard: str
    note: Text | None = None
    where: Where | None = None
    applies_to: tuple[str, ...] = ()


class Card(Value):
    """What each answer means for this indicator: what makes two monitors agree."""

    yes: Text
    partly: Text
    no: Text
    not_applicable: Text
    not_seen: Text
    example: Text
    counter_example: Text


class Phrases(Value):
    finding: tuple[Text, ...] = ()
    recommendation: tuple[Text, ...] = ()


class AnswerIs(Value):
    """True when an earlier indicator was answered with one of these."""

    answer: str
    in_: tuple[str, ...] = Field(alias="in")


class FieldAtLeast(Value):
    """True when a number of an earlier indicator, written `P2.girls`, is that large."""

    field: str
    at_least: float


class FieldIs(Value):
    """True when a choice of an earlier indicator, written `F1.frequency`, is one of these."""

    field: str
    in_: tuple[str, ...] = Field(alias="in")


class AllOf(Value):
    all: "tuple[Rule, ...]"


class AnyOf(Value):
    any: "tuple[Rule, ...]"


Rule: TypeAlias = AnswerIs | FieldAtLeast | FieldIs | AllOf | AnyOf


class Indicator(Value):
    """One thing to find out: the question, how, what each answer means, and the rules behind it."""

    id: Annotated[str, Field(pattern=r"^[A-P][0-9]{1,3}$")]
    text: Text
    guidance: Text
    card: Card
    applies_to: tuple[str, ...]
    sources: tuple[Source, ...]
    measures: Literal["structural", "process", "outcome"]
    answer: Answer
    severity: Severity
    standards: tuple[str, ...] = ()
    when: Rule | None = None
    thresholds: tuple[Threshold, ...] = ()
    phrases: Phrases = Phrases()
    review: Language | None = None

    @property
    def is_danger(self) -> bool:
        return self.severity == "danger"

    def field(self, key: str) -> AnswerField | None:
        return next((found for found in self.answer.fields if found.key == key), None)


class Section(Value):
    """A place on the walk. With `repeat`, every indicator is asked once for each room or sampled file."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    title: Text
    hint: Text
    repeat: Literal["room", "file"] | None = None
    indicators: tuple[str, ...]


class Checklist(Value):
    """The order and choice of indicators for some institution types."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    version: Annotated[int, Field(ge=1)]
    types: tuple[str, ...]
    title: Text
    sections: tuple[Section, ...]
    must: tuple[str, ...] = ()
    short: tuple[str, ...] = ()


class CustodyRule(Value):
    """One clock of custody: from one event to the first of others, for some people, in the law of some years.

    `minutes` run without stop; `days` and `months` are those of the calendar, the day of the beginning counts as the
    first (CPC 48(4)-(5)); none of the three is "at once". Where the file shows the `exception`, `exception_minutes`
    holds instead, or without them another rule. `when_known`: judged only when one of these events was asked about.
    The words are those of `custody_rules`.
    """

    id: Annotated[str, Field(pattern=r"^[A-Z][0-9]{1,2}(\.[a-z0-9]+)?$")]
    kind: CustodyKind
    minutes: Annotated[int, Field(ge=1)] | None = None
    days: Annotated[int, Field(ge=1)] | None = None
    months: Annotated[int, Field(ge=1)] | None = None
    from_: str | None = Field(None, alias="from")
    to: tuple[str, ...] = ()
    who: str
    exception: str | None = None
    exception_minutes: Annotated[int, Field(ge=1)] | None = None
    when_known: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    text_seen_on: date
    status: Literal["confirmed", "unconfirmed_after", "unconfirmed"]
    standard: str
    also: tuple[str, ...] = ()
    text: Text
    note: Text | None = None
    review: Language | None = None

    def named_standards(self) -> tuple[str, ...]:
        return (self.standard, *self.also)


class CompiledChecklist(Value):
    """A checklist with everything it names: what a visit pins by SHA-256, and what travels with it."""

    format: Literal[1] = 1
    checklist: Checklist
    indicators: dict[str, Indicator]
    standards: dict[str, Standard]
    custody: tuple[CustodyRule, ...] = ()  # for places of the justice groups only

    def section(self, section_id: str) -> Section | None:
        return next((found for found in self.checklist.sections if found.id == section_id), None)

    def section_of(self, indicator_id: str) -> Section | None:
        return next((found for found in self.checklist.sections if indicator_id in found.indicators), None)

    def is_must(self, indicator_id: str) -> bool:
        return indicator_id in self.checklist.must

    def narrowed(self, indicator_ids: Collection[str]) -> "CompiledChecklist":
        """The same checklist asking only these indicators, in its own order; sections without any are left out."""
        wanted = frozenset(indicator_ids)
        kept = [(one, tuple(name for name in one.indicators if name in wanted)) for one in self.checklist.sections]
        sections = tuple(one.model_copy(update={"indicators": names}) for one, names in kept if names)
        must = tuple(name for name in self.checklist.must if name in wanted)
        checklist = self.checklist.model_copy(update={"sections": sections, "must": must})
        return self.model_copy(update={"checklist": checklist})

    def in_order(self) -> Iterator[tuple[Section, Indicator]]:
        """Every indicator with its section, as one walks."""
        for section in self.checklist.sections:
            for indicator_id in section.indicators:
                yield section, self.indicators[indicator_id]


def types_of(groups: tuple[str, ...]) -> set[str]:
    """The institution types that group codes such as ALL, JUS or POL cover. Raises KeyError for an unknown code."""
    narrow = [part for group in groups for part in WIDER_GROUPS.get(group, (group,))]
    return {kind for part in narrow for kind in GROUPS[part]}
