"""Fills the contexts of the talks: the list of scripts, and one script for the hand."""

from collections.abc import Iterable, Sequence
from typing import Final

from app.domain.checklist import Text
from app.domain.library import Reference
from app.domain.scripts import ROLES, Say, Script, Topic
from app.errors import N_, NotThere
from app.web.contexts import Choice
from app.web.guide_contexts import (
    SayRow,
    ScriptGroup,
    ScriptPage,
    ScriptRow,
    ScriptsPage,
    Spoken,
    TopicCard,
    VisitTie,
    WrittenAt,
)
from app.web.guide_pages import LANGUAGE_NAMES, rule_lines
from app.web.in_hand import DANGER_GUIDE
from app.web.language import LANGUAGES, Speech
from app.web.visit_pages import Scene

AUDIENCES: Final = {"child": N_("Children"), "staff": N_("Members of staff"), "parent": N_("Parents")}
EASY: Final = N_("Easy language")


def scripts_page(reference: Reference, speech: Speech, visit: VisitTie | None) -> ScriptsPage:
    """Children by age, easy language, staff by role, parents."""
    groups: dict[str, list[Script]] = {title: [] for title in (AUDIENCES["child"], EASY, *AUDIENCES.values())}
    for script in reference.scripts:
        groups[EASY if script.easy_language else AUDIENCES[script.audience]].append(script)
    return ScriptsPage(
        visit=visit,
        back_url=visit.url if visit else "/guides",
        groups=tuple(
            ScriptGroup(speech.say(title), tuple(_row(speech, one, visit) for one in sorted(found, key=_place)))
            for title, found in groups.items()
            if found
        ),
    )


def _place(script: Script) -> tuple[int, int, str]:
    role = ROLES.index(script.role) if script.role else 0
    return (script.ages[0] if script.ages else 0, role, script.id)


def _row(speech: Speech, script: Script, visit: VisitTie | None) -> ScriptRow:
    url = f"/interviews/{script.id}{visit.query if visit else ''}"
    return ScriptRow(url, script.title.in_(speech.language), _line(speech, script))


def _line(speech: Speech, script: Script) -> str:
    """ "7–10 years · up to 25 minutes"."""
    minutes = speech.say_n("up to %(count)s minute", "up to %(count)s minutes", script.minutes)
    if script.ages is None:
        return minutes
    youngest, oldest = script.ages
    return speech.say("%(youngest)s–%(oldest)s years", youngest=youngest, oldest=oldest) + f" · {minutes}"


def script_named(reference: Reference, script_id: str) -> Script:
    """Raises NotThere for a script that the library does not have."""
    script = next((one for one in reference.scripts if one.id == script_id), None)
    if script is None:
        raise NotThere()
    return script


def script_page(
    reference: Reference, script: Script, speech: Speech, spoken_in: str, visit: VisitTie | None, scene: Scene | None
) -> ScriptPage:
    """One script. `spoken_in`: the language that the words to say are shown in first."""
    language, query = speech.language, visit.query if visit else ""
    standards = {standard.provision.id: standard for standard in reference.standards}
    return ScriptPage(
        visit=visit,
        url=f"/interviews/{script.id}",
        back_url=f"/interviews{query}",
        title=script.title.in_(language),
        line=_line(speech, script),
        languages=tuple(Choice(code, LANGUAGE_NAMES[code], code == spoken_in) for code in LANGUAGES),
        before=_read(script.before, language),
        consent=tuple(map(say_row, script.consent)),
        opening=tuple(map(say_row, script.opening)),
        topics=tuple(_topic(topic, reference, language, scene) for topic in script.topics),
        stop_signs=_read(script.stop.signs, language),
        stop_say=spoken(script.stop.say),
        disclosure_do=_read(script.disclosure.do, language),
        disclosure_do_not=_read(script.disclosure.do_not, language),
        disclosure_say=spoken(script.disclosure.say),
        closing=tuple(map(say_row, script.closing)),
        safety_plan=_read(script.safety_plan, language),
        standards=tuple(rule_lines(standards, script.standards, language)),
        danger_guide_url=f"/guides/{DANGER_GUIDE}{query}",
        is_to_review=script.review == language,
    )


def _read(texts: Sequence[Text], language: str) -> tuple[str, ...]:
    return tuple(text.in_(language) for text in texts)


def spoken(text: Text) -> Spoken:
    """Words to say, in every language: the page shows one of them."""
    return tuple((language, text.in_(language)) for language in LANGUAGES)


def say_row(row: Say) -> SayRow:
    """Words to say with what to do at a no."""
    return SayRow(spoken(row.say), spoken(row.if_no) if row.if_no else ())


def _topic(topic: Topic, reference: Reference, language: str, scene: Scene | None) -> TopicCard:
    return TopicCard(
        dom_id=f"topic-{topic.id}",
        title=topic.title.in_(language),
        ask=tuple(spoken(question) for question in topic.ask),
        listen_for=_read(topic.listen_for, language),
        avoid=_read(topic.avoid, language),
        written_at=tuple(_written_at(topic, reference, language, scene)),
    )


def _written_at(topic: Topic, reference: Reference, language: str, scene: Scene | None) -> Iterable[WrittenAt]:
    """The indicators of a topic; in a visit those that its checklist asks lead to their first card."""
    asked = {one.indicator.id: scene.link(one) for one in reversed(scene.asked())} if scene else {}
    for name in topic.indicators:
        question, link = reference.question(name), asked.get(name)
        yield WrittenAt(name, question.in_(language) if question else "", link.url if link else "")
