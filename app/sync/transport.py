"""The network: one request to central over HTTP. The only module that opens outgoing connections."""

import httpx2

from app.errors import CentralUnreachable
from app.sync.client import Reply
from app.sync.wire import MAX_MESSAGE_BYTES


class HttpTransport:
    """Carries requests to one address. Follows no redirect: a portal's redirect is not central's word."""

    def __init__(self, base_url: str, timeout_s: float) -> None:
        self.base_url = base_url
        self.client = httpx2.Client(base_url=base_url, timeout=timeout_s, follow_redirects=False, trust_env=False)

    def __call__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        try:
            with self.client.stream(method, path, headers=headers, content=body or None) as response:
                data = b""
                for piece in response.iter_bytes():
                    data += piece
                    if len(data) > MAX_MESSAGE_BYTES:
                        raise CentralUnreachable()
                return Reply(
                    response.status_code, {name.lower(): value for name, value in response.headers.items()}, data
                )
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise CentralUnreachable() from error

    def close(self) -> None:
        self.client.close()
