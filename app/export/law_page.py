"""The generated part of docs/law.md: what was verified, by what source, and what was not.

`baqylau standards report --markdown docs/law.md` writes it; a test compares it with the library.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from app.domain.checklist import ProvisionStatus, Standard
from app.domain.library import Reference
from app.domain.standards import LEVELS, Tally, questions_by_standard, tallies, to_check, to_review

BEGIN: Final = "<!-- generated: baqylau standards report --markdown docs/law.md -->"
END: Final = "<!-- end of the generated part -->"
STATUS: Final[dict[ProvisionStatus, str]] = {
    "read": "text read",
    "number-unverified": "content read, number not",
    "unverified": "not compared with the text",
}


class NoPlaceForIt(ValueError):
    """The page has no place that is marked for the generated part."""


def law_page(page: str, reference: Reference) -> str:
    """The page with its generated part made anew. Raises NoPlaceForIt when BEGIN and END do not stand in it."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise NoPlaceForIt()
    return f"{before}{BEGIN}\n{generated_part(reference)}\n{END}{after}"


def generated_part(reference: Reference) -> str:
    """Counts, sources and the lists of what waits for counsel and for a native jurist, as Markdown."""
    counts = tallies(reference.standards)
    return "\n".join(
        (
            *_totals(counts),
            *_by_instrument(counts),
            *_sources(reference, counts),
            *_unverified(reference),
            *_wording(reference),
        )
    )


def _totals(counts: tuple[Tally, ...]) -> Iterator[str]:
    whole = sum(one.provisions for one in counts)
    yield "## In numbers"
    yield f"{whole} provisions of {len(counts)} instruments."
    yield ""
    yield "| level | instruments | provisions | " + " | ".join(STATUS.values()) + " |"
    yield "|---|--:|--:|--:|--:|--:|"
    for level in LEVELS:
        here = [one for one in counts if one.instrument.level == level]
        yield _row(level, str(len(here)), *_sums(here))
    yield _row("**all**", str(len(counts)), *_sums(counts))


def _sums(counts: Iterable[Tally]) -> tuple[str, ...]:
    rows = [(one.provisions, one.read, one.number_unverified, one.unverified) for one in counts]
    return tuple(str(sum(column)) for column in zip(*rows, strict=True)) if rows else ("0",) * 4


def _by_instrument(counts: tuple[Tally, ...]) -> Iterator[str]:
    yield ""
    yield "## By instrument"
    yield "| instrument | id | level | provisions | " + " | ".join(STATUS.values()) + " |"
    yield "|---|---|---|--:|--:|--:|--:|"
    for one in counts:
        yield _row(one.instrument.name.en, f"`{one.instrument.id}`", one.instrument.level, *_sums([one]))


def _sources(reference: Reference, counts: tuple[Tally, ...]) -> Iterator[str]:
    yield ""
    yield "## By what source"
    yield "Where the text of each provision was read, with the number of provisions; only those whose text was read."
    yield ""
    for count in counts:
        here = [one.provision for one in reference.standards if one.instrument.id == count.instrument.id]
        sources = Counter(one.source for one in here if one.is_verified)
        told = "; ".join(
            f"{source} ({times})" for source, times in sorted(sources.items(), key=lambda s: (-s[1], s[0]))
        )
        yield f"- **{count.instrument.short.en}**: {told or 'none was read'}"


def _unverified(reference: Reference) -> Iterator[str]:
    questions = questions_by_standard(reference)
    yield ""
    yield "## What counsel must check"
    yield "| provision | citation | status | what it rests on | questions |"
    yield "|---|---|---|---|---|"
    for one in to_check(reference.standards):
        provision = one.provision
        used = ", ".join(question.indicator_id for question in questions.get(provision.id, ()))
        yield _row(f"`{provision.id}`", _citation(one), STATUS[provision.status], provision.source, used or "–")


def _wording(reference: Reference) -> Iterator[str]:
    yield ""
    yield "## Wording that a native jurist must confirm"
    marked = to_review(reference)
    kinds = Counter((one.kind, one.language) for one in marked)
    for (kind, language), count in kinds.items():
        names = ", ".join(f"`{one.item_id}`" for one in marked if (one.kind, one.language) == (kind, language))
        yield f"- {kind}, `{language}`: {count}. {names}"
    if not marked:
        yield "Nothing is marked."


def _citation(standard: Standard) -> str:
    return f"{standard.instrument.short.en} {standard.provision.number}"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
