"""Tables of signing in at central, beside the credential and the session. Local: none of it is ever journalled."""

from sqlalchemy import BigInteger, Column, LargeBinary, Text
from sqlmodel import Field, SQLModel


class SignInStepRow(SQLModel, table=True):
    """A sign-in that is not finished, or a passkey that is being made: known by the hash of its token, for minutes.

    It gives no right: only a `web_session` does. `kept`: a JSON object of what the next step needs, such as a challenge.
    """

    __tablename__ = "sign_in_step"
    token_hash: str = Field(primary_key=True)
    what: str
    person_id: str
    kept: str = Field(sa_column=Column(Text, nullable=False))
    made_at_ms: int = Field(sa_column=Column(BigInteger, nullable=False))


class CodeKeyRow(SQLModel, table=True):
    """The secret that a person's phone makes one-time codes from. `pending`: shown, but no code of it has come yet.

    `last_step`: the 30 seconds of the newest code that was taken; none of it or of before it is taken again.
    """

    __tablename__ = "code_key"
    person_id: str = Field(primary_key=True)
    secret: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    pending: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    last_step: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))


class RecoveryCodeRow(SQLModel, table=True):
    """A code for the day on which the phone is lost: only its hash, and gone when it was used."""

    __tablename__ = "recovery_code"
    code_hash: str = Field(primary_key=True)
    person_id: str = Field(index=True)


class PasskeyRow(SQLModel, table=True):
    """A passkey of a person: its public half. `sign_count`: as the key told last; it may not go back."""

    __tablename__ = "passkey"
    credential_id: str = Field(primary_key=True)  # base64url
    person_id: str = Field(index=True)
    name: str
    public_key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sign_count: int = Field(sa_column=Column(BigInteger, nullable=False))
    made_at_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    used_at_ms: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))


class OfficeSignInRow(SQLModel, table=True):
    """Who a subject of the office's own sign-in (OpenID Connect) is; an administrator said so."""

    __tablename__ = "office_sign_in"
    person_id: str = Field(primary_key=True)
    mark: str = Field(unique=True)  # issuer and subject, with a space between them


class ProposalRow(SQLModel, table=True):
    """A change of a person that waits for a second administrator. `content`: see `services.proposals.Change`."""

    __tablename__ = "proposal"
    proposal_id: str = Field(primary_key=True)
    person_id: str
    asked_by: str
    asked_at_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    content: str = Field(sa_column=Column(Text, nullable=False))


class SignInNoticeRow(SQLModel, table=True):
    """Something that others did with a person's sign-in, to be told to them at the next one."""

    __tablename__ = "sign_in_notice"
    notice_id: str = Field(primary_key=True)
    person_id: str = Field(index=True)
    what: str
    by: str
    at_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
