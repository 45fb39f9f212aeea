"""A checklist as an XLSForm: what ODK, Kobo and Enketo ask. Pure: values in, rows out.

A section is a group (a repeat where it is asked for each room or file), an indicator a group in it. Names: a section's
id, `B1` the indicator, `B1__value` its five answers, `B1_area` a field, `B1_area__of` the denominator of a share.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from app.domain.checklist import LANGUAGES, WITHOUT_RATING, AnswerField, Checklist, Derived, Indicator, Language, Text
from app.domain.problem import N_
from app.errors_of_files import CannotExport
from app.export.workbook import LANGUAGE_HEADS, Cell, Workbook, heads, sheet_of, text_cells
from app.export.xpath import NotOurs, bounds, field_name, relevant, value_name

Loc: TypeAlias = tuple[str | int, ...]
SURVEY: Final = (
    "type",
    "name",
    *heads("label"),
    *heads("hint"),
    "relevant",
    "constraint",
    *heads("constraint_message"),
    "calculation",
)
CHOICES: Final = ("list_name", "name", *heads("label"))
SETTINGS: Final = ("form_title", "form_id", "version", "default_language")
TYPES: Final = {"count": "integer", "measure": "decimal", "text": "text", "date": "date", "time": "time"}
ALL_ANSWERS, FIELDS_ONLY, ALL_SOURCES, ALL_METHODS = "answers", "answers_without_rating", "sources", "methods"
OWN_LISTS: Final = (ALL_ANSWERS, FIELDS_ONLY, ALL_SOURCES, ALL_METHODS)

REASON: Final = N_("Why")
NOTE: Final = N_("Note")
FROM_WHERE: Final = N_("How do you know?")
HOW_MEASURED: Final = N_("How was it measured?")
OUT_OF_BOUNDS: Final = N_("This number cannot be. Check it and type it again.")
NOT_ABOVE: Final = N_("The first number is larger than the second. Check both.")


@dataclass(frozen=True)
class Words:
    """The program's own words in the three languages: codes of the answer page, and sentences by message id."""

    in_language: Callable[[Language, str], str]
    answers: Mapping[str, str]
    sources: Mapping[str, str]
    methods: Mapping[str, str]
    units: Mapping[str, str]

    def text(self, message: str) -> Text:
        return Text(
            kk=self.in_language("kk", message), ru=self.in_language("ru", message), en=self.in_language("en", message)
        )


@dataclass(frozen=True)
class Line:
    """One row of the survey. `label_at`, `hint_at`, `relevant_at` and `constraint_at` lead to what the cell shows in
    the checklist's own values; empty for the program's words and for what is computed."""

    type: str
    name: str = ""
    label: Text | None = None
    hint: Text | None = None
    relevant: str = ""
    constraint: str = ""
    message: Text | None = None
    calculation: str = ""
    label_at: Loc = ()
    hint_at: Loc = ()
    relevant_at: Loc = ()
    constraint_at: Loc = ()

    def cells(self) -> dict[str, Cell]:
        return {
            "type": self.type,
            "name": self.name,
            **text_cells("label", self.label),
            **text_cells("hint", self.hint),
            "relevant": self.relevant,
            "constraint": self.constraint,
            **text_cells("constraint_message", self.message),
            "calculation": self.calculation,
        }


def form_sheets(checklist: Checklist, indicators: Mapping[str, Indicator], words: Words) -> Workbook:
    """The sheets survey, choices and settings. Raises CannotExport where XLSForm has no way to say what a key says."""
    try:
        lines = list(survey(checklist, indicators, words))
    except NotOurs as error:
        raise CannotExport(what=str(error)) from error
    _refuse_what_odk_would(lines)
    setting: dict[str, Cell] = {
        "form_title": checklist.title.kk,
        "form_id": checklist.id,
        "version": checklist.version,
        "default_language": LANGUAGE_HEADS["kk"],
    }
    return Workbook(
        (
            sheet_of("survey", SURVEY, [line.cells() for line in lines]),
            sheet_of("choices", CHOICES, list(_choices(checklist, indicators, words))),
            sheet_of("settings", SETTINGS, [setting]),
        )
    )


def _refuse_what_odk_would(lines: list[Line]) -> None:
    """Two rows of one name, and a text that ODK would take for a reference to an answer."""
    names = Counter(line.name for line in lines if line.name)
    for line in lines:
        said = [text.in_(language) for text in (line.label, line.hint) if text for language in LANGUAGES]
        if names[line.name] > 1 or any("${" in text for text in said):
            raise CannotExport(what=line.name)


def survey(checklist: Checklist, indicators: Mapping[str, Indicator], words: Words) -> Iterator[Line]:
    """Every row of the survey, as one walks."""
    for section in checklist.sections:
        kind = "repeat" if section.repeat else "group"
        at: Loc = ("checklist", "sections", section.id)
        yield Line(f"begin_{kind}", section.id, label=section.title, label_at=(*at, "title"))
        yield Line("note", f"{section.id}__hint", label=section.hint, label_at=(*at, "hint"))
        for indicator_id in section.indicators:
            yield from _indicator(indicators[indicator_id], words)
        yield Line(f"end_{kind}")


