"""Codes and the words people read for them."""

from typing import Final

from app.errors import N_
from app.web.language import Speech

ROLE: Final = {
    "monitor": N_("monitor"),
    "team_lead": N_("team lead"),
    "reviewer": N_("reviewer"),
    "trainer": N_("trainer"),
    "administrator": N_("administrator"),
}
STATE: Final = {
    "planned": N_("planned"),
    "in_progress": N_("in progress"),
    "finished": N_("finished"),
    "returned": N_("returned with questions"),
    "approved": N_("approved"),
}
KIND: Final = {
    "periodic": N_("Periodic visit"),
    "interim": N_("Interim visit"),
    "special": N_("Special visit"),
    "follow_up": N_("Follow-up visit"),
}
ENTRY_KIND: Final = {
    "answer": N_("Answer"),
    "photo": N_("Photo"),
    "repeat": N_("Room or file"),
    "visit": N_("Visit"),
    "refusal": N_("Refused access"),
    "declaration": N_("Declaration"),
    "interview": N_("Talk"),
    "sign_off": N_("Signature"),
    "alert": N_("Red button"),
    "alert_told": N_("Who was told"),
}
VARIANT: Final = {
    "full": N_("Full list"),
    "short": N_("Short list"),
    "follow_up": N_("Follow-up list"),
}
VARIANT_HINT: Final = {
    "full": N_("Everything that applies to this place; a day for a team."),
    "short": N_("What shows danger first; about 90 minutes."),
    "follow_up": N_("What was a finding or critical at the last visit, and what is always asked."),
}
LEGAL_BASIS: Final = {
    "commissioner": N_("Commissioner for Children's Rights"),
    "npm": N_("National preventive mechanism"),
    "onk": N_("Public monitoring commission"),
}
LEGAL_BASIS_RULE: Final = {
    "commissioner": N_("No notice is needed. The monitoring group's own mandate applies."),
    "npm": N_("No notice is needed; the group chooses the place."),
    "onk": N_("At least two members, and notice of at least one day."),
}
INSTITUTION_TYPE: Final = {
    "police_station": N_("Police station"),
    "ivs": N_("Temporary holding facility"),
    "administrative_arrest_centre": N_("Special holding centre (administrative arrest)"),
    "reception_centre": N_("Reception and distribution centre"),
    "remand_centre": N_("Remand centre"),
    "juvenile_colony": N_("Juvenile colony"),
    "special_school": N_("Special educational institution"),
    "special_regime_school": N_("Special-regime education organisation"),
    "adaptation_centre": N_("Adaptation centre for minors"),
    "boarding_school": N_("Boarding school for orphans"),
    "childrens_village": N_("Family-type children's village"),
    "youth_house": N_("Youth house"),
    "infant_home": N_("Infant home"),
    "medical_social": N_("Medical-social institution"),
    "hospital_unit": N_("Hospital or psychiatric unit with children"),
    "service_centre": N_("Special social service centre"),
    "crisis_centre": N_("Crisis centre"),
}
REGION: Final = {
    "abai": N_("Abai region"),
    "akmola": N_("Akmola region"),
    "aktobe": N_("Aktobe region"),
    "almaty_region": N_("Almaty region"),
    "almaty": N_("Almaty city"),
    "astana": N_("Astana city"),
    "atyrau": N_("Atyrau region"),
    "east": N_("East Kazakhstan region"),
    "jambyl": N_("Jambyl region"),
    "jetisu": N_("Jetisu region"),
    "karaganda": N_("Karaganda region"),
    "kostanay": N_("Kostanay region"),
    "kyzylorda": N_("Kyzylorda region"),
    "mangystau": N_("Mangystau region"),
    "north": N_("North Kazakhstan region"),
    "pavlodar": N_("Pavlodar region"),
    "shymkent": N_("Shymkent city"),
    "turkistan": N_("Turkistan region"),
    "ulytau": N_("Ulytau region"),
    "west": N_("West Kazakhstan region"),
}
CONTACT: Final = {
    "ambulance": N_("ambulance"),
    "procurator": N_("prosecutor"),
    "police": N_("police"),
    "ombudsman": N_("ombudsman"),
    "guardianship": N_("guardianship body"),
    "contact_centre": N_("contact centre"),
    "psychologist": N_("psychologist"),
    "hospital": N_("hospital"),
    "other": N_("other contact"),
}
DANGER: Final = {
    "immediate": N_("A child is in immediate danger"),
    "needs_doctor": N_("Injury or illness: a doctor is needed"),
    "held": N_("A child is locked up with adults or held unlawfully"),
    "reprisal": N_("A child is punished or threatened for talking"),
    "suicide": N_("A child may harm or kill himself or herself"),
    "alone": N_("A child without family or guardian"),
    "other": N_("Something else that cannot wait"),
}
RECIPIENT: Final = {
    "team_lead": N_("Team lead"),
    "ambulance": N_("Ambulance or medic"),
    "commissioner": N_("Duty line of the Commissioner for Children's Rights"),
    "procurator": N_("Prosecutor"),
    "police": N_("Police"),
    "guardianship": N_("Guardianship body"),
    "contact_centre": N_("Contact centre 111"),
}
RECIPIENT_REASON: Final = {
    "team_lead": N_("By word of mouth, at once. The lead decides on the rest; if out of reach, you do."),
    "ambulance": N_("If life or health is threatened: at once, without anybody's leave."),
    "commissioner": N_("The team lead calls. The written note follows within 24 hours."),
    "procurator": N_("If the child is held unlawfully, beaten, tortured, badly hurt or punished for a complaint."),
    "police": N_("If a crime is going on or a child is missing. The prosecutor instead, if police are suspected."),
    "guardianship": N_("Whoever learns of a threat to a child is bound to report it to this body."),
    "contact_centre": N_("If the others cannot be reached, or the child needs psychological help."),
}
TOLD_HOW: Final = {"by_phone": N_("by telephone"), "in_person": N_("in person"), "in_writing": N_("in writing")}
DUE: Final = {
    "note": N_("Written note to the Commissioner: by %(when)s."),
    "check": N_("Check the outcome by a visit or a call: by %(when)s."),
}
LATE: Final = {
    "note": N_("The written note to the Commissioner was due by %(when)s. Write it now."),
    "check": N_("The outcome was to be checked by %(when)s. Is the child safe? Go or call."),
}
OUTCOME: Final = {
    "safe": N_("The child is safe"),
    "handed_over": N_("Handed over to those who must act by law"),
    "not_confirmed": N_("Checked, not confirmed"),
    "mistake": N_("Raised by mistake"),
    "other": N_("Otherwise"),
}
VALUE: Final = {
    "yes": N_("yes"),
    "partly": N_("partly"),
    "no": N_("no"),
    "not_applicable": N_("not applicable"),
    "not_seen": N_("not seen"),
}
SOURCE: Final = {
    "observation": N_("Seen"),
    "records": N_("Records"),
    "child": N_("A child"),
    "staff": N_("Staff"),
    "measurement": N_("Measured"),
    "family": N_("Family or lawyer"),
}
HOW: Final = {
    "observation": N_("look for yourself"),
    "records": N_("read the records"),
    "child": N_("ask children in private"),
    "staff": N_("ask staff"),
    "measurement": N_("measure"),
    "family": N_("ask family or lawyer"),
}
METHOD: Final = {
    "tape": N_("tape measure"),
    "laser": N_("laser"),
    "instrument": N_("instrument"),
    "counted": N_("counted"),
    "estimate": N_("estimate"),
    "records": N_("from records"),
}
UNIT: Final = {
    "m2": N_("m²"),
    "m": N_("m"),
    "C": N_("°C"),
    "lux": N_("lux"),
    "h": N_("h"),
    "min": N_("min"),
    "days": N_("days"),
    "km": N_("km"),
    "persons": N_("persons"),
    "times": N_("times"),
    "items": N_("items"),
    "people": N_("persons"),
}
CONFIDENCE: Final = {"high": N_("sure"), "medium": N_("fairly sure"), "low": N_("not sure")}
SEVERITY: Final = {
    "1": N_("low"),
    "2": N_("medium"),
    "3": N_("high"),
    "4": N_("very high"),
    "danger": N_("danger"),
}
LEVEL: Final = {
    "national": N_("national"),
    "international": N_("international"),
    "method": N_("method of monitoring"),
}
PROVISION_STATUS: Final = {
    "read": N_("The text was read."),
    "number-unverified": N_("The content was read, the number was not: to be checked by counsel."),
    "unverified": N_("Nobody has compared it with the text yet: to be checked by counsel."),
}
LIBRARY_ITEM: Final = {
    "provision": N_("provision"),
    "indicator": N_("question of the checklists"),
    "script": N_("interview script"),
    "guide": N_("guide"),
}
DOMAIN: Final = {
    "A": N_("Legal basis, arrest, admission"),
    "B": N_("Separation"),
    "C": N_("Living conditions, food, hygiene"),
    "D": N_("Daily life, education, play"),
    "E": N_("Physical and mental health"),
    "F": N_("Violence, force, restraint, isolation"),
    "G": N_("Discipline"),
    "H": N_("Family and the outside world"),
    "I": N_("Complaints and inspection"),
    "J": N_("Staff and their training"),
    "K": N_("Children at particular risk"),
    "L": N_("Assessment, care plan, review"),
    "M": N_("Best interests and participation"),
    "N": N_("Records and personal data"),
    "O": N_("Transfer and release"),
    "P": N_("Basic facts"),
}
QUICK_REASONS: Final = {
    "not_applicable": (N_("No such case today"), N_("Not foreseen for this place")),
    "not_seen": (
        N_("Not enough time"),
        N_("Access was refused"),
        N_("Nobody to ask in private"),
        N_("Documents were not shown"),
    ),
}


