"""The messages between a device and a hub: `POST /sync/v1/hub/exchange`. `docs/sync.md` describes each field."""

from pydantic import Field

from app.sync.wire import PROTOCOL, Count, Message, Nonce, Push, Quarantined, Refused, Relay, SignedCertificate, Vouched


class HubExchange(Message):
    """What a device says to a hub. Without `to` it is only a greeting: nothing is given, and nothing told but who it is."""

    protocol: int = PROTOCOL
    to: str = ""  # the hub's device id, as its certificate named it
    nonce: Nonce
    challenge: str = ""  # of the hub's last answer; an older device names none
    epoch: str = ""
    pushes: list[Push] = Field(default_factory=list)
    carried: dict[str, Count] = Field(default_factory=dict)  # how far streams of other devices are there
    cursors: dict[str, Count] = Field(default_factory=dict)  # how far central's feeds are there, under its signature
    begun: str = ""  # hash of the file whose upload to this hub broke off


class OriginBatch(Relay):
    """A batch of a device's stream with its seal, and what central says of that device."""

    certificate: SignedCertificate


class HubReply(Message):
    """Signed by the hub as a whole, with the key that its certificate names. An ack of a hub is not central's."""

    protocol: int = PROTOCOL
    certificate: SignedCertificate
    device: str
    nonce: str
    challenge: str = ""  # what the device's next exchange has to name: one that was recorded is worth nothing
    held: dict[str, Count] = Field(default_factory=dict)  # how far this device's streams are at the hub
    refused: list[Refused] = Field(default_factory=list)
    quarantined: list[Quarantined] = Field(default_factory=list)
    batches: list[OriginBatch] = Field(default_factory=list)
    vouched: list[Vouched] = Field(default_factory=list)
    missing_blobs: list[str] = Field(default_factory=list)
    received: Count = 0  # how many bytes of the begun file are durable at the hub
    more: bool = False
