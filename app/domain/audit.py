"""The rule of the audit log: each row is bound to all before it, so that none can be changed or taken out unseen."""

import hashlib
from collections.abc import Mapping
from typing import Final

from app.domain.journal import Json, canonical

FIRST: Final = hashlib.sha256(b"baqylau-audit-1").digest()  # the chain value before the first row

# What is noted: sign-ins, reads of confidential matter, exports, decisions, changes of keys and devices.
SIGNED_IN: Final = "signed_in"
SIGN_IN_FAILED: Final = "sign_in_failed"
SIGNED_OUT: Final = "signed_out"
LOCKED: Final = "locked"  # told: why
PERSON_SAVED: Final = "person_saved"
SIGN_IN_SET: Final = "sign_in_set"
PASSPHRASE_CHANGED: Final = "passphrase_changed"  # noqa: S105 - an act, by its own person
PASSPHRASE_GIVEN: Final = "passphrase_given"  # noqa: S105 - of: whose first one it is
PASSPHRASE_RESET: Final = "passphrase_reset"  # noqa: S105 - of: who had forgotten theirs; by a colleague, or with the card
RECOVERY_CARD_MADE: Final = "recovery_card_made"
RECOVERY_CARD_USED: Final = "recovery_card_used"
SECOND_STEP_SET: Final = "second_step_set"
SECOND_STEP_REMOVED: Final = "second_step_removed"
SECOND_STEP_FAILED: Final = "second_step_failed"
RECOVERY_CODE_USED: Final = "recovery_code_used"  # told: left
PASSKEY_ADDED: Final = "passkey_added"
PASSKEY_REMOVED: Final = "passkey_removed"
SESSIONS_ENDED: Final = "sessions_ended"
OFFICE_SIGN_IN_SET: Final = "office_sign_in_set"
PERSON_PROPOSED: Final = "person_proposed"  # of: the person; it waits for a second administrator
PROPOSAL_CONFIRMED: Final = "proposal_confirmed"  # told: proposed_by
PROPOSAL_WITHDRAWN: Final = "proposal_withdrawn"
CODE_MADE: Final = "code_made"
DEVICE_ENROLLED: Final = "device_enrolled"
DEVICE_REVOKED: Final = "device_revoked"
VISIT_RETURNED: Final = "visit_returned"
VISIT_APPROVED: Final = "visit_approved"
ALERT_ACKNOWLEDGED: Final = "alert_acknowledged"
ALERT_CLOSED: Final = "alert_closed"
ORIGINAL_READ: Final = "original_read"
EXPORTED: Final = "exported"  # told: level, what was chosen, counts, SHA-256 of the file, purpose
PUBLISHED: Final = (
    "published"  # of: the period; told: way, places, how much is hidden; who looked who could be recognised
)
POLICY_CHANGED: Final = "policy_changed"  # told: each rule as "old → new"
ERASING_ASKED: Final = "erasing_asked"  # what is over its time; told: how many of each kind
ERASED_BY_RULE: Final = "erased_by_rule"  # told: how many of each kind, who had asked
BACKUP_MADE: Final = "backup_made"
EPOCH_BEGUN: Final = "epoch_begun"
CONFIDENTIAL_KEY_MADE: Final = "confidential_key_made"  # of: its fingerprint
CONFIDENTIAL_KEY_RETIRED: Final = "confidential_key_retired"
READING_ASKED: Final = "reading_asked"  # of: the interview; told: reading, visit, purpose
READING_CONFIRMED: Final = "reading_confirmed"  # the second person
INTERVIEW_GIVEN_OUT: Final = "interview_given_out"  # a file that the key opens was handed over: from now it can be read
VISIT_WIPED: Final = "visit_wiped"  # who: the device, or its program; of: the visit
DEVICE_WIPED: Final = "device_wiped"  # who: the device; told: why, lost
WIPE_ORDERED: Final = "wipe_ordered"  # of: the device; told: order, reason
WIPE_TAKEN_BACK: Final = "wipe_taken_back"


def audit_text(told: Mapping[str, Json]) -> str:
    """Further facts of a row as they are kept and chained."""
    return canonical(told).decode()


def next_audit_chain(previous: bytes, seq: int, at_ms: int, who: str, what: str, of: str, told: str) -> bytes:
    """SHA-256 over the previous chain value and the row in its canonical form."""
    row = {"seq": seq, "at_ms": at_ms, "who": who, "what": what, "of": of, "told": told}
    return hashlib.sha256(previous + canonical(row)).digest()
