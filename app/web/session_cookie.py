"""The cookie of a session. Over TLS it is `Secure` and carries the prefix `__Host-`, which no other host, no other path
and no page of plain HTTP can set (RFC 6265bis, 4.1.3.2); on the plain HTTP of a tablet no browser would keep that one."""

from typing import Final

from fastapi import Request, Response

TLS_PREFIX: Final = "__Host-"


def token_in(request: Request) -> str:
    """The token that a browser shows; "" for none. The cookie that cannot be planted is believed before the other."""
    name = _name(request)
    return request.cookies.get(TLS_PREFIX + name) or request.cookies.get(name, "")


def hand_over(request: Request, response: Response, token: str) -> None:
    """Gives a session to the browser that asks, out of reach of scripts and of other sites."""
    is_tls = came_over_tls(request)
    name = TLS_PREFIX + _name(request) if is_tls else _name(request)
    response.set_cookie(name, token, httponly=True, samesite="strict", path="/", secure=is_tls)


def take_back(request: Request, response: Response) -> None:
    """The browser forgets its session."""
    response.delete_cookie(_name(request), path="/", httponly=True, samesite="strict")
    if came_over_tls(request):
        response.delete_cookie(TLS_PREFIX + _name(request), path="/", secure=True, httponly=True, samesite="strict")


def came_over_tls(request: Request) -> bool:
    """By what the browser says itself: behind a proxy the node sees plain HTTP. `security.Guard` has compared its host.

    With a link, as on the way back from the office's own sign-in, it says nothing: then the office's address counts.
    """
    origin = request.headers.get("origin") or request.app.state.settings.public_url
    return request.url.scheme == "https" or origin.startswith("https://")


def _name(request: Request) -> str:
    name: str = request.app.state.settings.cookie_name
    return name
