"""The server's process: the app on a socket. Central's runs alone, a device's is a child of the launcher."""

import contextlib
import gc
import os
import signal
import socket
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from app.clock import SystemClock
from app.commands.hardening import forbid_dumps
from app.commands.launcher import LOCK, REFUSED, SERVE, STOP_AFTER_S, UP
from app.commands.listening import listening, urls_of
from app.commands.logs import LOGGING, log_what_threads_meet
from app.commands.nodes import alone
from app.commands.terminal import console, sentence_of, settings_of
from app.config import Settings
from app.errors import EXIT_REFUSED, AppError
from app.main import create_app
from app.store import authority
from app.store.checklist_cache import library_from
from app.store.folder import require_private
from app.store.opening import central_key, open_database
from app.sync.bodies import KEEP_ALIVE_S
from app.web.render import prepare


def run_central(host: str | None, port: int | None, data: Path | None) -> None:
    """Serves central until it is stopped."""
    settings = settings_of(data, role="central", host=host, port=port)
    if not settings.database_url:
        require_private(Path(settings.data_dir))
    with alone(settings), listening(settings) as listener:
        forbid_dumps()
        clock = SystemClock()
        database = open_database(settings, central_key(settings), clock)
        shelf = library_from(settings.checklists_dir, Path(settings.data_dir))
        serve(create_app(settings, shelf, database, clock), listener, settings)


def serve(app: ASGIApp, listener: socket.socket, settings: Settings) -> None:
    """Runs the app on the socket until Ctrl-C or a request to terminate; both are a good end (exit code 0)."""
    for url in urls_of(settings, "http"):
        console.print(url)
    signal.signal(signal.SIGTERM, _stop)
    _run(Server(app), listener)


# ---- a device: a child that waits locked, serves, and ends itself to lock ----------------------------------------------


class Dying:
    """To lock is to end the process that held the key: nothing of it stays in memory."""

    server: uvicorn.Server | None = None

    def __init__(self, line: Connection) -> None:
        self.line = line

    def announce(self) -> None:
        """Who asks from here on is heard by the next process; and the launcher ends this one, also when it hangs."""
        for one in self.server.servers if self.server else []:
            one.close()
        with contextlib.suppress(OSError):
            self.line.send_bytes(LOCK)

    def forget(self) -> None:
        os._exit(0)


def serve_device(
    settings: Settings, listener: socket.socket, line: Connection, is_shared: bool, tls: Path | None
) -> None:
    """Gets everything ready, waits until the launcher says so, and serves until it is locked or stopped.

    `tls`: the folder of the hub's certificate and key, when it speaks https.
    """
    forbid_dumps()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the launcher too, which says what to do
    try:
        shelf = library_from(settings.checklists_dir, Path(settings.data_dir))
    except AppError as error:
        line.send_bytes(REFUSED + sentence_of(error).encode())
        raise SystemExit(EXIT_REFUSED) from error
    dying = Dying(line)
    app = create_app(settings, shelf, clock=SystemClock(), is_shared=is_shared, leaving=dying)
    dying.server = server = Server(app, tls, lambda: line.send_bytes(UP))
    if not line.poll():  # a spare: it has time
        prepare("sign_in/page.html", "hidden/page.html", "base.html", "shared/_icons.html", "shared/_menu.html")
    try:
        if line.recv_bytes() != SERVE:
            return
    except EOFError:
        return
    threading.Thread(target=_obey, args=(line, server), daemon=True).start()
    _run(server, listener)


def _obey(line: Connection, server: uvicorn.Server) -> None:
    """Ends well when told so, and at once when there is no launcher any more: nobody else would end it."""
    try:
        line.recv_bytes()
        server.should_exit = True
    except (EOFError, OSError):
        os._exit(1)


class Server(uvicorn.Server):
    """uvicorn as both nodes need it. `on_up` is called when it answers."""

    def __init__(self, app: ASGIApp, tls: Path | None = None, on_up: Callable[[], None] = lambda: None) -> None:
        # No access log: addresses of pages name visits. No proxy headers: nobody may say for another who is asking.
        config = uvicorn.Config(
            app,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            log_config=LOGGING,
            ws="none",
            lifespan="on",
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=STOP_AFTER_S,
            ssl_certfile=tls / authority.CERTIFICATE_NAME if tls else None,
            ssl_keyfile=tls / authority.KEY_NAME if tls else None,
        )
        super().__init__(config)
        log_what_threads_meet()
        self.on_up: Final = on_up

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.on_up()


def _run(server: Server, listener: socket.socket) -> None:
    gc.freeze()  # what is here now stays: no search for garbage walks through it in the middle of a request
    gc.enable()
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
    if not server.started:
        raise SystemExit(1)


def _stop(number: int, frame: object) -> None:
    raise SystemExit(0)
