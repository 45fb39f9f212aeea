"""What stands before every route: host check, Origin check, headers. ASGI, so that streamed bodies stay streamed.

CSRF rests on Origin and Host: a page on a plain-HTTP hotspot sends no Sec-Fetch-Site (design, section 7 fact 5).
"""

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; manifest-src 'self'"
)
HEADERS: Final = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # no-referrer would make forms send `Origin: null`
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), camera=()",  # a photo is a chosen file: no page sees the camera
}
CAMERA_HEADERS: Final = {"Permissions-Policy": "geolocation=(), microphone=(), camera=(self)"}  # a page that reads a QR
MACHINE_HEADERS: Final = {  # nothing of it is ever shown by a browser, and each byte goes over a slow link
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}
SAFE_METHODS: Final = ("GET", "HEAD", "OPTIONS")
MACHINE_PATHS: Final = ("/sync/v1/",)  # devices, not browsers: they show a token and a signature instead


class Guard:
    """Refuses foreign hosts (DNS rebinding against 127.0.0.1) and foreign origins, and adds the security headers."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self.app, self.hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope["method"], scope["path"], headers)
        if refusal:
            await PlainTextResponse(refusal, 403, HEADERS)(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = MutableHeaders(scope=message)
                for name, value in (MACHINE_HEADERS if scope["path"].startswith(MACHINE_PATHS) else HEADERS).items():
                    added.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers)

    def _refusal(self, method: str, path: str, headers: Headers) -> str:
        host = headers.get("host", "")
        if host.rsplit(":", 1)[0].strip("[]").lower() not in self.hosts:
            return "This address is not known here. Open Baqylau by its own address."
        if method in SAFE_METHODS or path.startswith(MACHINE_PATHS):
            return ""
        origin = headers.get("origin", "")
        same = (
            origin in (f"http://{host}", f"https://{host}")
            and headers.get("sec-fetch-site", "same-origin") == "same-origin"
        )
        return "" if same else "The request came from another page. Open Baqylau by its own address and try again."
