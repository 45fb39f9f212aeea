"""Texts as they are kept: refused when too long, never cut."""

from app.domain.answer_input import TEXT_MAX_CHARS, check_text
from app.domain.problem import Problem
from app.errors import InvalidInput


def kept_text(field: str, raw: str, most: int = TEXT_MAX_CHARS) -> str:
    """The text without outer spaces and control signs. Raises InvalidInput at `field` when it is longer than `most`."""
    checked = check_text(field, raw, most)
    if isinstance(checked, Problem):
        raise InvalidInput(checked.sentence, field, **checked.params)
    return checked or ""
