"""Amounts in words: how long, how many bytes, how fast. Rounded as one says it."""

from typing import Final

from app.web.language import Speech

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
KB: Final = 1_000
MB: Final = 1_000_000


def span_words(speech: Speech, ms: int) -> str:
    """ "25 minutes", "3 hours", "6 days": whole ones, one minute at least."""
    if ms >= 2 * DAY_MS:
        return speech.say_n("%(count)s day", "%(count)s days", ms // DAY_MS)
    if ms >= 2 * HOUR_MS:
        return speech.say_n("%(count)s hour", "%(count)s hours", ms // HOUR_MS)
    return speech.say_n("%(count)s minute", "%(count)s minutes", max(1, ms // MINUTE_MS))


def ago_words(speech: Speech, ms: int) -> str:
    """ "25 minutes ago": in Russian another case than that of the amount alone."""
    if ms >= 2 * DAY_MS:
        return speech.say_n("%(count)s day ago", "%(count)s days ago", ms // DAY_MS)
    if ms >= 2 * HOUR_MS:
        return speech.say_n("%(count)s hour ago", "%(count)s hours ago", ms // HOUR_MS)
    return speech.say_n("%(count)s minute ago", "%(count)s minutes ago", max(1, ms // MINUTE_MS))


def by_words(speech: Speech, ms: int) -> str:
    """ "by 25 minutes": how far a clock is ahead or behind."""
    if ms >= 2 * DAY_MS:
        return speech.say_n("by %(count)s day", "by %(count)s days", ms // DAY_MS)
    if ms >= 2 * HOUR_MS:
        return speech.say_n("by %(count)s hour", "by %(count)s hours", ms // HOUR_MS)
    return speech.say_n("by %(count)s minute", "by %(count)s minutes", max(1, ms // MINUTE_MS))


def size_words(speech: Speech, size: int) -> str:
    """ "640 KB", "1.2 MB"."""
    if size >= MB:
        return speech.say("%(size)s MB", size=speech.number(round(size / MB, 1)))
    return speech.say("%(size)s KB", size=speech.number(-(-size // KB)))


def rate_words(speech: Speech, rate_bps: float) -> str:
    """ "12 KB a second"; empty while it is not known."""
    if rate_bps <= 0:
        return ""
    return speech.say("%(size)s a second", size=size_words(speech, max(KB, round(rate_bps))))


def left_words(speech: Speech, seconds: int | None) -> str:
    """ "about 3 minutes left"; empty while it is not known."""
    if seconds is None:
        return ""
    if seconds < 60:
        return speech.say("less than a minute left")
    return speech.say("about %(time)s left", time=span_words(speech, -(-seconds // 60) * MINUTE_MS))


def count_words(
    speech: Speech, entries: int, photos: int, checklists: int = 0, files: int = 0, originals: int = 0
) -> str:
    """ "34 entries, 12 photos"; what is none is left out. `files`: photos and checklists that nobody told apart."""
    parts = []
    if entries:
        parts.append(speech.say_n("%(count)s entry", "%(count)s entries", entries))
    if photos:
        parts.append(speech.say_n("%(count)s photo", "%(count)s photos", photos))
    if originals:
        parts.append(speech.say_n("%(count)s original of a photo", "%(count)s originals of photos", originals))
    if checklists:
        parts.append(speech.say_n("%(count)s checklist", "%(count)s checklists", checklists))
    if files:
        parts.append(speech.say_n("%(count)s file", "%(count)s files", files))
    return ", ".join(parts)


def in_groups(letters: str, size: int = 4) -> str:
    """ "ABCD-EFGH-JK": as one reads a long code aloud, and types it."""
    return "-".join(letters[start : start + size] for start in range(0, len(letters), size))
