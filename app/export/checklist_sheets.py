"""Our own sheets beside the form: everything about a checklist that XLSForm has no place for, so that nothing is lost."""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from app.domain.checklist import AnswerField, Checklist, Derived, Indicator, Rule, Threshold
from app.export.workbook import Cell, Workbook, bare, heads, sheet_of, text_cells
from app.export.xlsform import Words, form_sheets

CARDS: Final = ("yes", "partly", "no", "not_applicable", "not_seen", "example", "counter_example")
TEXTS: Final = ("text", "guidance", *CARDS)
WALK, INDICATORS, FIELDS = "baqylau_checklist", "baqylau_indicators", "baqylau_fields"
THRESHOLDS, PHRASES = "baqylau_thresholds", "baqylau_phrases"
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    WALK: ("kind", "id", *heads("title"), *heads("hint"), "repeat", "types", "must", "short"),
    INDICATORS: (
        "id",
        *(head for name in TEXTS for head in heads(name)),
        *("applies_to", "sources", "measures", "rating", "severity", "standards", "when", "review"),
    ),
    FIELDS: (
        *("indicator", "key", "type", *heads("label"), *heads("of"), "unit", "min", "max", "decimals"),
        *("numerator", "denominator"),
    ),
    THRESHOLDS: (
        *("indicator", "field", "level", "rule", "value", "unit", "standard", *heads("note")),
        *("where_field", "where_at_least", "where_at_most", "applies_to"),
    ),
    PHRASES: ("indicator", "kind", *heads("phrase")),
}
DERIVED: Final = "derived"


def exported(checklist: Checklist, indicators: Mapping[str, Indicator], words: Words) -> Workbook:
    """The whole workbook of a checklist. `indicators` as the library has them, not narrowed to the checklist's types:
    what is left out here could not come back. Raises CannotExport."""
    asked = [indicators[name] for section in checklist.sections for name in section.indicators]
    ours = {
        WALK: list(_walk(checklist)),
        INDICATORS: [_indicator(one) for one in asked],
        FIELDS: [row for one in asked for row in _fields(one)],
        THRESHOLDS: [_threshold(one.id, threshold) for one in asked for threshold in one.thresholds],
        PHRASES: [row for one in asked for row in _phrases(one)],
    }
    own_sheets = tuple(sheet_of(name, COLUMNS[name], rows) for name, rows in ours.items())
    return Workbook((*form_sheets(checklist, indicators, words).sheets, *own_sheets))


def rule_cell(rule: Rule | None) -> str:
    """A skip rule in the words of the YAML file, on one line."""
    if rule is None:
        return ""
    return json.dumps(_bare_numbers(rule.model_dump(mode="json", by_alias=True)), ensure_ascii=False)


def _walk(checklist: Checklist) -> Iterator[dict[str, Cell]]:
    types = " ".join(checklist.types)
    yield {"kind": "checklist", "id": checklist.id, **text_cells("title", checklist.title), "types": types}
    for section in checklist.sections:
        texts = {**text_cells("title", section.title), **text_cells("hint", section.hint)}
        yield {"kind": "section", "id": section.id, **texts, "repeat": section.repeat}
        for name in section.indicators:
            must, short = ("yes" if name in chosen else "" for chosen in (checklist.must, checklist.short))
            yield {"kind": "indicator", "id": name, "must": must, "short": short}


def _indicator(indicator: Indicator) -> dict[str, Cell]:
    row: dict[str, Cell] = {"id": indicator.id}
    for name in TEXTS:
        row |= text_cells(name, getattr(indicator if name in ("text", "guidance") else indicator.card, name))
    return {
        **row,
        "applies_to": " ".join(indicator.applies_to),
        "sources": " ".join(indicator.sources),
        "measures": indicator.measures,
        "rating": "yes" if indicator.answer.rating else "no",
        "severity": indicator.severity,
        "standards": " ".join(indicator.standards),
        "when": rule_cell(indicator.when),
        "review": indicator.review,
    }


def _fields(indicator: Indicator) -> Iterator[dict[str, Cell]]:
    """One row for each field and derived value. The options of a choice stand in the sheet `choices`."""
    for asked in indicator.answer.fields:
        yield {"indicator": indicator.id, "key": asked.key, "type": asked.type, **_field(asked)}
    for derived in indicator.answer.derived:
        yield {"indicator": indicator.id, "key": derived.key, "type": DERIVED, **_derived(derived)}


def _field(asked: AnswerField) -> dict[str, Cell]:
    return {
        **text_cells("label", asked.label),
        **text_cells("of", asked.of),
        "unit": asked.unit,
        "min": None if asked.min is None else bare(asked.min),
        "max": None if asked.max is None else bare(asked.max),
        "decimals": asked.decimals if asked.type == "measure" else None,
    }


def _derived(derived: Derived) -> dict[str, Cell]:
    return {
        **text_cells("label", derived.label),
        "unit": derived.unit,
        "decimals": derived.decimals,
        "numerator": derived.numerator,
        "denominator": derived.denominator,
    }


def _threshold(indicator_id: str, threshold: Threshold) -> dict[str, Cell]:
    where = threshold.where
    return {
        "indicator": indicator_id,
        "field": threshold.field,
        "level": threshold.level,
        "rule": threshold.rule,
        "value": bare(threshold.value),
        "unit": threshold.unit,
        "standard": threshold.standard,
        **text_cells("note", threshold.note),
        "where_field": where.field if where else None,
        "where_at_least": bare(where.at_least) if where and where.at_least is not None else None,
        "where_at_most": bare(where.at_most) if where and where.at_most is not None else None,
        "applies_to": " ".join(threshold.applies_to),
    }


def _phrases(indicator: Indicator) -> Iterator[dict[str, Cell]]:
    for kind, phrases in (("finding", indicator.phrases.finding), ("recommendation", indicator.phrases.recommendation)):
        for phrase in phrases:
            yield {"indicator": indicator.id, "kind": kind, **text_cells("phrase", phrase)}


def _bare_numbers(value: object) -> object:
    if isinstance(value, dict):
        return {key: _bare_numbers(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_bare_numbers(part) for part in value]
    return bare(value) if isinstance(value, float) else value
