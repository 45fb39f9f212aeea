"""Pinned TLS: a rogue authority that the system trusts gets not one byte of a request; the spare key opens."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trustme

from app.config import Settings
from app.errors import CentralUnreachable, WrongSettings
from app.store.node import put_value, value_of
from app.sync import tls
from app.sync.tls import TLS_PINS
from app.sync.transport import HttpTransport
from tests.builders import World, node_of


@dataclass
class Listener:
    """A TLS server of 127.0.0.1 with a certificate of its own; notes what came after the handshake."""

    certificate: trustme.LeafCert
    heard: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.certificate.configure_cert(context)
        self.socket = context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    @property
    def pin(self) -> str:
        der = ssl.PEM_cert_to_DER_cert(self.certificate.cert_chain_pems[0].bytes().decode())
        return tls.pin_of(der)

    def _serve(self) -> None:
        while True:
            try:
                with self.socket.accept()[0] as connection:
                    heard = b""
                    while b"child said" not in heard and (more := connection.recv(65536)):
                        heard += more
                    self.heard.append(heard)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            except ssl.SSLError:
                continue
            except OSError:
                return

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(10)


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def listener(authority: trustme.CA) -> Iterator[Listener]:
    server = Listener(authority.issue_cert("127.0.0.1"))
    yield server
    server.close()


def ask(listener: Listener, trust: ssl.SSLContext | None) -> bytes:
    way = HttpTransport(f"https://127.0.0.1:{listener.port}", 10, trust)
    try:
        return way("POST", "/sync/v1/exchange", {}, b"what a child said").body
    finally:
        way.close()


def test_a_rogue_authority_that_the_system_trusts_gets_no_byte(authority: trustme.CA, listener: Listener) -> None:
    other = Listener(authority.issue_cert("127.0.0.1"))
    try:
        trusting = ssl.create_default_context()
        authority.configure_trust(trusting)
        assert ask(listener, trusting) == b"ok"  # whoever trusts authorities is fooled
        listener.heard.clear()
        with pytest.raises(CentralUnreachable):
            ask(listener, tls.pinned_context([other.pin]))
        assert b"".join(listener.heard) == b""
    finally:
        other.close()


def test_the_live_key_and_the_spare_one_open(listener: Listener) -> None:
    spare = "A" * 43 + "="
    assert ask(listener, tls.pinned_context([spare, listener.pin])) == b"ok"
    assert b"what a child said" in listener.heard[0]


@pytest.mark.parametrize("kept", ["", "[]"])
def test_without_pins_the_systems_trust_counts(kept: str) -> None:
    assert tls.trust_in(kept) is None


def test_pins_come_at_enrolment_and_change_by_a_signed_answer(world: World) -> None:
    live, spare, next_one = ("LSVE".ljust(43, letter) + "=" for letter in "ABC")
    node_of(world.central).tls_pins = (live, spare)
    device = world.device()
    with device.read() as session:
        assert tls.held_pins(session) == [live, spare]
    node_of(world.central).tls_pins = (spare, next_one)
    world.meet(device)
    with device.read() as session:
        assert json.loads(value_of(session, TLS_PINS)) == [spare, next_one]


def test_what_is_no_pin_is_not_kept(world: World) -> None:
    device = world.device()
    with device.write() as session:
        put_value(session, TLS_PINS, "[]")
        tls.keep_pins(session, ["short", "A" * 43 + "=", "не ключ"])
        assert tls.held_pins(session) == ["A" * 43 + "="]


@pytest.mark.parametrize("text", ["short", "A" * 43, "A" * 43 + "=,x"])
def test_a_setting_that_is_no_pin_is_refused_at_start(
    text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from app.config import load_settings

    monkeypatch.setenv("BAQYLAU_TLS_PINS", text)
    with pytest.raises(WrongSettings):
        load_settings()
    assert Settings(tls_pins="A" * 43 + "=").pinned_keys == ("A" * 43 + "=",)
