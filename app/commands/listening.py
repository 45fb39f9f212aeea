"""Where a server listens: its socket, and the addresses of this computer."""

import contextlib
import socket
import sys
from collections.abc import Iterator
from typing import Final

from app.config import Settings
from app.errors import PortBusy

SHARED: Final = "0.0.0.0"  # noqa: S104 - only with --share, and after the warning
# Nothing is sent: connecting a datagram socket only asks which of our addresses leads there. The common hotspots.
HOTSPOTS: Final = ("192.168.43.2", "192.168.137.2", "172.20.10.2", "192.168.0.2", "192.168.1.2", "10.0.0.2")


@contextlib.contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """A socket on the host and port of the settings. Raises PortBusy: before anything slow or secret is opened."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise PortBusy(port=settings.port) from error
    with listener:
        try:
            if sys.platform != "win32":  # there it would let a second program take the same port
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(128)
        except OSError as error:
            raise PortBusy(port=settings.port) from error
        yield listener


def answering_to(settings: Settings, addresses: list[str]) -> Settings:
    """The settings with further addresses under which browsers may reach this node."""
    names = [*settings.public_hosts.split(","), *addresses]
    return settings.model_copy(update={"public_hosts": ",".join(dict.fromkeys(name for name in names if name.strip()))})


def own_addresses() -> list[str]:
    """This computer's IPv4 addresses in the networks around it, as far as it knows them."""
    found: dict[str, None] = {}
    with contextlib.suppress(OSError):
        found |= dict.fromkeys(socket.gethostbyname_ex(socket.gethostname())[2])
    for neighbour in HOTSPOTS:
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((neighbour, 9))
            found[probe.getsockname()[0]] = None
    return [address for address in found if not address.startswith("127.")]


def in_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address.strip()


def urls_of(settings: Settings, scheme: str) -> list[str]:
    """The addresses to type into a browser."""
    names = [settings.host, *settings.public_hosts.split(",")] if settings.host == SHARED else [settings.host]
    return [f"{scheme}://{in_url(name)}:{settings.port}" for name in names]
