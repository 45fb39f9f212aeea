"""Fills the contexts of the office's pages about tablets: who needs care and why, in words."""

from collections.abc import Iterable, Mapping
from typing import Final

from app import __version__
from app.domain.device_health import Health, is_clock_wrong, is_disk_low, is_older, is_stale, troubles
from app.domain.people import Person
from app.services.devices import DeviceSeen
from app.web.amounts import by_words, count_words, span_words
from app.web.contexts import Choice
from app.web.device_contexts import DeviceFact, DevicePage, DeviceRow, RevocationPage, WipesOf
from app.web.language import LANGUAGES, Speech
from app.web.status import sentence_of

LANGUAGE_NAMES: Final = {"kk": "Қазақша", "ru": "Русский", "en": "English"}
CLOCK_WORTH_SAYING_MS: Final = 60_000


def device_row(speech: Speech, people: Mapping[str, Person], seen: DeviceSeen) -> DeviceRow:
    """A tablet in the list, with why it stands there."""
    return DeviceRow(
        url="" if seen.is_waiting else f"/devices/{seen.device_id}",
        name=seen.name,
        people=names(people, seen.people),
        seen_at=speech.at(seen.seen_at_ms),
        state=state_of(seen),
        why=why(speech, seen),
    )


def device_page(speech: Speech, people: Mapping[str, Person], seen: DeviceSeen, wipes: WipesOf) -> DevicePage:
    """All that is known of one tablet."""
    url = f"/devices/{seen.device_id}"
    return DevicePage(
        name=seen.name,
        people=names(people, seen.people),
        state=state_of(seen),
        why=why(speech, seen),
        facts=tuple(_facts(speech, people, seen)),
        languages=card_languages(speech.language),
        code_url=f"{url}/code",
        revocation_url="" if seen.is_revoked else f"{url}/revocation",
        wipes=wipes,
    )


def revocation_page(speech: Speech, seen: DeviceSeen) -> RevocationPage:
    url = f"/devices/{seen.device_id}"
    return RevocationPage(seen.name, f"{url}/revocation", url, still_there(speech, seen.health))


def names(people: Mapping[str, Person], ids: Iterable[str]) -> str:
    return ", ".join(people[one].name for one in ids if one in people)


def card_languages(current: str) -> tuple[Choice, ...]:
    return tuple(Choice(code, LANGUAGE_NAMES[code], code == current) for code in LANGUAGES)


def state_of(seen: DeviceSeen) -> str:
    """revoked, unused (a code), emptied, stale, warned, or sound."""
    if seen.is_revoked:
        return "revoked"
    if seen.is_waiting:
        return "unused"
    if seen.is_emptied:
        return "emptied"
    if is_stale(seen.health):
        return "stale"
    return "warned" if troubles(seen.health, __version__) else "sound"


def why(speech: Speech, seen: DeviceSeen) -> str:
    """The most urgent trouble of a tablet in a sentence; empty for a sound one, a withdrawn one and an unused code."""
    state = state_of(seen)
    if state == "emptied":
        when = speech.moment(speech.at(seen.emptied_at_ms))
        return speech.say("It destroyed all that was on it: %(when)s. Link it again or withdraw it.", when=when)
    if state == "stale":
        return _away(speech, seen.health)
    if state != "warned":
        return ""
    return _sentence(speech, seen.health, troubles(seen.health, __version__)[0])


def still_there(speech: Speech, health: Health) -> str:
    """What is only on the tablet. Once its entries are here, they tell how many photos and originals are to come."""
    if health.entries:
        return count_words(speech, health.entries, 0, files=health.files)
    return count_words(speech, 0, health.missing, originals=health.originals)


def _away(speech: Speech, health: Health) -> str:
    away = span_words(speech, health.unseen_ms)
    if not health.has_work:
        return speech.say("Not seen for %(time)s.", time=away)
    what = still_there(speech, health)
    return speech.say("Not seen for %(time)s; still only on it: %(what)s.", time=away, what=what)


