"""Fills the contexts of the sync page: where each visit and each file stands, how fast it goes, what waits."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from app.domain.budget import CHOICES_MB, MEGABYTE, Budget
from app.domain.merge import Record
from app.store import attachments, outgoing
from app.store.sending import FileStanding
from app.sync.progress import Progress, Upload
from app.web.amounts import count_words, left_words, rate_words, size_words
from app.web.contexts import Choice
from app.web.language import Speech
from app.web.sync_contexts import FileRow, PhotoBudget, SendState, SyncRow, UploadLine
from app.web.visit_pages import Scene, institution_name

WHOLE: Final = 100


@dataclass(frozen=True)
class Dispatch:
    """What is on its way on this device just now, and all its files."""

    files: Sequence[FileStanding]
    upload: Upload | None
    is_sending: bool
    now_ms: int

    def of(self, scope: str) -> list[FileStanding]:
        """The files of a visit that people ask about: its photos, and its checklist while central lacks it."""
        mine = [one for one in self.files if one.scope == scope]
        return [one for one in mine if one.media_type != attachments.DOCUMENT_TYPE or not one.sent_at_ms]


def sync_row(session: Session, scene: Scene, dispatch: Dispatch, sent_ms: int | None) -> SyncRow:
    """One visit: its entries, each of its files, and one word for all of it. `sent_ms`: its last entries' ack."""
    scope = scene.visit.scope
    unsent, total = outgoing.unsent_in(session, scope)
    files = dispatch.of(scope)
    sent = [one for one in files if one.sent_at_ms]
    titles = photo_titles(scene.speech, scene.records.photos)
    return SyncRow(
        title=institution_name(scene.institution, scene.speech.language),
        url=scene.url,
        visited_on=scene.visit.visited_on,  # type: ignore[arg-type]
        entries=total,
        entries_sent=total - unsent,
        files=tuple(_file_row(scene.speech, one, dispatch, titles) for one in files),
        files_sent=len(sent),
        state=_visit_state(
            scene.speech, dispatch, files, (total - unsent, total), sent_ms, outgoing.is_safe(session, scope)
        ),
    )


def _visit_state(
    speech: Speech,
    dispatch: Dispatch,
    files: Sequence[FileStanding],
    entries: tuple[int, int],
    sent_ms: int | None,
    is_safe: bool,
) -> SendState:
    """Safe; else sent, when central has all of it; else how far it has come, as long as something moves."""
    if is_safe:
        return SendState("safe")
    done, total = entries
    gone = [one for one in files if one.sent_at_ms]
    if done == total and len(gone) == len(files):
        newest = max([sent_ms or 0, *(one.sent_at_ms or 0 for one in files)])
        return SendState("sent", when=_when(speech, newest, dispatch.now_ms))
    upload = dispatch.upload
    is_moving = upload is not None and any(one.sha256 == upload.sha256 for one in files)
    if not is_moving and not (dispatch.is_sending and done < total):
        return SendState("saved")
    part = upload.percent / WHOLE if is_moving and upload else 0
    return SendState("sending", int(WHOLE * (done + len(gone) + part) / (total + len(files))))


def _file_row(speech: Speech, file: FileStanding, dispatch: Dispatch, titles: dict[str, str]) -> FileRow:
    is_document = file.media_type == attachments.DOCUMENT_TYPE
    title = speech.say("The visit's checklist") if is_document else titles.get(file.sha256, speech.say("Photo"))
    return FileRow(title, size_words(speech, file.size), file_state(speech, file, dispatch))


def file_state(speech: Speech, file: FileStanding, dispatch: Dispatch) -> SendState:
    """Where one file stands."""
    if file.is_safe:
        return SendState("safe")
    if file.sent_at_ms:
        return SendState("sent", when=_when(speech, file.sent_at_ms, dispatch.now_ms))
    if dispatch.upload and dispatch.upload.sha256 == file.sha256:
        return SendState("sending", dispatch.upload.percent)
    return SendState("saved")


def _when(speech: Speech, at_ms: int, now_ms: int) -> str:
    """The time of a moment of today, else its day; empty when it is not known."""
    moment, now = speech.at(at_ms), speech.at(now_ms)
    if moment is None or now is None:
        return ""
    local = speech.local(moment)
    return speech.clock_time(moment) if local.date() == speech.local(now).date() else speech.short_day(local)


def photo_titles(speech: Speech, photos: Iterable[Record]) -> dict[str, str]:
    """SHA-256 -> what a photo shows, or which question it belongs to; its original stands under its own hash."""
    named: dict[str, str] = {}
    for photo in photos:
        of = speech.say("Photo of %(indicator)s", indicator=photo.text("indicator"))
        title = photo.text("caption") or of
        named.setdefault(photo.text("sha256"), title)
        if photo.text("original"):
            named[photo.text("original")] = speech.say("Original of: %(photo)s", photo=title)
    return named


def upload_line(speech: Speech, progress: Progress, dispatch: Dispatch, titles: dict[str, str]) -> UploadLine | None:
    """The file on its way, how fast it goes, and how long all that waits will take at this rate."""
    upload = dispatch.upload
    if upload is None:
        return None
    waiting = sum(one.size for one in dispatch.files if not one.sent_at_ms) - upload.sent
    pace = [rate_words(speech, upload.rate_bps), left_words(speech, progress.seconds_for(max(0, waiting)))]
    amount = speech.say(
        "%(sent)s of %(all)s", sent=size_words(speech, upload.sent), all=size_words(speech, upload.size)
    )
    title = titles.get(upload.sha256, speech.say("A file"))
    return UploadLine(title, upload.percent, amount, ", ".join(part for part in pace if part))


def waiting_words(speech: Speech, unsent: int, files: Sequence[FileStanding]) -> str:
    """ "34 entries, 12 photos · 1.2 MB"; empty when nothing waits."""
    waiting = [one for one in files if not one.sent_at_ms]
    of = Counter(one.media_type for one in waiting)
    photos, originals = of[attachments.PHOTO_TYPE], of[attachments.ORIGINAL_TYPE]
    counted = count_words(speech, unsent, photos, of[attachments.DOCUMENT_TYPE], originals=originals)
    size = size_words(speech, sum(one.size for one in waiting)) if waiting else ""
    return " · ".join(part for part in (counted, size) if part)


def photo_budget(speech: Speech, budget: Budget, files: Sequence[FileStanding]) -> PhotoBudget:
    """What pictures may take today, what they took, and whether the next one has to wait for tomorrow."""
    waiting = [one for one in files if not one.sent_at_ms and one.media_type != attachments.DOCUMENT_TYPE]
    limit = budget.day_mb * MEGABYTE
    spent = size_words(speech, budget.spent_bytes)
    if limit:
        spent = speech.say("%(sent)s of %(all)s", sent=spent, all=size_words(speech, limit))
    is_used_up = (
        bool(waiting) and not budget.is_paused and not any(budget.may_send_picture(one.size) for one in waiting)
    )
    chosen = budget.day_mb if budget.day_mb in CHOICES_MB else 0
    choices = tuple(Choice(str(size), _limit_words(speech, size), size == chosen) for size in CHOICES_MB)
    return PhotoBudget(choices, budget.is_paused, spent, is_used_up)


def _limit_words(speech: Speech, size_mb: int) -> str:
    return speech.say("%(size)s MB a day", size=speech.number(size_mb)) if size_mb else speech.say("no limit")
