"""Fills what the office's page of a tablet says of wiping: orders, what became of them, and what was removed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from app.domain.people import Person
from app.domain.wiping import ORDER, POLICY
from app.services.devices import DeviceSeen
from app.store.wipes import Ordered, Told
from app.web.contexts import Problem
from app.web.device_contexts import OrderLine, RemovedLine, WipeOrderPage, WipesOf
from app.web.device_pages import still_there
from app.web.language import Speech

SHOWN: Final = 50  # removed visits on one page


def wipes_of(
    speech: Speech, people: Mapping[str, Person], seen: DeviceSeen, orders: Sequence[Ordered], told: Sequence[Told]
) -> WipesOf:
    url = f"/devices/{seen.device_id}/wipe"
    is_open = any(one.is_open for one in orders)
    return WipesOf(
        order_url="" if is_open else url,
        end_url=f"{url}/end" if is_open else "",
        orders=tuple(_order(speech, people, one) for one in orders),
        removed=tuple(_removed(speech, people, told[:SHOWN])),
        more=max(0, len(told) - SHOWN),
    )


def order_page(speech: Speech, seen: DeviceSeen, reason: str = "", problems: tuple[Problem, ...] = ()) -> WipeOrderPage:
    url = f"/devices/{seen.device_id}"
    return WipeOrderPage(seen.name, f"{url}/wipe", url, still_there(speech, seen.health), reason, problems)


def _order(speech: Speech, people: Mapping[str, Person], order: Ordered) -> OrderLine:
    person = people.get(order.ordered_by)
    when = speech.moment(speech.at(order.ordered_at_ms))
    title = speech.say("Ordered %(when)s by %(name)s", when=when, name=person.name if person else "—")
    state, line = _state(speech, order)
    return OrderLine(title, line, order.reason, state)


def _state(speech: Speech, order: Ordered) -> tuple[str, str]:
    if order.confirmed_at_ms:
        when = speech.moment(speech.at(order.confirmed_at_ms))
        return "confirmed", speech.say("Confirmed %(when)s: its keys are destroyed.", when=when)
    if order.taken_back_at_ms:
        when = speech.moment(speech.at(order.taken_back_at_ms))
        return "ended", speech.say("Taken back %(when)s.", when=when)
    if not order.is_of_now:
        return "ended", speech.say("From before the office's server was restored: it is handed out no more.")
    if order.handed_at_ms:
        when = speech.moment(speech.at(order.handed_at_ms))
        return "handed", speech.say("Handed over %(when)s. The tablet has not confirmed it.", when=when)
    return "open", speech.say(
        "The tablet has not been in touch since. It gets the order when it is unlocked and online."
    )


def _removed(speech: Speech, people: Mapping[str, Person], told: Iterable[Told]) -> Iterable[RemovedLine]:
    for one in told:
        when = speech.moment(speech.at(one.at_ms))
        if one.why == POLICY:
            # Who keeps the tablets sees no visit: the end of its id is enough to find it in the audit log.
            what = speech.say("Visit …%(visit)s", visit=one.visit_id[-8:])
            yield RemovedLine(what, speech.say("%(when)s: signed off, and in a checked backup", when=when))
            continue
        person = people.get(one.who)
        by = speech.say("by order of the office") if one.why == ORDER else person.name if person else "—"
        line = f"{when}, {by}"
        if one.lost:
            lost = speech.say_n("%(count)s entry had not been sent", "%(count)s entries had not been sent", one.lost)
            line = f"{line}; {lost}"
        yield RemovedLine(speech.say("Everything"), line)
