"""The office's own sign-in (OpenID Connect): whom its token really vouches for, and nobody else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from app.services import second_factors
from app.services.sign_in_tries import FREE_OF_ADDRESS
from app.web.office_issuer import OfficeIssuer
from tests.web.nodes import PERSON_IDS, Browser, Node, TestClock, problem_of, text_of
from tests.web.phones import base64url, set_up_codes
from tests.web.test_sign_in import cookie_of

ISSUER = "https://id.office.example/realms/office"
SECRET = "the client's secret"
GOOD = RSAKey.generate_key(2048, {"kid": "good", "use": "sig"}, private=True)
STRANGER = RSAKey.generate_key(2048, {"kid": "good", "use": "sig"}, private=True)


@dataclass
class Issuer:
    """The other side of the network: what an issuer answers, with real keys."""

    clock: TestClock
    about: dict[str, str] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)  # over the right ones
    key: Any = field(default_factory=lambda: GOOD)
    alg: str = "RS256"
    published: list[Any] = field(default_factory=lambda: [GOOD])
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def sign_in(self, address: str) -> dict[str, str]:
        """Somebody signs in there; gives what the browser brings back."""
        query = dict(parse_qsl(urlsplit(address).query))
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        return {"code": code, "state": query["state"], "iss": ISSUER}

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(str(request.url))
        path = request.url.path.replace("/realms/other", "/realms/office").removeprefix("/realms/office")
        if path == "/.well-known/openid-configuration":
            return httpx2.Response(200, json=self._about() | self.about)
        if path == "/keys":
            return httpx2.Response(200, json=KeySet(self.published).as_dict(private=False))
        return self._token(request)

    def _about(self) -> dict[str, str]:
        ends = {"authorization_endpoint": "/auth", "token_endpoint": "/token", "jwks_uri": "/keys"}
        return {"issuer": ISSUER} | {name: ISSUER + path for name, path in ends.items()}

    def _token(self, request: httpx2.Request) -> httpx2.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        asked = self.codes.pop(form["code"], None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        basic = "Basic " + base64.b64encode(f"baqylau:{SECRET}".encode()).decode()
        is_right = asked and asked["code_challenge"] == proof and asked["redirect_uri"] == form["redirect_uri"]
        if not asked or not is_right or request.headers["Authorization"] != basic:
            return httpx2.Response(400, json={"error": "invalid_grant"})
        now = self.clock.at_ms // 1000
        claims = {"iss": ISSUER, "aud": "baqylau", "sub": "42", "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims = {name: value for name, value in (claims | self.claims).items() if value is not None}
        return httpx2.Response(
            200, json={"id_token": self._signed(claims), "access_token": "x", "token_type": "Bearer"}
        )

    def _signed(self, claims: dict[str, Any]) -> str:
        if self.alg in ("none", "HS256"):  # joserfc refuses to write what no issuer should
            header = {"alg": self.alg, "kid": "good"}
            text = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
            shared = GOOD.as_pem(private=False)  # the public key, taken for a shared secret
            signature = hmac.digest(shared, text.encode(), "sha256") if self.alg == "HS256" else b""
            return f"{text}.{base64url(signature)}"
        return jwt.encode({"alg": self.alg, "kid": "good"}, claims, self.key, algorithms=[self.alg])


@pytest.fixture
def issuer(central: Node, clock: TestClock, tmp_path: Any) -> Issuer:
    """The office has a sign-in of its own, and Ben is its subject 42."""
    settings, made = central.app.state.settings, Issuer(clock)
    (tmp_path / "secret").write_text(SECRET + "\n")
    settings.oidc_issuer, settings.oidc_client_id, settings.oidc_name = ISSUER, "baqylau", "Кеңсе"
    settings.oidc_client_secret_file = tmp_path / "secret"
    central.app.state.office_issuer = OfficeIssuer(settings, httpx2.MockTransport(made))
    link(central, "42")
    with central.database.write() as session:
        second_factors.notices_read(session, PERSON_IDS["ben"])  # he knows of it
    return made


def link(central: Node, subject: str, name: str = "ben") -> int:
    typed = {"person": PERSON_IDS[name], "name": name, "role": ["reviewer"], "office_subject": subject}
    return central.browser("adm").post("/people", data=typed).status_code


def go(browser: Browser, issuer: Issuer, next: str = "/visits") -> Any:
    """There and back."""
    there = browser.get(f"/sign-in/office?next={next}").headers["Location"]
    return browser.get("/sign-in/office/back", params=issuer.sign_in(there))


def test_the_linked_person_is_signed_in(central: Node, issuer: Issuer) -> None:
    browser = central.browser()
    assert "Кеңсе" in browser.get("/sign-in").text
    back = go(browser, issuer)
    assert back.status_code == 200 and "url=/visits" in back.text
    assert browser.get("/inbox").status_code == 200
    assert all(address.startswith(ISSUER) for address in issuer.asked)


def test_behind_a_proxy_the_session_is_bound_to_tls_though_no_origin_comes_with_it(
    central: Node, issuer: Issuer
) -> None:
    """A browser sends no Origin with the request that brings it back, and the node itself sees plain HTTP."""
    settings, browser = central.app.state.settings, central.browser()
    settings.public_url = f"https://{urlsplit(central.origin).netloc}"
    del browser.headers["Origin"]
    there = browser.get("/sign-in/office")
    kept = {"Cookie": there.headers["Set-Cookie"].partition(";")[0]}  # the client would not send it over plain HTTP
    back = browser.get("/sign-in/office/back", params=issuer.sign_in(there.headers["Location"]), headers=kept)
    made = [one for one in back.headers.get_list("set-cookie") if one.startswith(f"__Host-{settings.cookie_name}=")]
    assert "Secure" in there.headers["Set-Cookie"] and len(made) == 1 and "Secure" in made[0]


def test_nothing_secret_is_in_the_address(central: Node, issuer: Issuer) -> None:
    reply = central.browser().get("/sign-in/office")
    query = dict(parse_qsl(urlsplit(reply.headers["Location"]).query))
    assert query["response_type"] == "code" and query["code_challenge_method"] == "S256" and query["scope"] == "openid"
    cookie = reply.headers["Set-Cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "path=/sign-in/office/back" in cookie
    assert query["code_challenge"] not in cookie and SECRET not in reply.headers["Location"]


def test_the_second_step_is_asked_all_the_same(central: Node, issuer: Issuer, ben: Browser) -> None:
    ben = central.browser("ben")
    phone, _ = set_up_codes(ben, central)
    browser = central.browser()
    assert "url=/sign-in/second" in go(browser, issuer).text
    assert not cookie_of(browser)
    assert browser.submit("/sign-in/second", code=phone.code()).headers["Location"] == "/visits"


WRONG_CLAIMS: list[dict[str, Any]] = [
    {"iss": "https://id.office.example/realms/other"},
    {"iss": None},
    {"aud": "another client"},
    {"aud": None},
    {"aud": ["baqylau", "another client"]},  # without azp
    {"aud": ["baqylau", "another client"], "azp": "another client"},
    {"azp": "another client"},
    {"exp": 1_700_000_000},
    {"exp": None},
    {"iat": None},
    {"iat": 4_000_000_000},
    {"nonce": "another"},
    {"nonce": None},
    {"nonce": ["x"]},
    {"sub": None},
    {"sub": ""},
    {"sub": "43"},
    {"sub": "42 "},
]


def test_a_token_that_does_not_say_this_person_for_this_office_now_opens_nothing(central: Node, issuer: Issuer) -> None:
    for claims in WRONG_CLAIMS:
        issuer.claims = claims
        browser = central.browser()
        reply = go(browser, issuer)
        assert reply.status_code == 401 and problem_of(reply.text), claims
        assert not cookie_of(browser) and browser.get("/inbox").status_code == 303
    issuer.claims = {"aud": ["baqylau", "another client"], "azp": "baqylau"}
    assert cookie_of_after(central, issuer)


def test_forged_tokens_open_nothing(central: Node, issuer: Issuer) -> None:
    for key, alg in ((STRANGER, "RS256"), (GOOD, "none"), (GOOD, "HS256"), (GOOD, "RS512")):
        issuer.key, issuer.alg = key, alg
        browser = central.browser()
        assert go(browser, issuer).status_code == 401, alg
        assert not cookie_of(browser)


def test_a_key_that_the_issuer_changed_is_found(central: Node, issuer: Issuer) -> None:
    assert cookie_of_after(central, issuer)
    new = RSAKey.generate_key(2048, {"kid": "new"}, private=True)
    issuer.published, issuer.key = [new], new
    issuer._signed = lambda claims: jwt.encode({"alg": "RS256", "kid": "new"}, claims, new)  # type: ignore[method-assign]
    assert cookie_of_after(central, issuer)


def cookie_of_after(central: Node, issuer: Issuer) -> str:
    browser = central.browser()
    go(browser, issuer)
    return cookie_of(browser)


def test_an_answer_counts_once_and_in_the_browser_that_asked(central: Node, issuer: Issuer) -> None:
    browser, other = central.browser(), central.browser()
    brought = issuer.sign_in(browser.get("/sign-in/office").headers["Location"])
    other.get("/sign-in/office")
    for one in (other, central.browser()):
        assert one.get("/sign-in/office/back", params=brought).status_code == 401
    assert browser.get("/sign-in/office/back", params=brought | {"iss": "https://evil.example"}).status_code == 401
    assert browser.get("/sign-in/office/back", params=brought).status_code == 401  # the cookie went with the first


def test_answers_of_nobody_are_slowed_down_and_do_not_fill_the_log(central: Node, issuer: Issuer) -> None:
    browser = central.browser()
    brought = issuer.sign_in(browser.get("/sign-in/office").headers["Location"])
    for _ in range(FREE_OF_ADDRESS + 1):
        assert central.browser().get("/sign-in/office/back", params=brought).status_code == 401
    refused = browser.get("/sign-in/office/back", params=brought)
    assert refused.status_code == 429 and "next try" in problem_of(refused.text)
    central.clock.advance(minutes=1)
    assert browser.get("/sign-in/office/back", params=brought).status_code == 200  # the answer was not used up


def test_an_answer_to_another_question_is_not_even_looked_at(central: Node, issuer: Issuer) -> None:
    browser = central.browser()
    brought = issuer.sign_in(browser.get("/sign-in/office").headers["Location"])
    asked = len(issuer.asked)
    assert browser.get("/sign-in/office/back", params=brought | {"state": "another"}).status_code == 401
    assert len(issuer.asked) == asked


WRONG_ADDRESSES = [
    {"issuer": "https://evil.example"},
    {"token_endpoint": "https://evil.example/token"},
    {"token_endpoint": "http://id.office.example/token"},
    {"jwks_uri": "https://evil.example/keys"},
    {"authorization_endpoint": "https://evil.example/auth"},
    {"jwks_uri": ""},
]


def test_only_the_issuer_of_the_settings_is_asked_and_over_https(central: Node, issuer: Issuer) -> None:
    for about in WRONG_ADDRESSES:
        issuer.about = about
        central.app.state.office_issuer.known = central.app.state.office_issuer.away_since = None
        browser = central.browser()
        reply = browser.get("/sign-in/office")
        if reply.status_code == 303:  # the token is asked for later
            reply = browser.get("/sign-in/office/back", params=issuer.sign_in(reply.headers["Location"]))
        assert reply.status_code == 401 and not cookie_of(browser), about
    assert not [address for address in issuer.asked if not address.startswith("https://id.office.example")]


def test_an_issuer_that_is_away_keeps_nobody_from_the_passphrase(central: Node, issuer: Issuer) -> None:
    asked = []

    def away(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        raise httpx2.ConnectError("away")

    central.app.state.office_issuer = OfficeIssuer(central.app.state.settings, httpx2.MockTransport(away))
    for _ in range(3):
        reply = central.browser().get("/sign-in/office")
        assert reply.status_code == 401 and 'name="passphrase"' in reply.text
    assert len(asked) == 1  # and strangers do not keep the office waiting for it


def test_who_nobody_linked_is_nobody(central: Node, issuer: Issuer, adm: Browser) -> None:
    assert link(central, "") == 303
    browser = central.browser()
    reply = go(browser, issuer)
    assert reply.status_code == 401 and "linked" in problem_of(reply.text) and not cookie_of(browser)
    assert "office sign-in linked or unlinked" in text_of(adm.get("/audit").text)


def test_a_subject_is_one_persons(central: Node, issuer: Issuer) -> None:
    assert link(central, "42", "bek") == 422
    assert link(central, "a b", "bek") == 422
    assert 'value="42"' in central.browser("adm").get(f"/people/{PERSON_IDS['ben']}").text


def test_another_issuers_42_is_somebody_else(central: Node, issuer: Issuer) -> None:
    other = "https://id.office.example/realms/other"
    central.app.state.settings.oidc_issuer = other
    issuer.about, issuer.claims = {"issuer": other}, {"iss": other}
    browser = central.browser()
    there = browser.get("/sign-in/office")
    assert there.status_code == 303
    brought = issuer.sign_in(there.headers["Location"]) | {"iss": other}
    assert browser.get("/sign-in/office/back", params=brought).status_code == 401


def test_without_a_setting_there_is_no_such_way(central: Node) -> None:
    assert "/sign-in/office" not in central.browser().get("/sign-in").text
    assert central.browser().get("/sign-in/office").status_code == 404
