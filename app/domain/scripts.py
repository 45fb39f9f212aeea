"""Interview scripts: what a monitor keeps in hand while talking with a child, a member of staff or a parent. Pure.

Format: checklists/README.md. Method: domain.md 2, steps 8, 9, 13, 14 (one talk, no repeated questioning, do no harm).
"""

from typing import Annotated, Final, Literal

from pydantic import Field

from app.domain.checklist import Language, Text, Value

AUDIENCES: Final = ("child", "staff", "parent")
ROLES: Final = ("head", "duty_officer", "educator", "medic", "psychologist", "guard")


class Say(Value):
    """Words spoken to the person. `if_no`: what to do when the person does not agree."""

    say: Text
    if_no: Text | None = None


class Topic(Value):
    """A card of the talk; any order, any may be left out. `ask` is spoken, the rest is for the monitor."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    title: Text
    ask: tuple[Text, ...]
    listen_for: tuple[Text, ...] = ()
    avoid: tuple[Text, ...] = ()
    indicators: tuple[str, ...] = ()


class Stop(Value):
    """When the talk ends at once, and the words for it."""

    signs: tuple[Text, ...]
    say: Text


class Disclosure(Value):
    """A person tells of violence: listen, do not ask on, say what happens next."""

    do: tuple[Text, ...]
    do_not: tuple[Text, ...]
    say: Text


class Script(Value):
    """One script. `ages` are the youngest and the oldest child, `minutes` the longest that such a talk should take."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    version: Annotated[int, Field(ge=1)]
    audience: Literal["child", "staff", "parent"]
    ages: tuple[int, int] | None = None
    easy_language: bool = False
    role: Literal["", "head", "duty_officer", "educator", "medic", "psychologist", "guard"] = ""
    title: Text
    minutes: Annotated[int, Field(ge=5, le=120)]
    before: tuple[Text, ...]
    consent: tuple[Say, ...]
    opening: tuple[Say, ...]
    topics: tuple[Topic, ...]
    stop: Stop
    disclosure: Disclosure
    closing: tuple[Say, ...]
    safety_plan: tuple[Text, ...]
    standards: tuple[str, ...] = ()
    review: Language | None = None
