"""Fills the contexts of the talks that are written down: list, consent, form, closing, stop."""

from collections.abc import Iterable, Mapping, Sequence

from app.domain.interviews import Interview, missing
from app.domain.merge import Record
from app.domain.scripts import Script
from app.store.vault import key_fingerprint
from app.web import interview_words as words
from app.web.contexts import Choice, Problem
from app.web.guide_pages import LANGUAGE_NAMES
from app.web.in_hand import danger_url, query_of
from app.web.interview_contexts import (
    ClosingPage,
    ConsentPage,
    DraftPage,
    Pick,
    StopPage,
    TalkRow,
    TalksPage,
    TopicNote,
)
from app.web.language import LANGUAGES, Speech
from app.web.script_pages import say_row, spoken
from app.web.visit_pages import Scene, institution_name

ABOUT = ("age", "sex", "language", "interpreter", "place")
AFTER = ("distress", "disclosure", "passing_on", "reprisal")


def talks_page(
    scene: Scene, drafts: Sequence[Interview], closed: Sequence[Record], stopped: int, why_not: str
) -> TalksPage:
    """Code, half a day and state of every talk. Only the author's own drafts lead on."""
    speech, visit, person = scene.speech, scene.visit, scene.person
    rows = [_draft_row(scene, one) for one in drafts]
    rows += [TalkRow(r.text("code"), words.when(speech, r.text("held_on"), r.text("half")), True, "") for r in closed]
    return TalksPage(
        institution=institution_name(scene.institution, speech.language),
        back_url=scene.url,
        rows=tuple(sorted(rows, key=lambda row: (row.is_closed, row.code))),
        new_url="" if why_not or person.person_id not in visit.team else f"/interviews{query_of(visit)}",
        why_not=why_not,
        stopped=stopped,
    )


def _draft_row(scene: Scene, draft: Interview) -> TalkRow:
    is_own = draft.author == scene.person.person_id
    url = f"{scene.url}/interviews/{draft.interview_id}" if is_own else ""
    return TalkRow(draft.code, words.when(scene.speech, draft.held_on.isoformat(), draft.half), False, url)


def consent_page(
    scene: Scene,
    script: Script,
    spoken_in: str,
    agreed: frozenset[int],
    representative: str,
    problems: Sequence[Problem],
) -> ConsentPage:
    """The script's words, one step after the other, each with its yes."""
    speech, visit = scene.speech, scene.visit
    is_child = script.audience == "child"
    return ConsentPage(
        url=f"{scene.url}/interviews",
        back_url=f"/interviews/{script.id}{query_of(visit)}",
        script_id=script.id,
        title=script.title.in_(speech.language),
        languages=tongues(spoken_in),
        steps=tuple(map(say_row, script.consent)),
        agreed=agreed,
        representative=words.choices(speech, "representative", representative) if is_child else (),
        problems=tuple(problems),
    )


def draft_page(
    scene: Scene, draft: Interview, script: Script, typed: Mapping[str, str], problems: Sequence[Problem]
) -> DraftPage:
    """The form: choices to tap, topics to unfold. `typed`: what it holds now, or what was refused."""
    speech, url = scene.speech, f"{scene.url}/interviews/{draft.interview_id}"
    is_child = script.audience == "child"
    about = [name for name in ABOUT if name != "age" or is_child]
    return DraftPage(
        code=draft.code,
        when=words.when(speech, draft.held_on.isoformat(), draft.half),
        url=url,
        closing_url=f"{url}?then=closing",
        stop_url=f"{url}/stop",
        back_url=f"{scene.url}/interviews",
        script_url=f"/interviews/{script.id}{query_of(scene.visit)}",
        danger_url=danger_url(scene.visit),
        languages=tongues(typed.get("language", "")),
        about=tuple(_pick(speech, name, typed) for name in about),
        near_label=words.label(speech, "near"),
        near=words.near_choices(speech, typed),
        topics=tuple(_notes(speech, script, typed)),
        other=typed.get("note.other", ""),
        after=tuple(_pick(speech, name, typed) for name in AFTER),
        reach=typed.get("reach", ""),
        follow_up_on=typed.get("follow_up_on", ""),
        problems=tuple(problems),
    )


def _notes(speech: Speech, script: Script, typed: Mapping[str, str]) -> Iterable[TopicNote]:
    """A card for each topic of the script: what to ask, and what was said."""
    for topic in script.topics:
        name, title = f"note.{topic.id}", topic.title.in_(speech.language)
        yield TopicNote(name, title, tuple(map(spoken, topic.ask)), typed.get(name, ""))


def closing_page(
    scene: Scene, draft: Interview, script: Script, keys: Sequence[bytes], problem: str = ""
) -> ClosingPage:
    """What happens when the talk is closed, and what is still missing."""
    url = f"{scene.url}/interviews/{draft.interview_id}"
    lacks = missing(draft, script.audience == "child")
    return ClosingPage(
        code=draft.code,
        url=f"{url}/closing",
        back_url=url,
        missing=tuple(Problem(name, words.label(scene.speech, name)) for name in lacks),
        keys=tuple(key_fingerprint(key) for key in keys),
        problem=problem,
    )


def stop_page(scene: Scene, draft: Interview, script: Script) -> StopPage:
    """The words that end a talk kindly, and the one question before it is erased."""
    url = f"{scene.url}/interviews/{draft.interview_id}"
    language = draft.content.get("language", "")
    return StopPage(draft.code, f"{url}/stop", url, tongues(language), spoken(script.stop.say))


def tongues(chosen: str) -> tuple[Choice, ...]:
    """The languages in which words to say are shown; Kazakh first, for a language that the scripts lack."""
    shown = chosen if chosen in LANGUAGES else LANGUAGES[0]
    return tuple(Choice(code, LANGUAGE_NAMES[code], code == shown) for code in LANGUAGES)


def _pick(speech: Speech, name: str, typed: Mapping[str, str]) -> Pick:
    return Pick(name, words.label(speech, name), words.choices(speech, name, typed.get(name, "")))
