"""The checklist library as a whole, and the flaws that no item shows alone. Pure. Format: checklists/README.md."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from pydantic import BaseModel

from app.domain.checklist import (
    INSTITUTION_TYPES,
    LANGUAGES,
    Checklist,
    CompiledChecklist,
    CustodyRule,
    Indicator,
    Instrument,
    Language,
    Section,
    Standard,
    Text,
    Value,
    types_of,
)
from app.domain.guides import Guide
from app.domain.scripts import Script
from app.domain.skip_rules import indicator_in, leaves

Path: TypeAlias = tuple[str | int, ...]
Kind: TypeAlias = Literal["instrument", "provision", "indicator", "checklist", "script", "guide", "custody"]
ChecklistKey: TypeAlias = tuple[str, int]  # (id, version)
FOLDERS: Final = ("standards", "indicators", "institutions", "interviews", "guides", "custody")
SHORT_MOST: Final = 45  # indicators of a short variant: two minutes each
SHARED_LETTERS: Final = 3  # texts with no more letters may be the same in two languages


@dataclass(frozen=True)
class Flaw:
    """Something wrong in one item of the library; `path` leads to it inside the item, by the keys of the file."""

    kind: Kind
    name: str
    path: Path
    text: str


class Question(Value):
    """An indicator as far as the provisions are concerned: what it asks, and all that it and its thresholds rest on."""

    indicator_id: str
    text: Text
    standards: tuple[str, ...] = ()
    review: Language | None = None


class Reference(Value):
    """What can be read beside any visit: every provision with its instrument, the questions that rest on them, the
    interview scripts, the guides."""

    standards: tuple[Standard, ...] = ()
    questions: tuple[Question, ...] = ()
    scripts: tuple[Script, ...] = ()
    guides: tuple[Guide, ...] = ()

    def question(self, indicator_id: str) -> Text | None:
        """What an indicator asks; None for one that is not in the library."""
        return next((one.text for one in self.questions if one.indicator_id == indicator_id), None)

    def standard(self, standard_id: str) -> Standard | None:
        return next((one for one in self.standards if one.provision.id == standard_id), None)


@dataclass(frozen=True)
class Library:
    """All standards, indicators and checklists that were read. `unread`: ids whose item has faults itself."""

    instruments: Mapping[str, Instrument] = field(default_factory=dict)
    standards: Mapping[str, Standard] = field(default_factory=dict)
    indicators: Mapping[str, Indicator] = field(default_factory=dict)
    checklists: Mapping[ChecklistKey, Checklist] = field(default_factory=dict)
    scripts: Mapping[str, Script] = field(default_factory=dict)
    guides: Mapping[str, Guide] = field(default_factory=dict)
    custody: Mapping[str, CustodyRule] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()

    def latest(self, checklist_id: str) -> Checklist | None:
        """The highest version of a checklist."""
        found = [one for one in self.checklists.values() if one.id == checklist_id]
        return max(found, key=lambda one: one.version, default=None)

    def knows_standard(self, standard_id: str) -> bool:
        return standard_id in self.standards or standard_id in self.unread

    def knows_indicator(self, indicator_id: str) -> bool:
        return indicator_id in self.indicators or indicator_id in self.unread

    def for_type(self, institution_type: str) -> Checklist | None:
        """The checklist proposed for an institution type: made for the fewest types, in its newest version."""
        found = [one for one in self.checklists.values() if institution_type in one.types]
        return max(found, key=lambda one: (-len(one.types), one.version), default=None)

    def types_without_checklist(self) -> list[str]:
        """Institution types that no checklist covers: a notice, not a fault."""
        covered = {kind for one in self.checklists.values() for kind in one.types}
        return [kind for kind in INSTITUTION_TYPES if kind not in covered]


def reference_of(library: Library) -> Reference:
    """The library's reference, in order of ids."""
    indicators = sorted(library.indicators.values(), key=lambda one: (one.id[0], int(one.id[1:])))
    return Reference(
        standards=tuple(library.standards[name] for name in sorted(library.standards)),
        questions=tuple(
            Question(
                indicator_id=one.id, text=one.text, standards=tuple(sorted(named_standards(one))), review=one.review
            )
            for one in indicators
        ),
        scripts=tuple(library.scripts[name] for name in sorted(library.scripts)),
        guides=tuple(library.guides[name] for name in sorted(library.guides)),
    )


def checklist_name(checklist_id: str, version: int) -> str:
    """How faults name one version of a checklist."""
    return f"{checklist_id} version {version}"


