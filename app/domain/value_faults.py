"""What pydantic says about a value of the library, in words for an editor. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError

from app.domain.checklist import LANGUAGES
from app.domain.library import Path

NO_RULE: Final = "the skip rule is none of {answer, in}, {field, at_least}, {field, in}, {all}, {any}"


def faults_in(error: ValidationError) -> Iterator[tuple[Path, str]]:
    """Where and what, in words for an editor. A skip rule of no known form is one fault, not five."""
    rules: set[Path] = set()
    for details in error.errors(include_url=False):
        loc = details["loc"]
        if "when" in loc:
            rules.add(loc[: loc.index("when") + 1])
        else:
            yield loc, _words(details)
    for loc in sorted(rules):
        yield loc, NO_RULE


def _words(details: Mapping[str, Any]) -> str:
    kind, given, key = details["type"], details["input"], details["loc"][-1] if details["loc"] else ""
    if kind == "missing":
        return f"the text in `{key}` is missing" if key in LANGUAGES else f"`{key}` is missing"
    if kind == "extra_forbidden":
        return f"unknown key `{key}`"
    if kind == "string_too_short" or given is None:
        return f"the text in `{key}` is empty" if key in LANGUAGES else f"`{key}` is empty"
    if kind == "string_type":
        return f"`{key}` must be a text; put it in quotes"
    if kind == "literal_error":
        return f"`{given}` is not possible; it must be {details.get('ctx', {}).get('expected', 'another value')}"
    if kind == "string_pattern_mismatch":
        return f"`{given}` is not written as ids and keys here are ({details.get('ctx', {}).get('pattern', '')})"
    return f"`{key}`: {details['msg']}"
