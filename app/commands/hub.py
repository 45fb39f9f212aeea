"""A hub of the team: its one-shot certificate authority, the page that explains it, and joining it from a tablet."""

import io
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from app.clock import SystemClock
from app.commands.listening import own_addresses
from app.commands.nodes import this_device
from app.commands.terminal import complaints, console, say, say_refusal, settings_of
from app.config import Settings
from app.errors import N_, AppError, PortBusy
from app.errors_of_files import WouldOverwrite
from app.store import authority
from app.store.folder import make_private
from app.sync import hub_joining
from app.sync.hub import forget_hub, meet_hub
from app.sync.transport import HttpTransport

KEY_IS_GONE: Final = N_(
    "The key of this authority is forgotten: whoever gets hold of this computer cannot sign anything more with it."
)
SCAN: Final = N_("Open this address on each tablet's browser, and install the certificate that it shows:")


def init_ca(names: Sequence[str], port: int | None, again: bool, data: Path | None) -> None:
    """Makes an authority and this computer's certificate. Raises WouldOverwrite: tablets trust the old one."""
    settings = settings_of(data, role="device", port=port)
    folder = Path(settings.data_dir)
    if authority.is_made(folder) and not again:
        raise WouldOverwrite(path=str(folder / authority.CA_NAME))
    make_private(folder)
    host = socket.gethostname()
    wanted = [*names, *own_addresses(), host, f"{host.partition('.')[0]}.local", "localhost", "127.0.0.1"]
    made = authority.make(list(dict.fromkeys(wanted)), SystemClock().now_ms())
    authority.write(folder, made)
    console.print(f"names: {', '.join(authority.names_in(folder))}", markup=False, soft_wrap=True)
    console.print(f"fingerprint: {authority.fingerprint(made.authority)}", markup=False)
    console.print(f"SHA-256: {authority.sha256_of(made.authority)}", markup=False, soft_wrap=True)
    console.print(say(KEY_IS_GONE), soft_wrap=True)
    _show_address(hub_joining.guide_url(f"https://{wanted[0]}:{settings.port}"))


def _show_address(address: str) -> None:
    import segno

    console.print(say(SCAN), soft_wrap=True)
    picture = io.StringIO()
    segno.make(address, error="m").terminal(out=picture, border=2, compact=True)
    console.print(address, markup=False)
    console.out(picture.getvalue(), highlight=False)


def join_hub(url: str, fingerprint: str, data: Path | None, passphrase_file: Path | None) -> int:
    """Joins a hub and meets it once. Returns 1 when it was joined and could not be met."""
    with this_device(data, passphrase_file) as node:
        timeout_s = node.settings.sync_timeout_s
        hub_joining.join(node.database, url, fingerprint, lambda address: HttpTransport(address, timeout_s))
        console.print(f"joined {url}", markup=False)
        try:
            told = meet_hub(node.database, hub_joining.transport_to_hub(node.database, timeout_s))
        except AppError as error:
            say_refusal(error)
            return 1
        console.print(f"given: {told.pushed} entries, {told.files} files; received: {told.pulled} entries")
    return 0


def leave_hub(data: Path | None, passphrase_file: Path | None) -> None:
    """This device meets no hub any more."""
    with this_device(data, passphrase_file) as node, node.database.write() as session:
        forget_hub(session)
    console.print("no hub is met any more")


# ---- beside a hub with https: where browsers fetch the certificate -----------------------------------------------------


@contextmanager
def guide(settings: Settings, listen_on: str) -> Iterator[int]:
    """Serves the authority's certificate, and how to install it, over plain HTTP one port further. Nothing else.

    Raises PortBusy.
    """
    from app.web.hub import install_page
    from app.web.render import STATIC_DIR

    certificate = (Path(settings.data_dir) / authority.CA_NAME).read_bytes()
    html = install_page(authority.sha256_of(certificate), authority.fingerprint(certificate)).encode()
    pages = {
        "/": ("text/html; charset=utf-8", html),
        "/app.css": ("text/css; charset=utf-8", (STATIC_DIR / "app.css").read_bytes()),
        hub_joining.CA_PATH: ("application/x-x509-ca-cert", certificate),
    }
    try:
        server = ThreadingHTTPServer((listen_on, settings.port + 1), _handler(pages))
    except (OSError, OverflowError) as error:
        raise PortBusy(port=settings.port + 1) from error
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield settings.port + 1
    finally:
        server.shutdown()
        server.server_close()


def _handler(pages: dict[str, tuple[str, bytes]]) -> type[BaseHTTPRequestHandler]:
    class Guide(BaseHTTPRequestHandler):
        timeout = 10  # seconds; one who says nothing holds a thread no longer
        server_version, sys_version = "baqylau", ""

        def do_GET(self) -> None:
            kind, content = pages.get(self.path.partition("?")[0], ("text/plain", b""))
            self.send_response(200 if content else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'self'")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Nobody needs to know which tablet came when."""

    return Guide


def check_names(folder: Path, addresses: Sequence[str]) -> None:
    """Says so when the certificate does not name an address that this computer has now."""
    lacking = [one for one in addresses if one not in authority.names_in(folder)]
    if lacking:
        names = " ".join(f"--name {one}" for one in lacking)
        complaints.print(f"the certificate does not name {', '.join(lacking)}: baqylau hub init-ca --again {names}")