def _word(speech: Speech, table: dict[str, str], code: str) -> str:
    """The words for a code; a code of a newer version is shown as it is."""
    return speech.say(table[code]) if code in table else code


def role(speech: Speech, code: str) -> str:
    return _word(speech, ROLE, code)


def state(speech: Speech, code: str) -> str:
    return _word(speech, STATE, code)


def kind(speech: Speech, code: str) -> str:
    return _word(speech, KIND, code)


def entry_kind(speech: Speech, code: str) -> str:
    return _word(speech, ENTRY_KIND, code) if code in ENTRY_KIND else code


def variant(speech: Speech, code: str) -> str:
    return _word(speech, VARIANT, code)


def legal_basis(speech: Speech, code: str) -> str:
    return _word(speech, LEGAL_BASIS, code)


def institution_type(speech: Speech, code: str) -> str:
    return _word(speech, INSTITUTION_TYPE, code)


def region(speech: Speech, code: str) -> str:
    return _word(speech, REGION, code)


def contact(speech: Speech, code: str) -> str:
    return _word(speech, CONTACT, code)


def danger(speech: Speech, code: str) -> str:
    return _word(speech, DANGER, code)


def recipient(speech: Speech, code: str) -> str:
    return _word(speech, RECIPIENT, code)


def recipient_reason(speech: Speech, code: str) -> str:
    """Why, or in which case, somebody is told of a danger. Source: guide `immediate-danger`, who-is-told."""
    return _word(speech, RECIPIENT_REASON, code)


