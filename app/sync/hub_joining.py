"""Joining a hub: its address, and the certificate to which its TLS is held from then on."""

import ssl
from collections.abc import Callable
from typing import Final
from urllib.parse import SplitResult, urlsplit

from app.errors import N_, CentralUnreachable, HubUnreachable, InvalidInput
from app.store import authority
from app.store.db import Database
from app.store.node import put_value, value_of
from app.sync import tls
from app.sync.hub import HUB_CA, HUB_URL, forget_hub
from app.sync.link import Transport

CA_PATH: Final = "/ca.crt"
WRONG_HUB: Final = N_(
    "“%(url)s” is no address of a hub. Write it as https://192.168.43.1:8000 or http://192.168.43.1:8000."
)
WRONG_FINGERPRINT: Final = N_("The hub does not have this fingerprint. Compare it with the one that the hub shows.")
FINGERPRINT_NEEDED: Final = N_("A hub with https has a fingerprint of 16 signs. Type it as the hub shows it.")


def join(database: Database, url: str, fingerprint: str, connect: Callable[[str], Transport]) -> None:
    """From now on this device meets that hub when central is away. `connect` opens plain HTTP to an address.

    For https the hub's authority is fetched and must have this fingerprint: nothing is believed before. Over plain http
    what is exchanged is as authentic, but others in the same network can read along.
    Raises InvalidInput, HubUnreachable.
    """
    parts = checked_url(url)
    trusted = ""
    if parts.scheme == "https":
        if not fingerprint.strip():
            raise InvalidInput(FINGERPRINT_NEEDED, "fingerprint")
        trusted = _authority_of(connect(guide_url(url)), fingerprint)
    with database.write() as session:
        forget_hub(session)
        put_value(session, HUB_URL, url.strip().rstrip("/"))
        put_value(session, HUB_CA, trusted)


def guide_url(url: str) -> str:
    """Where a hub with https gives out its authority's certificate: plain HTTP, one port further."""
    parts = checked_url(url)
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
    return f"http://{host}:{(parts.port or 443) + 1}"


def checked_url(url: str) -> SplitResult:
    """The parts of a hub's address. Raises InvalidInput."""
    try:
        parts = urlsplit(url.strip())
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) < 65535
    except ValueError:
        is_address = False
    if not is_address:
        raise InvalidInput(WRONG_HUB, "url", url=url)
    return parts


def _authority_of(transport: Transport, fingerprint: str) -> str:
    try:
        reply = transport("GET", CA_PATH, {}, b"")
    except CentralUnreachable as error:
        raise HubUnreachable() from error
    try:
        is_it = authority.fingerprint(reply.body) == fingerprint.strip().upper().replace(" ", "").replace("-", "")
        trusted = reply.body.decode("ascii")
        ssl.create_default_context(cadata=trusted)
    except (ValueError, ssl.SSLError) as error:
        raise InvalidInput(WRONG_FINGERPRINT, "fingerprint") from error
    if reply.status != 200 or not is_it:
        raise InvalidInput(WRONG_FINGERPRINT, "fingerprint")
    return trusted


def transport_to_hub(database: Database, timeout_s: float) -> Transport:
    """A connection to the hub that was joined, held to its authority. Raises HubUnreachable when there is none."""
    from app.sync.transport import HttpTransport  # an HTTP client: not before there is somebody to speak with

    with database.read() as session:
        url, trusted = value_of(session, HUB_URL), value_of(session, HUB_CA)
    if not url:
        raise HubUnreachable()
    return HttpTransport(url, timeout_s, tls.trust_in(trusted))
