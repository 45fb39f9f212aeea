"""Who asks, and for which file: the headers of a request, read in one place. Nothing of them is believed here.

Each class is a dependency of FastAPI; `docs/sync.md`, section 3, says what each header is for.
"""

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from fastapi import Depends, Header

from app.store.uploads import Upload
from app.sync import certificates, wire


@dataclass(frozen=True)
class Asker:
    """Whoever asks. `proof`: a signature over the request, in hex; `nonce`: what the reply has to name."""

    proof: Annotated[str, Header(alias=wire.PROOF_HEADER)] = ""
    nonce: Annotated[str, Header(alias=wire.NONCE_HEADER)] = ""
    encoding: Annotated[str, Header(alias="content-encoding")] = ""
    accepts: Annotated[str, Header(alias="accept-encoding")] = ""


@dataclass(frozen=True)
class DeviceAsker(Asker):
    """Says that it is an enrolled device of this central."""

    device_id: Annotated[str, Header(alias="x-device")] = ""
    authorization: Annotated[str, Header(alias="authorization")] = ""

    @property
    def token(self) -> str:
        return self.authorization.removeprefix("Bearer ")


@dataclass(frozen=True)
class Visitor(Asker):
    """Says to a hub that central certified it."""

    certificate: Annotated[str, Header(alias=certificates.HEADER)] = ""


@dataclass(frozen=True)
class AskedFile:
    """The file that an address names by its hash, and the scope to which it is said to belong."""

    sha256: str
    scope: Annotated[str, Header(alias="x-scope")] = ""

    def message(self, method: str, nonce: str) -> bytes:
        """What who asks for it has to sign."""
        return wire.blob_request(method, self.sha256, self.scope, nonce)


@dataclass(frozen=True)
class SentPart:
    """The bytes of a file from `offset` on: what it is, and how long all of it will be."""

    media_type: Annotated[str, Header(alias="content-type")] = ""
    offset: Annotated[int, Header(alias=wire.OFFSET_HEADER, ge=0)] = 0
    length: Annotated[int, Header(alias=wire.LENGTH_HEADER, ge=0)] = 0

    def of(self, file: AskedFile) -> Upload:
        return Upload(file.sha256, file.scope, self.media_type, self.length)

    def message(self, file: AskedFile, nonce: str) -> bytes:
        """What who sends it has to sign."""
        return wire.blob_request("PUT", file.sha256, file.scope, nonce, self.offset, self.length)


Asking: TypeAlias = Annotated[Asker, Depends()]
DeviceAsking: TypeAlias = Annotated[DeviceAsker, Depends()]
Visiting: TypeAlias = Annotated[Visitor, Depends()]
File: TypeAlias = Annotated[AskedFile, Depends()]
Part: TypeAlias = Annotated[SentPart, Depends()]
