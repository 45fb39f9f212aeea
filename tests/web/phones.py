"""What a person carries to sign in: a phone that makes codes, and a key that signs challenges."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from app.store.one_time_codes import STEP_S, code_at
from tests.web.nodes import OFFICE_PASSPHRASE, Browser, Node, TestClock


@dataclass
class Phone:
    """An app for one-time codes that has read the picture."""

    secret: bytes
    clock: TestClock

    def code(self, later: int = 0) -> str:
        """What it shows now, or some half minutes later."""
        return code_at(self.secret, self.clock.at_ms // 1000 // STEP_S + later)


def read_picture(html: str, clock: TestClock) -> Phone:
    """Reads the secret that stands beside the picture."""
    text = re.search(r'class="key">([A-Z2-7 ]+)<', html)
    assert text
    return Phone(base64.b32decode(text.group(1).replace(" ", "")), clock)


def recovery_codes(html: str) -> list[str]:
    return re.findall(r"<code>([a-z2-7-]{19})</code>", html)


def set_up_codes(browser: Browser, node: Node) -> tuple[Phone, list[str]]:
    """Codes for who is signed in in this browser, as the pages do it."""
    assert browser.submit("/my-sign-in/codes").headers["Location"] == "/my-sign-in/codes"
    phone = read_picture(browser.get("/my-sign-in/codes").text, node.clock)
    reply = browser.submit("/my-sign-in/codes/first", code=phone.code())
    assert reply.status_code == 200
    node.clock.advance(minutes=1)  # the code that proved it is spent
    return phone, recovery_codes(reply.text)


def pass_first_step(node: Node, name: str = "ben", next: str = "/") -> Browser:
    """A browser in which name and passphrase were right."""
    browser = node.browser()
    reply = browser.submit("/sign-in", name=name, passphrase=OFFICE_PASSPHRASE, next=next)
    assert reply.status_code == 303
    return browser


def options_in(html: str) -> dict[str, Any]:
    """What a page asks of a passkey."""
    found = re.search(r'data-options="([^"]+)"', html)
    assert found
    options: dict[str, Any] = json.loads(unescape(found.group(1)))
    return options


@dataclass
class Key:
    """A passkey in software (WebAuthn level 2): P-256, attestation `none`."""

    origin: str
    domain: str
    count: int = 0
    verifies: bool = True  # asks for finger, face or PIN
    owner: bytes = b""
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    name: bytes = field(default_factory=lambda: hashlib.sha256(b"key").digest())

    def make(self, options: dict[str, Any]) -> str:
        """The answer to navigator.credentials.create."""
        self.owner = unbase64(options["user"]["id"])
        numbers = self.private.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        about = self._data(0x40) + bytes(16) + len(self.name).to_bytes(2, "big") + self.name + cbor2.dumps(cose)
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": about})
        said = {"clientDataJSON": self._said("webauthn.create", options), "attestationObject": base64url(attested)}
        return self._answer(said)

    def sign(self, options: dict[str, Any]) -> str:
        """The answer to navigator.credentials.get."""
        self.count += 1
        about, said = self._data(0), self._said("webauthn.get", options)
        signature = self.private.sign(about + hashlib.sha256(unbase64(said)).digest(), ec.ECDSA(SHA256()))
        response = {"clientDataJSON": said, "authenticatorData": base64url(about), "signature": base64url(signature)}
        return self._answer(response | {"userHandle": base64url(self.owner)})

    def _data(self, flags: int) -> bytes:
        flags |= 0x01 | (0x04 if self.verifies else 0)
        return hashlib.sha256(self.domain.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _said(self, kind: str, options: dict[str, Any]) -> str:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return base64url(json.dumps(said).encode())

    def _answer(self, response: dict[str, str]) -> str:
        name = base64url(self.name)
        told = {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}
        return json.dumps(told)


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unbase64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
