"""Every refusal of the program: code, HTTP status, and a sentence for people that says what happened and what to do.

The sentences are message ids of the catalogues: the web ring and the command line translate them and fill in `params`.
"""

from typing import ClassVar, Final

EXIT_REFUSED: Final = 2  # exit code of an expected "no": one sentence on stderr


def N_(message: str) -> str:
    """Marks a sentence for translation without translating it here."""
    return message


class AppError(Exception):
    """An expected "no" that stops what was being done. Raising rolls back; nothing typed is lost."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "refused"
    sentence: ClassVar[str] = N_("This cannot be done. Go back and try again.")

    def __init__(self, **params: str | int | float) -> None:
        self.params = params
        super().__init__(self.sentence % params if params else self.sentence)


class RefusedBecause(AppError):
    """A refusal of several kinds: `why` names one of its `sentences`."""

    sentences: ClassVar[dict[str, str]]

    def __init__(self, why: str, **params: str | int | float) -> None:
        self.why, self.sentence = why, self.sentences[why]  # type: ignore[misc]
        super().__init__(**params)


class NotThere(AppError):
    """Also the answer to "not yours": the two must look alike."""

    status, code = 404, "not_there"
    sentence = N_("There is nothing here under this address, or it is not yours to see. Go back to the list.")


class NotAllowed(AppError):
    status, code = 403, "not_allowed"
    sentence = N_("Your role does not allow this. Ask the team lead or the office.")


class SignInNeeded(AppError):
    status, code = 401, "sign_in_needed"
    sentence = N_("Sign in first. What you typed is kept on this page.")


class WrongPassphrase(AppError):
    status, code = 401, "wrong_passphrase"
    sentence = N_("That is not a passphrase of this tablet. Check the four words and try again.")


class TooManyTries(AppError):
    status, code = 429, "too_many_tries"
    sentence = N_("An earlier try was wrong. The next try is possible in %(wait)s (minutes:seconds).")


class WrongSignIn(AppError):
    status, code = 401, "wrong_sign_in"
    sentence = N_("Name and passphrase do not fit together. Check both and try again.")


class WeakPassphrase(AppError):
    status, code = 422, "weak_passphrase"
    sentence = N_("A passphrase needs at least four words and 16 letters. Choose a longer one.")


class PassphraseTaken(AppError):
    status, code = 409, "passphrase_taken"
    sentence = N_("This passphrase cannot be used on this tablet. Choose another one.")


class CrossOrigin(AppError):
    status, code = 403, "cross_origin"
    sentence = N_("The request came from another page or address. Open Baqylau by its own address and try again.")


class VisitLocked(AppError):
    status, code = 409, "visit_locked"
    sentence = N_("The visit is finished, so this answer is closed. The office can return it with a question.")


class MoveNotAllowed(AppError):
    status, code = 409, "move_not_allowed"
    sentence = N_("The visit is in another state by now, so this step is not possible. Open the visit again.")


class AlreadySigned(AppError):
    status, code = 409, "already_signed"
    sentence = N_("You have signed this visit already.")


class SecondPersonNeeded(AppError):
    status, code = 409, "second_person_needed"
    sentence = N_("A visit is approved by someone who was not on its team and did not return it.")


class ReasonNeeded(AppError):
    status, code = 422, "reason_needed"
    sentence = N_("Give the reason in a few words, then send it again.")


class TeamTooSmall(AppError):
    status, code = 422, "team_too_small"
    sentence = N_("This legal basis asks for a team of at least %(least)d. Add a member.")


class NoticeNeeded(AppError):
    status, code = 422, "notice_needed"
    sentence = N_(
        "This legal basis asks for notice of at least one day. Mark the visit as announced, or choose another basis."
    )


class InvalidInput(AppError):
    """A form or file says something that cannot be; `field` names the place, the sentence the fault."""

    status, code = 422, "invalid_input"
    sentence = N_("Something in the form is missing or impossible. Check it and send it again.")

    def __init__(self, problem: str, field: str = "", **params: str | int | float) -> None:
        super().__init__(**params)
        self.problem, self.field = problem, field
        self.args = (problem % params if params else problem,)


class PhotoRefused(InvalidInput):
    code = "photo_refused"


class OriginalNotGenuine(AppError):
    status, code = 409, "original_not_genuine"
    sentence = N_("This original is not what the tablet sealed when the photo was taken. Tell the administrator.")


class BodyTooLarge(AppError):
    status, code = 413, "body_too_large"
    sentence = N_("This is too large to be taken at once. There may be up to %(megabytes)d MB.")


class RequestTooSlow(AppError):
    status, code = 408, "request_too_slow"
    sentence = N_("Nothing came for a minute. It is tried again by itself.")


class DiskFull(AppError):
    status, code = 507, "disk_full"
    sentence = N_("The disk of this tablet is full. Nothing was lost; free some space, then save again.")


class DataFromNewerVersion(AppError):
    status, code = 500, "data_from_newer_version"
    sentence = N_("The data folder was written by a newer version of Baqylau. Start that version, or update this one.")


class DataInUse(AppError):
    status, code = 500, "data_in_use"
    sentence = N_("Another Baqylau is already using the data folder %(folder)s. Close it first.")


class FolderNotPrivate(AppError):
    status, code = 500, "folder_not_private"
    sentence = N_("Others on this computer can read the data folder %(folder)s. Run: chmod 700 %(folder)s")


class NotEncrypted(AppError):
    status, code = 500, "not_encrypted"
    sentence = N_("The database in %(folder)s is not encrypted or was damaged, so it is not opened. Call the office.")


class WrongKey(AppError):
    status, code = 500, "wrong_key"
    sentence = N_("The database in %(folder)s does not open with this key. Nothing was changed. Call the office.")


class WrongSettings(AppError):
    status, code = 500, "wrong_settings"
    sentence = N_("These settings are wrong. Correct them and start again:\n%(faults)s")


class FolderTaken(AppError):
    status, code = 409, "folder_taken"
    sentence = N_("The data folder %(folder)s holds another node already. Name an empty folder with --data.")


class CipherMissing(AppError):
    status, code = 500, "cipher_missing"
    sentence = N_("This computer lacks the encryption that the database needs (%(found)s). Install Baqylau again.")


class PortBusy(AppError):
    status, code = 500, "port_busy"
    sentence = N_("Port %(port)d is taken or not allowed. Close the other program, or choose another port.")


class BackupUnusable(RefusedBecause):
    """A file that cannot be restored from. `why`: other, newer, key, cut, damaged, contents."""

    status, code = 422, "backup_unusable"
    sentences: ClassVar[dict[str, str]] = {
        "other": N_("%(file)s is not a backup of Baqylau."),
        "newer": N_("%(file)s was made by a newer version of Baqylau. Update this one first."),
        "key": N_(
            "%(file)s was made with the backup key %(wanted)s, but %(key_file)s holds %(held)s. "
            "Name the right key file with BAQYLAU_BACKUP_KEY_FILE."
        ),
        "cut": N_("%(file)s is cut short: its end is missing. Copy it again, or take another backup."),
        "damaged": N_("%(file)s was changed or damaged near byte %(at)d. Copy it again, or take another backup."),
        "contents": N_("%(file)s does not hold what it says it holds: %(what)s. Take another backup."),
    }


class BackupKeyMissing(AppError):
    status, code = 409, "backup_key_missing"
    sentence = N_(
        "There is no backup key in %(key_file)s. Bring the copy that was kept elsewhere, and name it with "
        "BAQYLAU_BACKUP_KEY_FILE."
    )


class BackupKeyRefused(RefusedBecause):
    """`why`: other (no key in it), inside (it lies in the data folder)."""

    status, code = 422, "backup_key_refused"
    sentences: ClassVar[dict[str, str]] = {
        "other": N_("%(key_file)s holds no backup key: 64 signs from 0 to 9 and a to f."),
        "inside": N_("%(key_file)s lies in the data folder. Keep the backup key elsewhere: who copies one has both."),
    }


class NoRoomForBackup(AppError):
    status, code = 507, "no_room_for_backup"
    sentence = N_("%(folder)s needs about %(needed)d MB of free space and has %(free)d MB. Free some, or name another.")


class NotEmpty(AppError):
    status, code = 409, "not_empty"
    sentence = N_("%(place)s is not empty, and nothing is overwritten. Name an empty one to restore into.")


class OfficeOnly(AppError):
    status, code = 409, "office_only"
    sentence = N_("This is done at the office. A tablet sends what it holds, and the office keeps the backups.")


class OlderSchema(AppError):
    status, code = 409, "older_schema"
    sentence = N_("The database has schema %(found)s and this version needs %(needed)s. Run: baqylau migrate")


class ChecklistBroken(AppError):
    status, code = 500, "checklist_broken"
    sentence = N_("The checklists have errors, so Baqylau does not start:\n%(faults)s")


class AlreadyPublished(AppError):
    status, code = 409, "already_published"
    sentence = N_("%(name)s was published with other words, and that does not change. Make version %(next)d of it.")


class NotEnrolled(AppError):
    status, code = 409, "not_enrolled"
    sentence = N_(
        "This tablet is not enrolled yet. Ask the office for a card, link it on its page or run: baqylau enrol"
    )


class EnrolmentRefused(AppError):
    status, code = 403, "enrolment_refused"
    sentence = N_("This one-time code is wrong, used or too old. Ask the office for a new one.")


class CentralNotGenuine(AppError):
    status, code = 502, "central_not_genuine"
    sentence = N_("The answer did not come from the office, but from something in between. Nothing was sent.")


class NetworkSignIn(CentralNotGenuine):
    """What answered looks like the sign-in page of a hotel's or an institution's network."""

    code = "network_sign_in"
    sentence = N_("This network wants a sign-in page. Nothing was sent; everything is saved on this tablet.")


class CentralUnreachable(AppError):
    status, code = 503, "central_unreachable"
    sentence = N_("The office cannot be reached now. Everything is saved on this tablet and will be sent later.")


class DeviceRevoked(AppError):
    status, code = 403, "device_revoked"
    sentence = N_("The office has withdrawn this tablet. Nothing more is sent from it. Call the office.")


class ProtocolError(AppError):
    status, code = 400, "protocol_error"
    sentence = N_("The message was not understood: %(reason)s")


class BundleRefused(RefusedBecause):
    """`why`: other, cut, changed, foreign, key_old, nobody."""

    status, code = 422, "bundle_refused"
    sentences: ClassVar[dict[str, str]] = {
        "other": N_("This file is no bundle of Baqylau. Choose a file that a tablet exported."),
        "cut": N_("The end of this bundle is missing. Copy the file once more, or export it again on the tablet."),
        "changed": N_("This bundle is not as its tablet signed it. Nothing was taken. Export it again on the tablet."),
        "foreign": N_("This bundle is for another office. Nothing was taken. Give it to the office of its tablet."),
        "key_old": N_(
            "This bundle is sealed with a key that the office no longer has. Connect its tablet once, then export it again."
        ),
        "nobody": N_("The tablet that wrote this bundle is withdrawn or not known here. Nothing was taken."),
    }


class BundleKeyMissing(AppError):
    status, code = 409, "bundle_key_missing"
    sentence = N_("This tablet has no key of the office for bundles yet. Connect it to the office once, then export.")


class DeviceNotTrusted(RefusedBecause):
    """`why`: unknown, expired, revoked."""

    status, code = 403, "device_not_trusted"
    sentences: ClassVar[dict[str, str]] = {
        "unknown": N_("The other device is not of this office, so nothing was exchanged with it. Ask your team lead."),
        "expired": N_("The other device has not met the office for too long. Connect it to the office once."),
        "revoked": N_("The office has withdrawn the other device, so nothing was exchanged with it."),
    }


class NoCertificate(AppError):
    status, code = 409, "no_certificate"
    sentence = N_("This tablet cannot show yet that it is the office's. Connect it to the office once.")


class HubUnreachable(AppError):
    status, code = 503, "hub_unreachable"
    sentence = N_("The team's hub cannot be reached, or it is locked. Check that both are in the same network.")


class HubLocked(AppError):
    status, code = 503, "hub_locked"
    sentence = N_("The team's hub is locked. Ask the person who uses it to unlock it.")


class HubNotGenuine(AppError):
    status, code = 502, "hub_not_genuine"
    sentence = N_("The answer did not come from a hub of this office. Nothing of it was taken.")


class StreamFork(AppError):
    status, code = 409, "stream_fork"
    sentence = N_("This tablet's numbering was restored from a copy. It starts a new one by itself.")


class ChecklistNotHere(AppError):
    status, code = 409, "checklist_not_here"
    sentence = N_("The checklist of this visit has not arrived here yet. Connect, send once, then open it again.")


class ChecklistTooNew(AppError):
    status, code = 409, "checklist_too_new"
    sentence = N_("The checklist of this visit is from a newer Baqylau. Update this one, then open the visit again.")