def _sentence(speech: Speech, health: Health, trouble: str) -> str:
    if trouble == "problem":
        return speech.say("It told of a problem: %(problem)s", problem=speech.say(sentence_of(health.problem)))
    if trouble == "clock":
        return clock_words(speech, health.clock_ms)
    if trouble == "disk":
        return speech.say("Only %(megabytes)s MB are free on it.", megabytes=speech.number(health.free_mb))
    versions = {"theirs": health.version, "ours": __version__}
    if trouble == "older":
        return speech.say("Its Baqylau (%(theirs)s) is older than the office's (%(ours)s). Update it.", **versions)
    return speech.say(
        "Its Baqylau (%(theirs)s) is newer than the office's (%(ours)s). Update the office's.", **versions
    )


def clock_words(speech: Speech, offset_ms: int) -> str:
    """How its clock goes, from a minute on."""
    if abs(offset_ms) < CLOCK_WORTH_SAYING_MS:
        return speech.say("runs right")
    amount = by_words(speech, abs(offset_ms))
    if offset_ms > 0:
        return speech.say("Its clock is ahead %(time)s.", time=amount)
    return speech.say("Its clock is behind %(time)s.", time=amount)


def _facts(speech: Speech, people: Mapping[str, Person], seen: DeviceSeen) -> Iterable[DeviceFact]:
    health = seen.health
    yield DeviceFact(speech.say("For whom"), names(people, seen.people) or "—")
    yield DeviceFact(speech.say("Linked"), speech.moment(speech.at(seen.enrolled_at_ms)))
    stale = _away(speech, health) if state_of(seen) == "stale" else ""
    yield DeviceFact(speech.say("Last here"), speech.moment(speech.at(seen.seen_at_ms)) or speech.say("never"), stale)
    if not seen.is_emptied:
        there = still_there(speech, health) or speech.say("nothing, as far as is known")
        yield DeviceFact(speech.say("Only on the tablet"), there)
    if missing := count_words(speech, 0, health.missing, originals=health.originals):
        yield DeviceFact(speech.say("Named in entries, not here yet"), missing)
    yield _kept_fact(speech, seen)
    yield from _technical(speech, health)
    yield from _hearsay(speech, seen)


def _kept_fact(speech: Speech, seen: DeviceSeen) -> DeviceFact:
    kept = seen.kept
    value = speech.say("%(safe)s of %(here)s entries", safe=speech.number(kept.safe), here=speech.number(kept.here))
    return DeviceFact(speech.say("In a checked backup"), value)


def _technical(speech: Speech, health: Health) -> Iterable[DeviceFact]:
    """Clock, program, disk and last problem, as the tablet told; what it did not tell is not shown."""
    if not health.version:
        return
    clock = clock_words(speech, health.clock_ms)
    is_wrong = is_clock_wrong(health.clock_ms)
    set_it = speech.say("It has to be set: the times beside answers are not to be relied on.") if is_wrong else ""
    yield DeviceFact(speech.say("Clock"), clock, set_it)
    version = (
        "older" if is_older(health.version, __version__) else "newer" if is_older(__version__, health.version) else ""
    )
    yield DeviceFact(speech.say("Program"), health.version, _sentence(speech, health, version) if version else "")
    if health.free_mb >= 0:
        low = _sentence(speech, health, "disk") if is_disk_low(health.free_mb) else ""
        free = speech.say("%(size)s MB", size=speech.number(health.free_mb))
        yield DeviceFact(speech.say("Free space"), free, low)
    if health.problem:
        yield DeviceFact(speech.say("Last problem"), speech.say(sentence_of(health.problem)))


def _hearsay(speech: Speech, seen: DeviceSeen) -> Iterable[DeviceFact]:
    """What came by way of another tablet, until the one that wrote it shows it itself."""
    if seen.carried:
        value = speech.say_n("%(count)s entry", "%(count)s entries", seen.carried)
        yield DeviceFact(speech.say("Brought for others, not confirmed by their own tablet yet"), value)
    if seen.by_hearsay:
        value = speech.say_n("%(count)s entry", "%(count)s entries", seen.by_hearsay)
        yield DeviceFact(speech.say("Came through another tablet, not confirmed by this one yet"), value)
