"""What a team keeps in hand during a visit: the addresses and words of the ways to it."""

from typing import Final

from app.domain.visits import Visit
from app.errors import N_
from app.web.contexts import HandLink
from app.web.language import Speech

DANGER_GUIDE: Final = "immediate-danger"
MANDATE_GUIDE: Final = "mandate"
GLOSSARY: Final = "glossary"
TALKS: Final = (N_("Talks"), N_("With children, staff and parents: what to say and how to stop"), "users")
CONTACTS: Final = (N_("Contacts"), N_("Whom to call, by region"), "map-pin")
# Guides whose file is known: line and icon. Another guide is listed with its title alone.
GUIDES: Final = {
    DANGER_GUIDE: (N_("What to do step by step, and whom to call"), "siren"),
    MANDATE_GUIDE: (N_("By what right we enter; with a page to print"), "scale"),
    "do-no-harm": (N_("Short rules, and the reason for each"), "shield-check"),
    GLOSSARY: (N_("Words of the law and of the work, explained"), "book-open"),
}


def query_of(visit: Visit) -> str:
    return f"?visit={visit.visit_id}"


def danger_url(visit: Visit) -> str:
    """Immediate danger with the contacts of the visit's region; empty once the visit is closed."""
    return f"/guides/{DANGER_GUIDE}{query_of(visit)}" if visit.is_open else ""


def mandate_url(visit: Visit) -> str:
    return f"/visits/{visit.visit_id}/mandate"


def hub_links(speech: Speech, visit: Visit) -> tuple[HandLink, ...]:
    """The ways from the hub of an open visit; none from a closed one."""
    if not visit.is_open:
        return ()
    danger_line, danger_icon = GUIDES[DANGER_GUIDE]
    talks, talks_line, talks_icon = TALKS
    mandate_line, mandate_icon = N_("One page for the gate, with the names of the team"), "printer"
    return tuple(
        HandLink(url, speech.say(title), speech.say(line), icon)
        for url, title, line, icon in (
            (f"/interviews{query_of(visit)}", talks, talks_line, talks_icon),
            (danger_url(visit), N_("Immediate danger"), danger_line, danger_icon),
            (mandate_url(visit), N_("Mandate"), mandate_line, mandate_icon),
        )
    )