def compiled(library: Library, checklist: Checklist) -> CompiledChecklist:
    """The checklist with its indicators, the standards they name, and what those say they differ from.

    A checklist for a place of justice carries the custody clocks with their standards, so that a visit judges its
    sampled files by the rules it pinned. Only for a library without flaws: raises KeyError for an unknown id.
    """
    names = [name for section in checklist.sections for name in section.indicators]
    indicators = {name: _for_types(library.indicators[name], checklist.types) for name in names}
    custody = tuple(library.custody.values()) if set(checklist.types) & types_of(("JUS",)) else ()
    named = {name for one in indicators.values() for name in named_standards(one)}
    named |= {name for rule in custody for name in rule.named_standards()}
    named |= {other for name in named for other in library.standards[name].provision.differs}
    standards = {name: library.standards[name] for name in sorted(named)}
    return CompiledChecklist(checklist=checklist, indicators=indicators, standards=standards, custody=custody)


def _for_types(indicator: Indicator, types: tuple[str, ...]) -> Indicator:
    """The indicator with the thresholds that are meant for one of these types."""
    meant = tuple(t for t in indicator.thresholds if not t.applies_to or types_of(t.applies_to) & set(types))
    return indicator if meant == indicator.thresholds else indicator.model_copy(update={"thresholds": meant})


def named_standards(indicator: Indicator) -> set[str]:
    """The provisions that an indicator or one of its thresholds rests on."""
    return set(indicator.standards) | {threshold.standard for threshold in indicator.thresholds}


def flaws_between(library: Library) -> Iterator[Flaw]:
    """What does not fit together: missing standards, checklists and indicators, checklists among themselves."""
    for name, standard in library.standards.items():
        for index, other in enumerate(standard.provision.differs):
            if not library.knows_standard(other):
                yield Flaw("provision", name, ("differs", index), f"there is no standard `{other}`")
    for indicator in library.indicators.values():
        yield from _standard_flaws(library, indicator)
    for checklist in library.checklists.values():
        yield from _checklist_flaws(library, checklist)
    for script in library.scripts.values():
        yield from _script_flaws(library, script)
    for guide in library.guides.values():
        for index, part in enumerate(guide.parts):
            for number, name in enumerate(part.standards):
                if not library.knows_standard(name):
                    yield Flaw(
                        "guide", guide.id, ("parts", index, "standards", number), f"there is no standard `{name}`"
                    )
    yield from _shared_types(library)


def text_flaws(kind: Kind, name: str, item: BaseModel) -> Iterator[Flaw]:
    """Texts that are blank, or the same in two languages although they say something.

    The same is allowed for what has at most three letters, for one word that Kazakh and Russian share (прокурор), and
    for the short name of an instrument.
    """
    for path, text in texts_in(item):
        for language in LANGUAGES:
            if not text.in_(language).strip():
                yield Flaw(kind, name, (*path, language), f"the text in `{language}` is empty")
        for first, second in (("kk", "ru"), ("kk", "en"), ("ru", "en")):
            if _is_copied(text, first, second) and not (kind == "instrument" and path == ("short",)):
                yield Flaw(kind, name, (*path, second), f"the texts in `{first}` and `{second}` are the same")


def _is_copied(text: Text, first: str, second: str) -> bool:
    said = text.in_(first).strip()
    if said != text.in_(second).strip() or sum(letter.isalpha() for letter in said) <= SHARED_LETTERS:
        return False
    return " " in said or second == "en"


def texts_in(value: object, path: Path = ()) -> Iterator[tuple[Path, Text]]:
    """Every text inside an item, with the way to it."""
    if isinstance(value, Text):
        yield path, value
    elif isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            yield from texts_in(getattr(value, name), (*path, info.alias or name))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from texts_in(item, (*path, index))


def _standard_flaws(library: Library, indicator: Indicator) -> Iterator[Flaw]:
    for index, name in enumerate(indicator.standards):
        if not library.knows_standard(name):
            yield Flaw("indicator", indicator.id, ("standards", index), f"there is no standard `{name}`")
    for index, threshold in enumerate(indicator.thresholds):
        if not library.knows_standard(threshold.standard):
            path = ("thresholds", index, "standard")
            yield Flaw("indicator", indicator.id, path, f"there is no standard `{threshold.standard}`")


def _script_flaws(library: Library, script: Script) -> Iterator[Flaw]:
    for index, name in enumerate(script.standards):
        if not library.knows_standard(name):
            yield Flaw("script", script.id, ("standards", index), f"there is no standard `{name}`")
    for number, topic in enumerate(script.topics):
        for index, name in enumerate(topic.indicators):
            if not library.knows_indicator(name):
                yield Flaw(
                    "script", script.id, ("topics", number, "indicators", index), f"there is no indicator `{name}`"
                )
    for key, is_missing in (
        ("ages", script.audience == "child" and script.ages is None),
        ("role", script.audience == "staff" and not script.role),
        ("consent", not script.consent),
        ("topics", not script.topics),
    ):
        if is_missing:
            yield Flaw("script", script.id, (key,), f"`{key}` is missing")


