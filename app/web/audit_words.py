"""The words of the audit log: what was done, and the facts that were noted with it."""

from collections.abc import Mapping
from typing import Final

from app.domain import audit as acts
from app.domain.journal import Json
from app.domain.wiping import ORDER, PERSON
from app.errors import N_
from app.web import export_words, retention, words
from app.web.language import Speech

ACT: Final = {
    acts.SIGNED_IN: N_("signed in"),
    acts.SIGN_IN_FAILED: N_("sign-in failed"),
    acts.SIGNED_OUT: N_("signed out"),
    acts.LOCKED: N_("locked"),
    acts.PERSON_SAVED: N_("person saved"),
    acts.SIGN_IN_SET: N_("sign-in changed"),
    acts.PASSPHRASE_CHANGED: N_("own passphrase changed"),
    acts.PASSPHRASE_GIVEN: N_("passphrase given"),
    acts.PASSPHRASE_RESET: N_("passphrase reset"),
    acts.RECOVERY_CARD_MADE: N_("recovery card made"),
    acts.RECOVERY_CARD_USED: N_("recovery card used"),
    acts.SECOND_STEP_SET: N_("second step of signing in set up"),
    acts.SECOND_STEP_REMOVED: N_("second step of signing in removed"),
    acts.SECOND_STEP_FAILED: N_("second step of signing in failed"),
    acts.RECOVERY_CODE_USED: N_("recovery code used"),
    acts.PASSKEY_ADDED: N_("passkey added"),
    acts.PASSKEY_REMOVED: N_("passkey removed"),
    acts.SESSIONS_ENDED: N_("other sessions ended"),
    acts.OFFICE_SIGN_IN_SET: N_("office sign-in linked or unlinked"),
    acts.PERSON_PROPOSED: N_("change of a person proposed"),
    acts.PROPOSAL_CONFIRMED: N_("change of a person confirmed"),
    acts.PROPOSAL_WITHDRAWN: N_("proposed change withdrawn"),
    acts.CODE_MADE: N_("one-time code made"),
    acts.DEVICE_ENROLLED: N_("tablet linked"),
    acts.DEVICE_REVOKED: N_("tablet withdrawn"),
    acts.VISIT_RETURNED: N_("visit returned with questions"),
    acts.VISIT_APPROVED: N_("visit approved"),
    acts.ALERT_ACKNOWLEDGED: N_("alert: the office knows"),
    acts.ALERT_CLOSED: N_("alert closed"),
    acts.ORIGINAL_READ: N_("original of a photo opened"),
    acts.EXPORTED: N_("exported"),
    acts.PUBLISHED: N_("figures published"),
    acts.POLICY_CHANGED: N_("policy changed"),
    acts.ERASING_ASKED: N_("asked to erase what is over its time"),
    acts.ERASED_BY_RULE: N_("erased what is over its time"),
    acts.BACKUP_MADE: N_("backup made and tried"),
    acts.EPOCH_BEGUN: N_("new epoch begun after a restore"),
    acts.CONFIDENTIAL_KEY_MADE: N_("key for talks made"),
    acts.CONFIDENTIAL_KEY_RETIRED: N_("key for talks retired"),
    acts.READING_ASKED: N_("asked to read a sealed talk"),
    acts.READING_CONFIRMED: N_("agreed that a sealed talk is read"),
    acts.INTERVIEW_GIVEN_OUT: N_("sealed talk given out to be read"),
    acts.VISIT_WIPED: N_("visit removed from a tablet"),
    acts.DEVICE_WIPED: N_("tablet destroyed all that was on it"),
    acts.WIPE_ORDERED: N_("tablet ordered to be wiped"),
    acts.WIPE_TAKEN_BACK: N_("order to wipe a tablet taken back"),
}
FACT: Final = {
    "device": N_("Tablet"),
    "people": N_("People"),
    "sha256": "SHA-256",
    "purpose": N_("Purpose"),
    "level": N_("Level"),
    "visits": N_("Visits"),
    "findings": N_("Findings"),
    "period": N_("Period"),
    "way": N_("In rows"),
    "places": N_("Places visited"),
    "hidden": N_("Hidden cells"),
    "withheld": N_("Indicators left empty"),
    "reason": N_("Why"),
    "lost": N_("Entries that had not been sent"),
    "address": N_("From address"),
    "failed_before": N_("Failed tries before"),
    "proposed_by": N_("Proposed by"),
    "left": N_("Recovery codes left"),
    "roles": N_("Roles"),
    "active": N_("Active"),
    "limited": N_("Limited as a reviewer"),
    "regions": N_("Regions"),
    "visit": N_("Visit"),
    "reading": N_("Request to read"),
    "alert": N_("Alert"),
    "outcome": N_("How it ended"),
    "order": N_("Number of the order"),
    "why": N_("On whose decision"),
    "from_day": N_("From the day"),
    "until_day": N_("Until the day"),
    "type": N_("Kind of place"),
    "region": N_("Region"),
    "asked_by": N_("Asked by"),
    "count": N_("Sessions ended"),
    **retention.GROUP,
}
CODE: Final[Mapping[str, Mapping[str, str]]] = {
    "roles": words.ROLE,
    "regions": words.REGION,
    "region": words.REGION,
    "type": words.INSTITUTION_TYPE,
    "outcome": words.OUTCOME,
    "level": export_words.LEVEL,
    "way": export_words.WAY,
    "why": {PERSON: N_("one of its people"), ORDER: N_("the office")},
}


def act(speech: Speech, what: str) -> str:
    """What was done; an act of another version is shown as it is."""
    return speech.say(ACT[what]) if what in ACT else what


def fact(speech: Speech, name: str, value: Json, names: Mapping[str, str]) -> str:
    """ "Roles: team lead, reviewer". `names`: id -> whom the log may name."""
    label = speech.say(FACT[name]) if name in FACT else name
    return f"{label}: {_said(speech, CODE.get(name, {}), value, names)}"


def _said(speech: Speech, codes: Mapping[str, str], value: Json, names: Mapping[str, str]) -> str:
    if isinstance(value, list):
        return ", ".join(_said(speech, codes, one, names) for one in value) or "—"
    if isinstance(value, bool):
        return speech.say("yes") if value else speech.say("no")
    code = str(value)
    return speech.say(codes[code]) if code in codes else names.get(code, code)
