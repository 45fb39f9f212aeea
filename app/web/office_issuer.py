"""The office's own sign-in (OpenID Connect Core 1.0, code flow with PKCE): the only outgoing requests of central, to the
one address of the settings. Nothing that a user typed decides where they go.

Keys and tokens are checked by joserfc. The issuer's endpoints for us must be of its own origin, over https.
"""

import base64
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx2
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from app.config import Settings
from app.errors_of_signing_in import NotFromOffice

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "Ed25519")  # never "none", never one with a shared secret
TIMEOUT_S: Final = 8.0
KNOWN_FOR_S: Final = 600  # how long what the issuer says of itself is believed
AWAY_FOR_S: Final = 15  # how long an issuer that did not answer is left alone: who asks for it need not be signed in
MAX_BYTES: Final = 256 * 1024
LEEWAY_S: Final = 60


@dataclass(frozen=True)
class Asked:
    """What this browser was sent to the issuer with. `verifier`: of PKCE (RFC 7636); `back`: our address it returns to."""

    state: str
    nonce: str
    verifier: str
    back: str


class OfficeIssuer:
    """The issuer of the settings, and what it last said of itself."""

    def __init__(self, settings: Settings, transport: httpx2.BaseTransport | None = None) -> None:
        """`transport` replaces the network in tests."""
        self.settings = settings
        wires = transport or httpx2.HTTPTransport(trust_env=False)
        self.client = httpx2.Client(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False, transport=wires)
        self.known: tuple[float, Mapping[str, Any], KeySet] | None = None
        self.away_since: float | None = None

    def address_for(self, asked: Asked) -> str:
        """Where the browser goes to sign in there. Raises NotFromOffice."""
        about, _ = self._about()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(asked.verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "scope": "openid",
            "client_id": self.settings.oidc_client_id,
            "redirect_uri": asked.back,
            "state": asked.state,
            "nonce": asked.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        address = self._own(about, "authorization_endpoint")
        return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(query)}"

    def subject_of(self, asked: Asked, code: str, now_ms: int) -> str:
        """Whom the issuer vouches for with this code. Raises NotFromOffice."""
        about, keys = self._about()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": asked.back,
            "code_verifier": asked.verifier,
            "client_id": self.settings.oidc_client_id,
        }
        secret = self._secret()
        auth = httpx2.BasicAuth(self.settings.oidc_client_id, secret) if secret else None
        told = self._json("POST", self._own(about, "token_endpoint"), data=form, auth=auth)
        token = told.get("id_token")
        if not isinstance(token, str):
            raise NotFromOffice()
        claims = self._claims(token, keys)
        self._check(claims, asked, now_ms)
        return str(claims["sub"])

    def _claims(self, token: str, keys: KeySet) -> Mapping[str, Any]:
        """The claims of a token that one of the issuer's keys signed; a key that is new there is looked for once."""
        try:
            return jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        except (InvalidKeyIdError, ValueError):
            self.known = None
            _, fresh = self._about()
        except JoseError as error:
            raise NotFromOffice() from error
        try:
            return jwt.decode(token, fresh, algorithms=ALGORITHMS).claims
        except (JoseError, ValueError) as error:
            raise NotFromOffice() from error

    def _check(self, claims: Mapping[str, Any], asked: Asked, now_ms: int) -> None:
        """OpenID Connect Core 1.0, 3.1.3.7."""
        client = self.settings.oidc_client_id
        rules = jwt.JWTClaimsRegistry(
            now=now_ms // 1000,
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self.settings.oidc_issuer},
            aud={"essential": True, "value": client},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": asked.nonce},
        )
        try:
            rules.validate(dict(claims))
        except JoseError as error:
            raise NotFromOffice() from error
        audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        party = claims.get("azp", client if len(audiences) == 1 else None)
        if party != client or claims["nonce"] != asked.nonce or not claims["sub"]:
            raise NotFromOffice()

    def _about(self) -> tuple[Mapping[str, Any], KeySet]:
        """The issuer's description and keys, asked for when they are older than ten minutes."""
        now = time.monotonic()
        if self.known is None or now - self.known[0] > KNOWN_FOR_S:
            if self.away_since is not None and now - self.away_since < AWAY_FOR_S:
                raise NotFromOffice()
            self.away_since = now
            self.known = (now, *self._asked_anew())
            self.away_since = None
        return self.known[1], self.known[2]

    def _asked_anew(self) -> tuple[Mapping[str, Any], KeySet]:
        issuer = self.settings.oidc_issuer
        about = self._json("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if about.get("issuer") != issuer:
            raise NotFromOffice()
        try:
            return about, KeySet.import_key_set(self._json("GET", self._own(about, "jwks_uri")))  # type: ignore[arg-type]
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise NotFromOffice() from error

    def _own(self, about: Mapping[str, Any], name: str) -> str:
        """An endpoint that the issuer names, if it is of its own origin."""
        address, issuer = urlsplit(str(about.get(name, ""))), urlsplit(self.settings.oidc_issuer)
        if (address.scheme, address.netloc) != ("https", issuer.netloc):
            raise NotFromOffice()
        return address.geturl()

    def _json(self, method: str, address: str, **sent: Any) -> dict[str, Any]:
        """A JSON object from the issuer. Raises NotFromOffice for anything else."""
        try:
            with self.client.stream(method, address, **sent) as reply:
                data = b""
                for piece in reply.iter_bytes():
                    data += piece
                    if len(data) > MAX_BYTES:
                        raise NotFromOffice()
            told = json.loads(data)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
            raise NotFromOffice() from error
        if reply.status_code != 200 or not isinstance(told, dict):
            raise NotFromOffice()
        return told

    def _secret(self) -> str:
        path = self.settings.oidc_client_secret_file
        try:
            return path.read_text("utf-8").strip() if path else ""
        except OSError as error:
            raise NotFromOffice() from error
