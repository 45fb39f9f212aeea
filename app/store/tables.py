"""All tables. Journal tables and local tables are migrated; the projection is dropped and rebuilt."""

from typing import Any, Final

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text
from sqlmodel import Field, SQLModel

from app.store import sign_in_tables as sign_in_tables  # of the same schema: who knows these tables knows those
from app.store import wipe_tables as wipe_tables


def _bytes(nullable: bool = False) -> Any:
    return Field(default=None, sa_column=Column(LargeBinary, nullable=nullable))


def _big(
    default: int | None = 0, nullable: bool = False, index: bool = False, server_default: str | None = None
) -> Any:
    """`server_default`: for a column that was added later, what older rows have."""
    column = Column(BigInteger, nullable=nullable, index=index, server_default=server_default)
    return Field(default=default, sa_column=column)


# ---- the journal ----------------------------------------------------------------------------------------------------


class EntryRow(SQLModel, table=True):
    """One entry as it was hashed. `quarantined` holds the reason when it is authentic but wrong: kept, not projected."""

    __tablename__ = "entry"
    entry_id: str = Field(primary_key=True)
    kind: str
    subject: str = Field(index=True)
    scope: str = Field(index=True)
    author: str
    made_at_ms: int = _big()
    received_at_ms: int = _big()
    header: bytes = _bytes()
    body: bytes | None = _bytes(nullable=True)
    quarantined: str | None = None


class EntryParentRow(SQLModel, table=True):
    """The heads of its subject that an entry's author saw."""

    __tablename__ = "entry_parent"
    child: str = Field(primary_key=True)
    parent: str = Field(primary_key=True, index=True)


class StreamRow(SQLModel, table=True):
    """A stream and how far it goes here, how far central acknowledged it, and how far it is in a verified backup.

    `confirmed_seq`, at central: how far the origin itself has shown it; what goes further came through a hub.
    `relayed_by`: the hub that brought the unconfirmed rest; at a hub its own id, for a stream it carries.
    """

    __tablename__ = "stream"
    stream: str = Field(primary_key=True)
    own: bool = False
    last_seq: int = _big()
    chain: bytes = _bytes()
    acked_seq: int = _big()
    durable_seq: int = _big(server_default="0")
    confirmed_seq: int = _big(server_default="0")
    relayed_by: str | None = None


class LinkRow(SQLModel, table=True):
    """A place in a stream; stays for ever."""

    __tablename__ = "link"
    stream: str = Field(primary_key=True)
    seq: int = Field(sa_column=Column(BigInteger, primary_key=True))
    entry_id: str = Field(index=True)
    header_hash: bytes = _bytes()
    body_hash: bytes = _bytes()
    chain: bytes = _bytes()


class SealRow(SQLModel, table=True):
    """One Ed25519 signature over the chain value at a seq, made by the stream's device for each batch sent."""

    __tablename__ = "seal"
    stream: str = Field(primary_key=True)
    seq: int = Field(sa_column=Column(BigInteger, primary_key=True))
    signature: bytes = _bytes()


class ScopeClockRow(SQLModel, table=True):
    """How many entries a scope has been given here. Locked first, advanced last: cursors have no gaps (design 5.6)."""

    __tablename__ = "scope_clock"
    scope: str = Field(primary_key=True)
    position: int = _big()
    chain: bytes | None = _bytes(nullable=True)  # over all that was given so far; None before the first
    durable: int = _big(server_default="0")  # up to here it is in a verified backup of this epoch


class FeedRow(SQLModel, table=True):
    """The entry at a position of a scope: what a pull reads."""

    __tablename__ = "feed"
    scope: str = Field(primary_key=True)
    position: int = Field(sa_column=Column(BigInteger, primary_key=True))
    entry_id: str = Field(index=True)
    chain: bytes | None = _bytes(nullable=True)  # over this and all before it: a cursor is known by it


class CursorRow(SQLModel, table=True):
    """How far this device has read a scope of central. `mark`: central's name for all that stands up to there.

    `durable`: up to which position central said, in this epoch, that it is in a verified backup.
    """

    __tablename__ = "cursor"
    scope: str = Field(primary_key=True)
    position: int = _big()
    mark: str = Field(default="", sa_column_kwargs={"server_default": ""})
    durable: int = _big(server_default="0")