def told_how(speech: Speech, code: str) -> str:
    return _word(speech, TOLD_HOW, code)


def outcome(speech: Speech, code: str) -> str:
    return _word(speech, OUTCOME, code)


def value(speech: Speech, code: str) -> str:
    return _word(speech, VALUE, code)


def source(speech: Speech, code: str) -> str:
    return _word(speech, SOURCE, code)


def method(speech: Speech, code: str) -> str:
    return _word(speech, METHOD, code)


def unit(speech: Speech, code: str) -> str:
    return _word(speech, UNIT, code)


def confidence(speech: Speech, code: str) -> str:
    return _word(speech, CONFIDENCE, code)


def severity(speech: Speech, code: str) -> str:
    return _word(speech, SEVERITY, code)


def level(speech: Speech, code: str) -> str:
    return _word(speech, LEVEL, code)


def provision_status(speech: Speech, code: str) -> str:
    """What is known of the text of a provision, as a sentence."""
    return _word(speech, PROVISION_STATUS, code)


def library_item(speech: Speech, kind: str) -> str:
    return _word(speech, LIBRARY_ITEM, kind)


def domain(speech: Speech, letter: str) -> str:
    """What the indicators of a letter are about."""
    return _word(speech, DOMAIN, letter)


def how_to_find_out(speech: Speech, sources: tuple[str, ...]) -> str:
    """ "Look for yourself, ask children in private" from the kinds of evidence of an indicator."""
    text = ", ".join(_word(speech, HOW, code) for code in sources)
    return text[:1].upper() + text[1:]
