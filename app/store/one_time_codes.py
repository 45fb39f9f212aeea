"""One-time codes of six digits from a phone: RFC 6238 with SHA-1, 30 seconds, as every such app reads them."""

import hmac
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

STEP_S: Final = 30
DIGITS: Final = 6
SECRET_BYTES: Final = 20  # RFC 4226, R6
DRIFT: Final = 1  # steps before and after now: RFC 6238, 5.2


def code_at(secret: bytes, step: int) -> str:
    """The code of a step: whole half minutes since 1970."""
    return _totp(secret).generate(step * STEP_S).decode()


def step_of_code(secret: bytes, code: str, now_ms: int) -> int | None:
    """The step that a code belongs to, if it is now or one beside it."""
    now = now_ms // 1000 // STEP_S
    fits = [
        step
        for step in range(now - DRIFT, now + DRIFT + 1)
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode())
    ]
    return fits[-1] if fits else None


def address_of(secret: bytes, account: str, issuer: str) -> str:
    """What the QR picture says to the phone: otpauth://..."""
    return _totp(secret).get_provisioning_uri(account, issuer)


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP_S)  # noqa: S303 - SHA-1 in HMAC; what the apps know
