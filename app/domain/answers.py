"""What a merged answer means: is it complete, does it keep the rules it is held against, is it a sign of danger. Pure.

Fields of an answer's record: `value`, `reason`, `note`, `field.<key>` (see `answer_input.check_field`), `method.<key>`,
`source.<kind>` true/false, `confidence`, `flagged` true/false, `severity` as a text ("1" to "4", "danger").
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal, NamedTuple

from app.domain.checklist import WITHOUT_RATING, AnswerField, Indicator, Threshold
from app.domain.merge import Record
from app.domain.skip_rules import Fields

NUMERIC: Final = ("count", "measure", "share")
# Whose word a source is. Two of one voice are not independent: staff speak, and staff write the records.
VOICES: Final[Mapping[str, str]] = {
    "observation": "ours",
    "measurement": "ours",
    "records": "of the place",
    "staff": "of the place",
    "child": "of the children",
    "family": "of the children",
}
STRONG_SOURCES: Final = ("observation", "measurement", "records")


class AnswerPlace(NamedTuple):
    """Which answer: the visit, the indicator and the room or file; `repeat_id` is empty outside repeats."""

    visit_id: str
    indicator_id: str
    repeat_id: str


@dataclass(frozen=True)
class Verdict:
    """A value held against one threshold. `value` is not rounded; None when it is not known."""

    level: Literal["national", "international"]
    outcome: Literal["kept", "broken", "unknown"]
    value: float | None
    threshold: Threshold


def answer_subject(visit_id: str, indicator_id: str, repeat_id: str = "") -> str:
    """The subject of an answer's entries: `<visit>/<indicator>[/<repeat>]`."""
    return "/".join(part for part in (visit_id, indicator_id, repeat_id) if part)


def answer_place(subject: str) -> AnswerPlace:
    """The inverse of `answer_subject`. Raises ValueError for a text that is no such subject."""
    parts = subject.split("/")
    if len(parts) not in (2, 3) or not all(parts):
        raise ValueError(f"{subject!r} is not the subject of an answer")
    return AnswerPlace(parts[0], parts[1], parts[2] if len(parts) > 2 else "")


def is_complete(indicator: Indicator, record: Record | None) -> bool:
    """True when nothing more is asked: one of the five answers, with a reason for `not_applicable` and `not_seen`.

    Without a rating: every number and choice (of an indicator that has none: at least one field). Texts and times may
    stay empty. What was not found out is `not_seen` with a reason, beside the fields that were. A conflict is open.
    """
    if record is None:
        return False
    value = record.text("value")
    if value in WITHOUT_RATING:
        return bool(record.text("reason").strip())
    if indicator.answer.rating:
        return bool(value)
    asked = indicator.answer.fields
    needed = [field for field in asked if field.type in NUMERIC or field.type == "choice"]
    if needed:
        return all(_is_filled(field, record.fields) for field in needed)
    return any(_is_filled(field, record.fields) for field in asked)


def needs_reason(fields: Fields) -> bool:
    """True when `not_applicable` or `not_seen` still stands without its reason."""
    return fields.get("value") in WITHOUT_RATING and not str(fields.get("reason") or "").strip()


def derived_values(indicator: Indicator, fields: Fields) -> dict[str, float | None]:
    """The quotients of an indicator, unrounded; None while a number is missing or the denominator is 0."""
    values = {derived.key: _exact(indicator, derived.key, fields) for derived in indicator.answer.derived}
    return {key: None if value is None else float(value) for key, value in values.items()}


def verdicts(indicator: Indicator, fields: Fields) -> tuple[Verdict, ...]:
    """One verdict for each threshold that is meant, in the order of the file. Compared exactly, before any rounding."""
    return tuple(_verdict(indicator, one, fields) for one in indicator.thresholds if _is_meant(one, fields))


def _is_meant(threshold: Threshold, fields: Fields) -> bool:
    """False for a number of other rooms than this one, or as long as nobody can say which room this is."""
    if threshold.where is None:
        return True
    value = number_of(fields, threshold.where.field)
    return value is not None and threshold.where.holds(value)


def shows_danger(indicator: Indicator, fields: Fields) -> bool:
    """True for a child possibly in danger: a danger indicator answered no or partly, or a finding marked as danger."""
    if indicator.is_danger and fields.get("value") in ("no", "partly"):
        return True
    return fields.get("flagged") is True and fields.get("severity") == "danger"


def is_finding(indicator: Indicator, fields: Fields) -> bool:
    """True when the monitor marked it as a finding, or when it shows danger: that may not be left out."""
    return fields.get("flagged") is True or shows_danger(indicator, fields)


def suggested_confidence(fields: Fields) -> str:
    """`high`, `medium`, `low`, or "" without a source: a proposal, the monitor decides.

    high: two independent voices (what we saw, the place's word, the children's word). medium: one voice, through a
    strong source or through two kinds of source. low: a single statement. Source: domain.md 4.1, and 2 step 11.
    """
    sources = [kind for kind in VOICES if fields.get(f"source.{kind}") is True]
    if not sources:
        return ""
    if len({VOICES[kind] for kind in sources}) > 1:
        return "high"
    return "medium" if len(sources) > 1 or sources[0] in STRONG_SOURCES else "low"


def number_of(fields: Fields, key: str) -> int | float | None:
    """The number in `field.<key>`; None when there is none."""
    value = fields.get(f"field.{key}")
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def share_of(fields: Fields, key: str) -> tuple[int, int] | None:
    """(numerator, denominator) of a share; None until both are there."""
    value = fields.get(f"field.{key}")
    if not isinstance(value, dict):
        return None
    n, of = value.get("n"), value.get("of")
    return (n, of) if isinstance(n, int) and isinstance(of, int) else None


def _is_filled(field: AnswerField, fields: Fields) -> bool:
    if field.type == "share":
        return share_of(fields, field.key) is not None
    return fields.get(f"field.{field.key}") not in (None, "")


def _verdict(indicator: Indicator, threshold: Threshold, fields: Fields) -> Verdict:
    value = None if fields.get("value") == "not_applicable" else _exact(indicator, threshold.field, fields)
    if value is None:
        return Verdict(threshold.level, "unknown", None, threshold)
    bound = _fraction(threshold.value)
    is_kept = value >= bound if threshold.rule == "at_least" else value <= bound
    return Verdict(threshold.level, "kept" if is_kept else "broken", float(value), threshold)


def _exact(indicator: Indicator, key: str, fields: Fields) -> Fraction | None:
    """A field or a derived value as a fraction: 0.3 / 0.1 is 3 here, and not a little less."""
    derived = next((found for found in indicator.answer.derived if found.key == key), None)
    if derived is None:
        number = number_of(fields, key)
        return None if number is None else _fraction(number)
    numerator, denominator = number_of(fields, derived.numerator), number_of(fields, derived.denominator)
    if numerator is None or not denominator:
        return None
    return _fraction(numerator) / _fraction(denominator)


def _fraction(number: int | float) -> Fraction:
    return Fraction(str(number))  # through the text: the decimal that was typed, not its binary neighbour
