"""How large the checklist library is and how much of it is done, in numbers. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

from app.domain.checklist import INSTITUTION_TYPES, LANGUAGES, ProvisionStatus
from app.domain.library import Library, texts_in
from app.domain.standards import STATUSES

DOMAINS: Final = "ABCDEFGHIJKLMNOP"
SEVERITIES: Final = ("danger", "4", "3", "2", "1")


@dataclass(frozen=True)
class TypeCount:
    """What is asked at an institution type; no checklist yet: "" and twice 0."""

    institution_type: str
    checklist_id: str
    full: int
    short: int


@dataclass(frozen=True)
class LanguageCount:
    """Texts that have words in a language, of all texts."""

    filled: int
    texts: int

    @property
    def percent(self) -> float:
        """0 to 100; 100 for a library without a text."""
        return 100 * self.filled / self.texts if self.texts else 100.0


@dataclass(frozen=True)
class LibraryCounts:
    """The numbers of `baqylau checklists stats`. `to_review`: items for a native jurist, of every kind."""

    instruments: int
    provisions: int
    indicators: int
    checklists: int
    scripts: int
    guides: int
    to_review: int
    by_type: tuple[TypeCount, ...]
    by_domain: Mapping[str, int]
    by_language: Mapping[str, LanguageCount]
    by_severity: Mapping[str, int]
    by_status: Mapping[ProvisionStatus, int]

    @property
    def types_covered(self) -> int:
        return sum(bool(one.checklist_id) for one in self.by_type)

    @property
    def danger(self) -> int:
        """Indicators that are a sign of danger."""
        return self.by_severity["danger"]

    @property
    def unverified(self) -> int:
        """Provisions for counsel."""
        return self.provisions - self.by_status["read"]

    @property
    def languages_done(self) -> int:
        """Languages in which every text has words."""
        return sum(one.filled == one.texts for one in self.by_language.values())


def counts_of(library: Library) -> LibraryCounts:
    """Counts the library; what was left out of it because of a fault counts nowhere."""
    indicators = library.indicators.values()
    domains, severities = Counter(one.id[0] for one in indicators), Counter(str(one.severity) for one in indicators)
    statuses = Counter(one.provision.status for one in library.standards.values())
    return LibraryCounts(
        instruments=len(library.instruments),
        provisions=len(library.standards),
        indicators=len(library.indicators),
        checklists=len(library.checklists),
        scripts=len(library.scripts),
        guides=len(library.guides),
        to_review=sum(getattr(item, "review", None) is not None for item in _items(library)),
        by_type=tuple(_type_count(library, kind) for kind in INSTITUTION_TYPES),
        by_domain={letter: domains[letter] for letter in DOMAINS},
        by_language=_language_counts(library),
        by_severity={severity: severities[severity] for severity in SEVERITIES},
        by_status={status: statuses[status] for status in STATUSES},
    )


def _type_count(library: Library, kind: str) -> TypeCount:
    checklist = library.for_type(kind)
    if checklist is None:
        return TypeCount(kind, "", 0, 0)
    full = sum(len(section.indicators) for section in checklist.sections)
    return TypeCount(kind, checklist.id, full, len(checklist.short))


def _language_counts(library: Library) -> dict[str, LanguageCount]:
    filled: Counter[str] = Counter()
    texts = 0
    for item in _items(library):
        for _, text in texts_in(item):
            texts += 1
            filled.update(language for language in LANGUAGES if text.in_(language).strip())
    return {language: LanguageCount(filled[language], texts) for language in LANGUAGES}


def _items(library: Library) -> Iterator[BaseModel]:
    """Everything that people wrote, once: an instrument is not counted with each of its provisions."""
    yield from library.instruments.values()
    yield from (one.provision for one in library.standards.values())
    yield from library.indicators.values()
    yield from library.checklists.values()
    yield from library.scripts.values()
    yield from library.guides.values()
