"""The words of exports: levels, periods, outcomes, and the rules that a file says of itself."""

from typing import Final

from app.domain.publication import Period
from app.errors import N_
from app.web import words
from app.web.language import Speech

INTERNAL, AUTHORITY, PUBLIC = "internal", "authority", "public"
LEVEL: Final = {
    INTERNAL: N_("Within the office"),
    AUTHORITY: N_("For an authority that has to answer"),
    PUBLIC: N_("For everybody"),
}
LEVEL_HINT: Final = {
    INTERNAL: N_("Findings with notes, sources and the names of the team."),
    AUTHORITY: N_(
        "Findings, rules and recommendations. No notes, sources or names, and of a sampled file the answer only."
    ),
}
FORMAT: Final = {"xlsx": N_("Workbook (.xlsx)"), "csv": N_("Tables (.csv in a .zip)")}
WAY: Final = {"type": N_("By kind of place"), "region": N_("By region")}
OUTCOME: Final = {"found": N_("Found wanting"), "in_order": N_("In order"), "not_known": N_("Not known")}
RULES: Final = {
    INTERNAL: (
        N_("Talks with children are not in this file: they are sealed, and it holds not even their codes."),
        N_("This file holds names and notes. It stays within the office and is deleted when its purpose is reached."),
    ),
    AUTHORITY: (
        N_(
            "Left out: talks, notes, sources, who of the team saw what, times and numbers of sampled files, texts typed freely."
        ),
        N_("Do not try to find out who spoke. Reprisals against anybody who did are forbidden."),
    ),
    PUBLIC: (
        N_("Counted are places, each once, by the latest approved visit that looked. Not visits and not children."),
        N_("Places in numbers under %(least)s are hidden, and so is a finding in all places of a row."),
        N_(
            "Further cells are hidden so that no hidden one can be computed back: each may still be at least %(least)s numbers."
        ),
        N_("Kinds or regions with fewer than %(least)s visited places are put together in one row."),
        N_("An indicator of which too little could be shown is left empty."),
        N_("A period is published once, in one way, and is not changed afterwards."),
        N_("There is no total score and no rank of places: they differ in kind, age and risk."),
        N_("“Not known”: not asked there, not seen, or does not apply. It is neither good nor bad."),
        N_("The file names no place and no person, and holds no words that anybody typed."),
    ),
}
HIDDEN: Final = N_("hidden")
OTHERS: Final = {"type": N_("Other kinds"), "region": N_("Other regions")}


def period(speech: Speech, one: Period) -> str:
    """ "2026" or "2026, first half"."""
    year, _, half = one.code.partition("-")
    if not half:
        return year
    first, second = speech.say("%(year)s, first half", year=year), speech.say("%(year)s, second half", year=year)
    return first if half == "1" else second


def group(speech: Speech, way: str, key: str, members: tuple[str, ...]) -> str:
    """A row's name; of those put together, all that it holds."""
    name = words.institution_type if way == "type" else words.region
    if key:
        return name(speech, key)
    return f"{speech.say(OTHERS[way])}: {', '.join(name(speech, one) for one in members)}"
