"""What a device knows of its central, how it signs its requests, and which answers count.

An answer counts only if it is a 200 that verifies under a pinned key of central, for this very request (design 5.1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final, Protocol

from sqlmodel import Session

from app.errors import (
    AppError,
    CentralNotGenuine,
    CentralUnreachable,
    DeviceRevoked,
    NetworkSignIn,
    NotEnrolled,
    ProtocolError,
)
from app.store.node import Node, value_of
from app.store.vault import signature_holds
from app.sync import codec, wire

TOKEN, CENTRAL_URL = "token", "central_url"
BUSY: Final = (429, 500, 502, 503, 504)  # what a server or a proxy says when it is not the moment


class CentralBusy(CentralUnreachable):
    """Somebody answered that it is not the moment. `pause_s`: for how long they ask to be left alone; 0: not said."""

    def __init__(self, pause_s: float) -> None:
        self.pause_s = pause_s
        super().__init__()


@dataclass(frozen=True)
class Reply:
    """What came back over HTTP: the body as it was sent, not unpacked."""

    status: int
    headers: dict[str, str]  # names in small letters
    body: bytes

    def content(self) -> bytes:
        """The plain body. Raises ProtocolError."""
        return codec.decompress(self.body, self.headers.get("content-encoding", ""))


class Transport(Protocol):
    """Carries one request to central. Raises CentralUnreachable when there is no answer at all."""

    def __call__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply: ...


def require_enrolled(session: Session) -> None:
    if not value_of(session, TOKEN):
        raise NotEnrolled()


def signed_in(session: Session) -> dict[str, str]:
    """The headers that say who is asking."""
    node: Node = session.info["node"]
    return {**plain_headers(), "Authorization": f"Bearer {value_of(session, TOKEN)}", "X-Device": node.device_id}


def plain_headers() -> dict[str, str]:
    return {"Content-Type": "application/json", "Accept-Encoding": codec.accepted()}


def prove(node: Node, headers: dict[str, str], call: str, body: bytes, nonce: str) -> None:
    """Puts a fresh nonce and the device's signature over the body, as it is sent, into the headers."""
    headers |= {wire.PROOF_HEADER: node.sign(wire.request_message(call, body)).hex(), wire.NONCE_HEADER: nonce}


def prove_blob(
    node: Node, headers: dict[str, str], method: str, sha256: str, scope: str, offset: int = 0, size: int = 0
) -> str:
    """The same for a file: the signature is over its name and place, which stand for the bytes."""
    nonce = node.clock.random_bytes(16).hex()
    proof = node.sign(wire.blob_request(method, sha256, scope, nonce, offset, size)).hex()
    headers |= {"X-Scope": scope, wire.NONCE_HEADER: nonce, wire.PROOF_HEADER: proof}
    if size:
        headers |= {wire.OFFSET_HEADER: str(offset), wire.LENGTH_HEADER: str(size)}
    return nonce


def genuine(reply: Reply, keys: Sequence[bytes], call: str, nonce: str, signed: bytes | None = None) -> Reply:
    """The reply, if it is central's word on this very request. Raises what it says otherwise.

    `signed`: what central signed in place of a body, where the answer has none.
    """
    if not is_signed(reply, keys, call, nonce, signed):
        raise stranger(reply)
    if reply.status in (401, 403):
        raise DeviceRevoked()
    if reply.status == 429 or reply.status >= 500:
        raise CentralBusy(asked_pause_s(reply))
    if reply.status != 200:
        told = wire.unpack(wire.Refusal, reply.content())
        raise ProtocolError(reason=told.reason or told.code)
    return reply


def stranger(reply: Reply) -> AppError:
    """What an answer is that central did not sign: a busy server's, the sign-in page of a network, or anybody's."""
    if reply.status in BUSY:
        return CentralBusy(asked_pause_s(reply))
    return NetworkSignIn() if is_portal(reply) else CentralNotGenuine()


def asked_pause_s(reply: Reply) -> float:
    """Seconds for which an answer asks to be left alone (Retry-After: RFC 9110, 10.2.3); 0 when it says none.

    A date is held against the answer's own `Date`: the clock of a tablet may be a year wrong.
    """
    told = reply.headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit():
        return float(told)
    try:
        until, now = parsedate_to_datetime(told), parsedate_to_datetime(reply.headers.get("date", ""))
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError):  # no date, or one of the two without a zone
        return 0.0


def is_portal(reply: Reply) -> bool:
    """Networks that want a sign-in redirect, show a page in place of the answer, or say so (RFC 6585, 511)."""
    is_page = "html" in reply.headers.get("content-type", "").lower() or reply.body[:200].lstrip()[:1] == b"<"
    return reply.status == 511 or 300 <= reply.status < 400 or (200 <= reply.status < 300 and is_page)


def is_signed(reply: Reply, keys: Sequence[bytes], call: str, nonce: str, signed: bytes | None = None) -> bool:
    """True when central's signature covers this answer to this call."""
    try:
        signature = bytes.fromhex(reply.headers.get(wire.SIGNATURE_HEADER.lower(), ""))
    except ValueError:
        return False
    message = wire.reply_message(call, reply.status, nonce, reply.body if signed is None else signed)
    return any(signature_holds(key, signature, message) for key in keys)