class AttachmentRow(SQLModel, table=True):
    """A photo or a compiled checklist, named by the SHA-256 of its bytes.

    `sent_at_ms`: central confirmed that it holds it; `thumbnail_sent_at_ms`: that it holds the small picture.
    `durable_at_ms`: it is in a backup that was restored and verified.
    """

    __tablename__ = "attachment"
    sha256: str = Field(primary_key=True)
    media_type: str
    size: int = _big()
    data: bytes = _bytes()
    thumbnail: bytes | None = _bytes(nullable=True)
    scope: str = Field(index=True)
    added_at_ms: int = _big()
    sent_at_ms: int | None = _big(default=None, nullable=True)
    thumbnail_sent_at_ms: int | None = _big(default=None, nullable=True)
    durable_at_ms: int | None = _big(default=None, nullable=True)
    # What is asked all the time is answered without the bytes, which lie between a row's other columns.
    __table_args__ = (
        Index(
            "ix_attachment_ways",
            *(
                "sent_at_ms",
                "durable_at_ms",
                "thumbnail_sent_at_ms",
                "scope",
                "media_type",
                "size",
                "added_at_ms",
                "sha256",
            ),
        ),
    )


class VoucherRow(SQLModel, table=True):
    """Central's signature over a piece of a scope's feed, kept by a device: with it the device can give central back
    what others wrote, should central ever have to be restored (`docs/sync.md`, Vouchers)."""

    __tablename__ = "voucher"
    signature: str = Field(primary_key=True)
    epoch: str
    scope: str
    after: int = _big()  # the position before the first
    last: int = _big()
    entry_ids: str = Field(sa_column=Column(Text, nullable=False))  # JSON list, in order of position
    is_old: bool = False  # from before the last change of the epoch: central is to be asked whether it has all of it
    __table_args__ = (Index("ix_voucher_scope_last", "scope", "last"),)


class RelayedRow(SQLModel, table=True):
    """An entry that came through a hub and that central has not confirmed yet. `hub`: the device that served it."""

    __tablename__ = "relayed"
    entry_id: str = Field(primary_key=True)
    hub: str


class BackupRow(SQLModel, table=True):
    """A backup of central that was restored into scratch and verified there: only such a one counts."""

    __tablename__ = "backup"
    backup_id: str = Field(primary_key=True)
    epoch: str
    made_at_ms: int = _big()
    verified_at_ms: int = _big()
    entries: int = _big()
    files: int = _big()
    size: int = _big()
    sha256: str


# ---- local tables: never synced --------------------------------------------------------------------------------------


class AuditRow(SQLModel, table=True):
    """One thing that somebody did here and that must be answerable for: who, what, of what. Chained, never changed.

    `told`: further facts as canonical JSON; never what a child said.
    """

    __tablename__ = "audit"
    seq: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    at_ms: int = _big()
    who: str = Field(index=True)
    what: str = Field(index=True)
    of: str = Field(index=True)
    told: str = Field(sa_column=Column(Text, nullable=False))
    chain: bytes = _bytes()


class SignInTryRow(SQLModel, table=True):
    """Failed tries to sign in at central: under a name (hashed: a passphrase may be typed into the wrong field), or from
    an address."""

    __tablename__ = "sign_in_try"
    name: str = Field(primary_key=True)
    failed: int = _big()
    last_ms: int = _big()


class TapRow(SQLModel, table=True):
    """Which entry a tap of a page became, so that a tap sent twice is written once and a later tap finds its parent."""

    __tablename__ = "tap"
    tap_id: str = Field(primary_key=True)
    entry_id: str


class UploadRow(SQLModel, table=True):
    """A file that central has in part: how many of its bytes are durable here. Gone as soon as it is whole."""

    __tablename__ = "upload"
    sha256: str = Field(primary_key=True)
    scope: str
    media_type: str
    size: int = _big()
    received: int = _big()
    touched_at_ms: int = _big()


class UploadPieceRow(SQLModel, table=True):
    """Consecutive bytes of an upload, from `start` on."""

    __tablename__ = "upload_piece"
    sha256: str = Field(primary_key=True)
    start: int = Field(sa_column=Column(BigInteger, primary_key=True))
    data: bytes = _bytes()


class ThumbnailRow(SQLModel, table=True):
    """The small picture of a photo that is still on its way: shown at central until the photo itself is there."""

    __tablename__ = "thumbnail"
    sha256: str = Field(primary_key=True)
    scope: str = Field(index=True)
    data: bytes = _bytes()