def _indicator(indicator: Indicator, words: Words) -> Iterator[Line]:
    name, value, at = indicator.id, value_name(indicator.id), ("indicators", indicator.id)
    title = Text(kk=name, ru=name, en=name)
    rule = relevant(indicator.when) if indicator.when else ""
    yield Line("begin_group", name, label=title, relevant=rule, relevant_at=(*at, "when"))
    answers = ALL_ANSWERS if indicator.answer.rating else FIELDS_ONLY
    question = {"label": indicator.text, "label_at": (*at, "text"), "hint": indicator.guidance}
    yield Line(f"select_one {answers}", value, **question, hint_at=(*at, "guidance"))  # type: ignore[arg-type]
    why = " or ".join(f"${{{value}}} = '{code}'" for code in WITHOUT_RATING)
    yield Line("text", f"{name}__reason", label=words.text(REASON), relevant=why)
    for asked in indicator.answer.fields:
        yield from _field(indicator, asked, words)
    for derived in indicator.answer.derived:
        yield Line("calculate", field_name(name, derived.key), calculation=_quotient(name, derived))
    proposed = _joined([words.text(words.sources[code]) for code in indicator.sources])
    yield Line(f"select_multiple {ALL_SOURCES}", f"{name}__sources", label=words.text(FROM_WHERE), hint=proposed)
    yield Line("text", f"{name}__note", label=words.text(NOTE))
    yield Line("end_group")


def _field(indicator: Indicator, asked: AnswerField, words: Words) -> Iterator[Line]:
    name, at = field_name(indicator.id, asked.key), ("indicators", indicator.id, "answer", "fields", asked.key)
    if asked.type == "share":
        yield from _share(name, at, asked, words)
        return
    kind = {"choice": f"select_one {name}", "moment": "dateTime"}.get(asked.type) or TYPES[asked.type]
    # A count is never negative, also where the file names no bound.
    least = 0.0 if asked.type == "count" and asked.min is None else asked.min
    limit = bounds(least, asked.max)
    is_number = asked.type in ("count", "measure")
    yield Line(
        kind,
        name,
        label=asked.label,
        hint=words.text(words.units[asked.unit]) if asked.unit else None,
        constraint=limit,
        message=words.text(OUT_OF_BOUNDS) if limit else None,
        label_at=(*at, "label"),
        constraint_at=at if is_number else (),
    )
    if asked.type == "measure":
        yield Line(f"select_one {ALL_METHODS}", f"{name}__method", label=words.text(HOW_MEASURED))


def _share(name: str, at: Loc, asked: AnswerField, words: Words) -> Iterator[Line]:
    """Two whole numbers. The second row holds them together: it is answered when both are known."""
    of, message = f"{name}__of", words.text(NOT_ABOVE)
    first = f". >= 0 and (${{{of}}} = '' or . <= ${{{of}}})"
    second = f". >= 0 and (${{{name}}} = '' or . >= ${{{name}}})"
    yield Line("integer", name, label=asked.label, constraint=first, message=message, label_at=(*at, "label"))
    yield Line("integer", of, label=asked.of, constraint=second, message=message, label_at=(*at, "of"))


def _quotient(indicator_id: str, derived: Derived) -> str:
    """Empty while a number is missing or the denominator is 0, as `derived_values` has it."""
    over, under = (f"${{{field_name(indicator_id, key)}}}" for key in (derived.numerator, derived.denominator))
    known = f"{over} != '' and {under} != '' and {under} != 0"
    return f"if({known}, round({over} div {under}, {derived.decimals}), '')"


def _choices(checklist: Checklist, indicators: Mapping[str, Indicator], words: Words) -> Iterator[dict[str, Cell]]:
    """The program's own lists, then one list for each choice, named like its field."""
    without = {code: words.answers[code] for code in WITHOUT_RATING}
    own = {ALL_ANSWERS: words.answers, FIELDS_ONLY: without, ALL_SOURCES: words.sources, ALL_METHODS: words.methods}
    for list_name, codes in own.items():
        for code, message in codes.items():
            yield {"list_name": list_name, "name": code, **text_cells("label", words.text(message))}
    for section in checklist.sections:
        for indicator_id in section.indicators:
            for asked in indicators[indicator_id].answer.fields:
                list_name = field_name(indicator_id, asked.key)
                for option in asked.options:
                    yield {"list_name": list_name, "name": option.key, **text_cells("label", option.label)}


def _joined(texts: list[Text]) -> Text | None:
    if not texts:
        return None
    return Text(**{language: " · ".join(text.in_(language) for text in texts) for language in LANGUAGES})
