"""The network: one request to central over HTTP. The only module that opens outgoing connections."""

import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Final

import httpx2

from app.errors import CentralUnreachable
from app.sync.link import Reply
from app.sync.wire import MAX_MESSAGE_BYTES

PIECE_BYTES: Final = 4 * 1024  # a record of TLS counts only when all of it has come
# What lies in the system's buffer is neither here nor there: a small one keeps the progress honest on a slow link.
SMALL_BUFFER: Final = [(socket.SOL_SOCKET, socket.SO_SNDBUF, 32 * 1024)]


class HttpTransport:
    """Carries requests to one address. Follows no redirect: a portal's redirect is not central's word."""

    def __init__(self, base_url: str, timeout_s: float, trust: ssl.SSLContext | None = None) -> None:
        """`trust`: whose certificates count; None: those that the system trusts."""
        self.base_url = base_url
        self.on_sent: Callable[[int], None] = lambda count: None  # told of each piece of a body that went out
        wires = httpx2.HTTPTransport(verify=trust or True, trust_env=False, socket_options=SMALL_BUFFER)
        self.client = httpx2.Client(
            base_url=base_url, timeout=timeout_s, follow_redirects=False, trust_env=False, transport=wires
        )
        self.client.headers.clear()  # what program this is concerns nobody on the way, and each byte costs

    def __call__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        content = self._pieces(body) if body else None
        sized = headers | ({"Content-Length": str(len(body))} if body else {})
        try:
            with self.client.stream(method, path, headers=sized, content=content) as response:
                data = b""
                for piece in response.iter_raw():  # as it was sent: the signature is over these bytes
                    data += piece
                    if len(data) > MAX_MESSAGE_BYTES:
                        raise CentralUnreachable()
                return Reply(
                    response.status_code, {name.lower(): value for name, value in response.headers.items()}, data
                )
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise CentralUnreachable() from error

    def _pieces(self, body: bytes) -> Iterator[bytes]:
        for start in range(0, len(body), PIECE_BYTES):
            piece = body[start : start + PIECE_BYTES]
            yield piece
            self.on_sent(len(piece))

    def close(self) -> None:
        self.client.close()
