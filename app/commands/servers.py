"""The two servers: a device for one team, and central for the office."""

import contextlib
import gc
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from app.clock import SystemClock
from app.commands.nodes import alone
from app.commands.terminal import complaints, console, say, settings_of
from app.config import Settings
from app.errors import N_, InvalidInput, PortBusy
from app.main import create_app
from app.store import authority
from app.store.checklist_cache import library_from
from app.store.opening import central_key, open_database

STOP_AFTER_S: Final = 5  # a request that still runs when the server is stopped gets this long
SHARED: Final = "0.0.0.0"  # noqa: S104 - only with --share, and after the warning
SHARE_WARNING: Final = N_(
    "Others in the same network can read along: the tablets speak plain HTTP with each other. "
    "Share only on your own hotspot with a password, never in the network of the institution."
)
# Nothing is sent: connecting a datagram socket only asks which of our addresses leads there. The common hotspots.
HOTSPOTS: Final = ("192.168.43.2", "192.168.137.2", "172.20.10.2", "192.168.0.2", "192.168.1.2", "10.0.0.2")


def run_device(share: bool, host: str | None, port: int | None, data: Path | None) -> None:
    """Serves a device until it is stopped. Its database opens when the first person signs in."""
    settings = settings_of(data, role="device", host=SHARED if share else host, port=port)
    is_safe = share and authority.is_made(Path(settings.data_dir))
    with contextlib.ExitStack() as stack:
        if share:
            settings = answering_to(settings, own_addresses())
        if share and not is_safe:
            complaints.print(say(SHARE_WARNING), style="bold red")
        stack.enter_context(alone(settings))
        listener = stack.enter_context(listening(settings))
        if is_safe:
            stack.enter_context(_with_certificate(settings))
        shelf = library_from(settings.checklists_dir, Path(settings.data_dir))
        app = create_app(settings, shelf, clock=SystemClock(), is_shared=share)
        serve(app, listener, settings, Path(settings.data_dir) if is_safe else None)


@contextlib.contextmanager
def _with_certificate(settings: Settings) -> Iterator[None]:
    """Beside a hub with https: the page from which browsers fetch its authority. Raises InvalidInput, PortBusy."""
    from app.commands.hub import check_names, guide

    if authority.has_expired(Path(settings.data_dir), SystemClock().now_ms()):
        raise InvalidInput(authority.CERTIFICATE_OLD, "certificate")  # never back to plain HTTP by itself
    check_names(Path(settings.data_dir), own_addresses())
    with guide(settings, settings.host) as port:
        for address in own_addresses():
            console.print(f"http://{_in_url(address)}:{port} (the certificate, and how to install it)", markup=False)
        yield


def run_central(host: str | None, port: int | None, data: Path | None) -> None:
    """Serves central until it is stopped."""
    settings = settings_of(data, role="central", host=host, port=port)
    with alone(settings), listening(settings) as listener:
        clock = SystemClock()
        database = open_database(settings, central_key(settings), clock)
        shelf = library_from(settings.checklists_dir, Path(settings.data_dir))
        serve(create_app(settings, shelf, database, clock), listener, settings)


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


def serve(app: ASGIApp, listener: socket.socket, settings: Settings, tls: Path | None = None) -> None:
    """Runs the app on the socket until Ctrl-C or a request to terminate; both are a good end (exit code 0).

    `tls`: the folder of the hub's certificate and key, when it speaks https.
    """
    # No access log: addresses of pages name visits. No proxy headers: nobody may say for another who is asking.
    config = uvicorn.Config(
        app,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        log_level="warning",
        ws="none",
        lifespan="on",
        timeout_graceful_shutdown=STOP_AFTER_S,
        ssl_certfile=tls / authority.CERTIFICATE_NAME if tls else None,
        ssl_keyfile=tls / authority.KEY_NAME if tls else None,
    )
    server = uvicorn.Server(config)
    for address in [settings.host, *settings.public_hosts.split(",")] if settings.host == SHARED else [settings.host]:
        console.print(f"{'https' if tls else 'http'}://{_in_url(address)}:{settings.port}")
    gc.freeze()  # what is here now stays: no search for garbage walks through it in the middle of a request
    gc.enable()
    signal.signal(signal.SIGTERM, _stop)
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
    if not server.started:
        raise SystemExit(1)


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


def _in_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address.strip()


def _stop(number: int, frame: object) -> None:
    raise SystemExit(0)
