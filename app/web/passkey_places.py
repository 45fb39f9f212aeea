"""Where passkeys of this office count."""

from urllib.parse import urlsplit

from fastapi import Request

from app.store.passkeys import Place
from app.web.sign_in_cookies import origin_of


def place_of(request: Request) -> Place:
    """By `public_url`, so that a passkey never moves to another name; without it, by the address that was asked."""
    origin = origin_of(request)
    return Place(urlsplit(origin).hostname or "", origin)