def _checklist_flaws(library: Library, checklist: Checklist) -> Iterator[Flaw]:
    flawed = checklist_name(checklist.id, checklist.version)
    named = [name for section in checklist.sections for name in section.indicators]
    for path, text in (
        *_type_flaws(checklist),
        *_section_flaws(checklist.sections),
        *_choice_flaws(library, checklist),
        *_order_flaws(library, checklist),
    ):
        yield Flaw("checklist", flawed, path, text)
    for index, name in enumerate(checklist.must):
        if name not in named:
            yield Flaw("checklist", flawed, ("must", index), f"`{name}` is required, but stands in no section")
    for index, name in enumerate(checklist.short):
        if name not in named:
            yield Flaw("checklist", flawed, ("short", index), f"`{name}` is in the short variant, but in no section")
    for name in checklist.must:
        if checklist.short and name in named and name not in checklist.short:
            yield Flaw("checklist", flawed, ("short",), f"`{name}` is required, but not in the short variant")
    if not checklist.short:
        yield Flaw("checklist", flawed, ("short",), "there is no short variant: name what 90 minutes are enough for")
    if len(checklist.short) > SHORT_MOST:
        yield Flaw("checklist", flawed, ("short",), f"more than {SHORT_MOST} indicators are too many for 90 minutes")
    if not checklist.must:
        yield Flaw("checklist", flawed, ("must",), "no indicator is required: name those that may not be left out")


def _type_flaws(checklist: Checklist) -> Iterator[tuple[Path, str]]:
    if not checklist.types:
        yield ("types",), "no institution type is named"
    for index, kind in enumerate(checklist.types):
        if kind not in INSTITUTION_TYPES:
            yield ("types", index), f"there is no institution type `{kind}`"
        elif kind in checklist.types[:index]:
            yield ("types", index), f"`{kind}` is named twice"


def _section_flaws(sections: tuple[Section, ...]) -> Iterator[tuple[Path, str]]:
    if not sections:
        yield ("sections",), "there is no section"
    ids = Counter(section.id for section in sections)
    for index, section in enumerate(sections):
        if ids[section.id] > 1:
            yield ("sections", index, "id"), f"the section id `{section.id}` is used twice"
        if not section.indicators:
            yield ("sections", index, "indicators"), f"section `{section.id}` asks nothing"


def _choice_flaws(library: Library, checklist: Checklist) -> Iterator[tuple[Path, str]]:
    """Indicators that are not there, stand twice, or do not apply to a type of the checklist."""
    types = [kind for kind in checklist.types if kind in INSTITUTION_TYPES]
    seen: set[str] = set()
    for path, name, _ in _places(checklist):
        if name in seen:
            yield path, f"`{name}` stands in this checklist twice"
        seen.add(name)
        if not library.knows_indicator(name):
            yield path, f"there is no indicator `{name}`"
        elif name in library.indicators:
            missing = [kind for kind in types if kind not in _applies_to(library.indicators[name])]
            if missing:
                yield path, f"`{name}` does not apply to {', '.join(missing)}: correct `applies_to` or leave it out"


def _order_flaws(library: Library, checklist: Checklist) -> Iterator[tuple[Path, str]]:
    """Skip rules that wait for an answer which does not come before, or which comes once for each room or file."""
    before: dict[str, Section] = {}
    for path, name, section in _places(checklist):
        rule = library.indicators[name].when if name in library.indicators else None
        for _, leaf in leaves(rule) if rule else ():
            awaited = indicator_in(leaf)
            if awaited not in before:
                yield path, f"`{name}` waits for `{awaited}`, which does not come earlier in this checklist"
            elif before[awaited].repeat and before[awaited] is not section:
                yield path, f"`{name}` waits for `{awaited}`, which has many answers in `{before[awaited].id}`"
        before[name] = section


def _places(checklist: Checklist) -> Iterator[tuple[Path, str, Section]]:
    """Every indicator that a checklist names, with where it is named, as one walks."""
    for number, section in enumerate(checklist.sections):
        for index, name in enumerate(section.indicators):
            yield ("sections", number, "indicators", index), name, section


def _applies_to(indicator: Indicator) -> set[str]:
    try:
        return types_of(indicator.applies_to)
    except KeyError:
        return set(INSTITUTION_TYPES)  # the unknown group is a fault of the indicator already


def _shared_types(library: Library) -> Iterator[Flaw]:
    """A type that two checklists claim with equal right: nobody could say which of them is proposed for a visit."""
    owners: dict[tuple[str, int, int], str] = {}
    for checklist in library.checklists.values():
        for index, kind in enumerate(checklist.types):
            owner = owners.setdefault((kind, len(checklist.types), checklist.version), checklist.id)
            if owner != checklist.id:
                text = f"`{kind}` has the checklist `{owner}` in version {checklist.version} already"
                yield Flaw("checklist", checklist_name(checklist.id, checklist.version), ("types", index), text)