class BundleRow(SQLModel, table=True):
    """A sealed bundle of another device that this one carries to central, as it came: nobody but central can open it."""

    __tablename__ = "bundle"
    sha256: str = Field(primary_key=True)
    device: str
    data: bytes = _bytes()
    taken_at_ms: int = _big()
    sent_at_ms: int | None = _big(default=None, nullable=True)


class NodeValueRow(SQLModel, table=True):
    """Small facts about this node: device id, incarnation, epoch, pinned key, offline switch."""

    __tablename__ = "node_value"
    name: str = Field(primary_key=True)
    value: str = Field(sa_column=Column(Text, nullable=False))


class CredentialRow(SQLModel, table=True):
    """Sign-in at central: separate from the key slots of the devices."""

    __tablename__ = "credential"
    person_id: str = Field(primary_key=True)
    sign_in_name: str = Field(unique=True)
    passphrase_hash: str


class WebSessionRow(SQLModel, table=True):
    """A signed-in browser. Only the hash of its token is kept."""

    __tablename__ = "web_session"
    token_hash: str = Field(primary_key=True)
    person_id: str
    made_at_ms: int = _big()
    seen_at_ms: int = _big()
    address: str = Field(default="", sa_column_kwargs={"server_default": ""})


class DeviceRow(SQLModel, table=True):
    """An enrolled device, at central. `people` is a JSON list of the persons who may use it."""

    __tablename__ = "device"
    device_id: str = Field(primary_key=True)
    name: str
    public_key: bytes = _bytes()
    token_hash: str
    people: str = Field(sa_column=Column(Text, nullable=False))
    enrolled_at_ms: int = _big()
    seen_at_ms: int = _big()
    revoked_at_ms: int | None = _big(default=None, nullable=True)
    health: str = Field(default="{}", sa_column=Column(Text, nullable=False, server_default="{}"))  # wire.HealthReport


class EnrolCodeRow(SQLModel, table=True):
    """A one-time code for a device; only its hash is kept."""

    __tablename__ = "enrol_code"
    code_hash: str = Field(primary_key=True)
    device_name: str
    people: str = Field(sa_column=Column(Text, nullable=False))
    expires_at_ms: int = _big()
    used_by: str | None = None


class InterviewDraftRow(SQLModel, table=True):
    """An interview that is being written, on the device of its author: in no journal, exchange, bundle or backup.

    `content`: a JSON object of field -> text. The row is erased when the interview is closed or stopped.
    """

    __tablename__ = "interview_draft"
    interview_id: str = Field(primary_key=True)
    visit_id: str = Field(index=True)
    author: str
    code: str
    script: str
    held_on: str
    half: str
    content: str = Field(sa_column=Column(Text, nullable=False))


class ConfidentialKeyRow(SQLModel, table=True):
    """The public half of a key to which interviews are sealed, at central. The private one is in a file elsewhere."""

    __tablename__ = "confidential_key"
    fingerprint: str = Field(primary_key=True)
    public_key: bytes = _bytes()
    purpose: str  # reading | recovery
    made_at_ms: int = _big()
    retired_at_ms: int | None = _big(default=None, nullable=True)


class ReadingRow(SQLModel, table=True):
    """A request to read a sealed interview, at central; see `domain.readings`."""

    __tablename__ = "reading"
    reading_id: str = Field(primary_key=True)
    interview_id: str = Field(index=True)
    visit_id: str
    asked_by: str
    purpose: str = Field(sa_column=Column(Text, nullable=False))
    asked_at_ms: int = _big()
    confirmed_by: str | None = None


# ---- the projection: what the entries add up to, rebuilt at will --------------------------------------------------------


class RecordRow(SQLModel, table=True):
    """A merged record: `fields`, `conflicts` and `heads` as JSON."""

    __tablename__ = "record"
    subject: str = Field(primary_key=True)
    kind: str
    scope: str
    fields: str = Field(sa_column=Column(Text, nullable=False))
    conflicts: str = Field(sa_column=Column(Text, nullable=False))
    heads: str = Field(sa_column=Column(Text, nullable=False))
    __table_args__ = (Index("ix_record_kind_scope", "kind", "scope"), Index("ix_record_scope", "scope"))


PROJECTION_VERSION: Final = "1"


def table(model: type[SQLModel]) -> Table:
    """The Core table of a model, for the statements that must be quick."""
    found: Table = model.__table__  # type: ignore[attr-defined]
    return found


PROJECTIONS: Final = (table(RecordRow),)
