"""Guides in hand: the mandate, do no harm, immediate danger, the glossary. Pure. Format: checklists/README.md."""

from typing import Annotated, Literal

from pydantic import Field

from app.domain.checklist import Language, Text, Value


class Part(Value):
    """A heading of a guide with its steps; numbered where `ordered`. `team`: said to the team alone,
    not printed and shown at the gate. `basis`: the legal basis a mandate part is for."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    title: Text
    steps: tuple[Text, ...]
    team: tuple[Text, ...] = ()
    ordered: bool = False
    standards: tuple[str, ...] = ()
    basis: Literal["", "commissioner", "npm", "onk"] = ""


class Term(Value):
    """A word of the law or of the work, and what it means."""

    term: Text
    means: Text


class Guide(Value):
    """One guide; the glossary has terms."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    version: Annotated[int, Field(ge=1)]
    title: Text
    intro: Text
    parts: tuple[Part, ...] = ()
    terms: tuple[Term, ...] = ()
    review: Language | None = None
