"""The messages inside a sealed bundle, and what central says of one."""

from pydantic import Field

from app.sync.wire import PROTOCOL, Message, Push, Quarantined, Refused, Vouched


class BundlePart(Message):
    """What an exchange would have carried, inside a bundle."""

    protocol: int = PROTOCOL
    epoch: str = ""
    pushes: list[Push] = Field(default_factory=list)
    vouched: list[Vouched] = Field(default_factory=list)


class BundledFile(Message):
    """The first line of a file in a bundle; its bytes follow."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    scope: str
    media_type: str


class BundleTaken(Message):
    """What came of a bundle. `problem`: the reason for which nothing was taken; then it need not be brought again."""

    sha256: str
    device: str = ""
    name: str = ""  # of that device
    part: int = 1
    parts: int = 1
    entries: int = 0  # that were not here before
    files: int = 0  # that were not here before
    refused: list[Refused] = Field(default_factory=list)
    quarantined: list[Quarantined] = Field(default_factory=list)
    refused_files: dict[str, str] = Field(default_factory=dict)  # SHA-256 -> why
    problem: str = ""
