"""The process that `baqylau device` starts. It holds the port and never a key, and imports little.

Beside the child that serves, a second one waits, locked and ready. To lock, the child that held the key ends (or is
ended), and the ready one serves on the same socket: who asks in between waits some milliseconds in its queue.
"""

import contextlib
import gc
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final, Protocol

from app.commands.listening import SHARED, answering_to, in_url, listening, own_addresses, urls_of
from app.commands.terminal import complaints, console, say, settings_of
from app.config import Settings
from app.errors import N_, InvalidInput
from app.store import emptying
from app.store.folder import only_process, require_private

SERVE, STOP = b"serve", b"stop"  # the launcher to a child
UP, LOCK = b"up", b"lock"  # a child to the launcher: it answers; it is to be ended
REFUSED = b"refused "  # a child to the launcher: it cannot start; the sentence follows
END_WITHIN_S: Final = 0.2  # a child that said LOCK ends itself, after its last answer; then it is ended
STOP_AFTER_S: Final = 5  # a request that still runs when the server is stopped gets this long
SHARE_WARNING: Final = N_(
    "Others in the same network can read along: the tablets speak plain HTTP with each other. "
    "Share only on your own hotspot with a password, never in the network of the institution."
)


def run_device(context: BaseContext, share: bool, host: str | None, port: int | None, data: Path | None) -> int:
    """Serves a device until it is stopped. Its database opens when the first person signs in. Returns the exit code."""
    settings = settings_of(data, role="device", host=SHARED if share else host, port=port)
    folder = Path(settings.data_dir)
    require_private(folder)
    with contextlib.ExitStack() as stack:
        if share:
            settings = answering_to(settings, own_addresses())
        tls = folder if share and _has_certificate(folder) else None
        if share and not tls:
            complaints.print(say(SHARE_WARNING), style="bold red")
        stack.enter_context(only_process(folder))
        finish_emptying(folder)
        listener = stack.enter_context(listening(settings))
        if tls:
            stack.enter_context(_with_certificate(settings))
        gc.enable()
        signal.signal(signal.SIGTERM, _stop)
        return Launcher(context, Serving(settings, listener, share, tls), _lid()).run()


def _has_certificate(folder: Path) -> bool:
    from app.store import authority

    return authority.is_made(folder)


@contextlib.contextmanager
def _with_certificate(settings: Settings) -> Iterator[None]:
    """Beside a hub with https: the page from which browsers fetch its authority. Raises InvalidInput, PortBusy."""
    from app.clock import SystemClock
    from app.commands.hub import check_names, guide
    from app.store import authority

    if authority.has_expired(Path(settings.data_dir), SystemClock().now_ms()):
        raise InvalidInput(authority.CERTIFICATE_OLD, "certificate")  # never back to plain HTTP by itself
    check_names(Path(settings.data_dir), own_addresses())
    with guide(settings, settings.host) as port:
        for address in own_addresses():
            console.print(f"http://{in_url(address)}:{port} (the certificate, and how to install it)", markup=False)
        yield


@dataclass(frozen=True)
class Serving:
    """What each child is given."""

    settings: Settings
    listener: socket.socket
    is_shared: bool
    tls: Path | None

    @property
    def urls(self) -> list[str]:
        return urls_of(self.settings, "https" if self.tls else "http")


class Watched(Protocol):
    """Something outside that may ask to lock: a closing lid. The launcher waits for what comes on its socket."""

    sock: socket.socket

    def asks_to_lock(self) -> bool:
        """Reads what came. True when the node has to lock now. Raises OSError, EOFError when nothing more can come."""
        ...


@dataclass
class Child:
    """A process that serves, or waits locked to do so."""

    process: BaseProcess
    line: "Connection[Any, Any]"
    is_up: bool = False

    def tell(self, word: bytes) -> None:
        with contextlib.suppress(OSError):
            self.line.send_bytes(word)

    def end(self, within_s: float) -> None:
        """Comes back when the process is gone."""
        self.process.join(within_s)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


class Launcher:
    """Serves with one child after the other. It ends when it is stopped, or when a child could not start."""

    def __init__(self, context: BaseContext, serving: Serving, watched: Sequence[Watched] = ()) -> None:
        self.context, self.given, self.watched = context, serving, list(watched)
        self.serving = self.spare = self._start()
        self.has_told = False

    def run(self) -> int:
        """Returns the exit code."""
        try:
            while True:
                self.serving = self.spare
                self.serving.tell(SERVE)
                self._serve_until_locked()
                finish_emptying(Path(self.given.settings.data_dir))
                if not self.serving.is_up:
                    return self.serving.process.exitcode or 1
        except (KeyboardInterrupt, SystemExit):
            return 0
        finally:
            self._stop()

    def _serve_until_locked(self) -> None:
        """Comes back when the child is gone: locked, or crashed; either way the key went with it."""
        child = self.serving
        while child.process.is_alive():
            ready = wait([child.process.sentinel, child.line, *(one.sock for one in self.watched)])
            if any(self._asks_to_lock(one) for one in list(self.watched) if one.sock in ready):
                child.end(0)
            elif child.line in ready:
                self._hear(child)

    def _asks_to_lock(self, watched: Watched) -> bool:
        try:
            return watched.asks_to_lock()
        except (OSError, EOFError):  # it is gone, and would be ready for ever
            self.watched.remove(watched)
            return False

    def _hear(self, child: Child) -> None:
        try:
            word = child.line.recv_bytes()
        except (EOFError, OSError):
            child.end(END_WITHIN_S)
            return
        if word == LOCK:
            child.end(END_WITHIN_S)
        elif word.startswith(REFUSED):
            complaints.print(word.removeprefix(REFUSED).decode(), markup=False)
        elif word == UP:
            child.is_up = True
            self._say_where()
            self.spare = self._start()

    def _say_where(self) -> None:
        if not self.has_told:
            for url in self.given.urls:
                console.print(url)
        self.has_told = True

    def _start(self) -> Child:
        ours, theirs = self.context.Pipe()
        given = self.given
        arguments = (given.settings, given.listener, theirs, given.is_shared, given.tls)
        process = self.context.Process(target=_child, args=arguments, daemon=True)  # type: ignore[attr-defined]
        process.start()
        theirs.close()
        return Child(process, ours)

    def _stop(self) -> None:
        if self.spare is not self.serving:
            self.spare.end(0)
        self.serving.tell(STOP)
        self.serving.end(STOP_AFTER_S + 2)


def finish_emptying(folder: Path) -> None:
    """Removes what is left in a folder whose keys were destroyed."""
    if emptying.is_begun(folder):
        emptying.finish(folder)


def _lid() -> list[Watched]:
    """What tells of a closing lid here, if anything: elsewhere the tablet notices when it wakes up that it slept."""
    try:
        if sys.platform == "win32":
            from app.commands.windows_power import WindowsPower

            return [WindowsPower()]
        from app.commands.logind import Logind

        return [Logind()]
    except (ImportError, OSError):
        return []


def _child(*given: Any) -> None:
    from app.commands import servers

    servers.serve_device(*given)


def _stop(number: int, frame: object) -> None:
    sys.exit(0)
