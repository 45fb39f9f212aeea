"""A hub's own certificate, from `hub init-ca` to a browser and a tablet that speak TLS with it."""

import os
import re
import signal
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.clock import SystemClock
from app.config import ROOT
from app.errors import HubUnreachable, InvalidInput
from app.store import authority
from app.store.node import value_of
from app.store.slots import make_vault
from app.store.vault import Cost
from app.sync import hub_joining
from app.sync.hub import HUB_CA, HUB_URL
from app.sync.link import Reply
from app.sync.transport import HttpTransport
from app.web.amounts import in_groups
from tests.builders import ANA, BEN, DEVICE_KEY, World, answer, make_visit, make_world, node_of
from tests.cli.conftest import PHRASE, Run, free_port

CHEAP = Cost(19, 2, 1)


@pytest.fixture
def world(tmp_path: Path, phrase: str) -> Iterator[World]:
    """An office, a hub (device1) and Ana's tablet (device2) with a visit; both have certificates of the office."""
    made = make_world(tmp_path)
    for people in ([BEN], [ANA]):
        device = made.device(people)
        node_of(device).clock = SystemClock()
        node_of(made.central).clock = SystemClock()
        made.meet(device)
    with made.devices[1].write() as session:
        answer(session, make_visit(session, team=(ANA, BEN)))
    for number, person in ((1, BEN), (2, ANA)):
        make_vault(tmp_path / f"device{number}", person, PHRASE, CHEAP, DEVICE_KEY)
    yield made
    made.close()


def made_in(folder: Path, names: tuple[str, ...] = ("127.0.0.1", "localhost")) -> authority.Made:
    made = authority.make(list(names), SystemClock().now_ms())
    folder.mkdir(parents=True, exist_ok=True)
    authority.write(folder, made)
    return made


# ---- the certificate -------------------------------------------------------------------------------------------------


def test_init_ca_makes_a_certificate_that_only_its_owner_can_read_and_says_where_it_is(
    run: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    said = run("hub", "init-ca", "--name", "192.168.43.1", "--data", folder)
    assert (said.code, said.err) == (0, "")
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == dict.fromkeys(
        ("hub-ca.pem", "hub-cert.pem", "hub-key.pem"), 0o600
    )
    assert "http://192.168.43.1:8001" in said.out and "█" in said.out
    assert authority.fingerprint((folder / "hub-ca.pem").read_bytes()) in said.out
    assert "cannot sign anything more" in said.out
    assert {"192.168.43.1", "127.0.0.1", "localhost"} <= set(authority.names_in(folder))


def test_the_authoritys_key_is_nowhere(run: Run, tmp_path: Path) -> None:
    run("hub", "init-ca", "--data", tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "hub-cert.pem", tmp_path / "hub-key.pem")
    with pytest.raises(ssl.SSLError):
        context.load_cert_chain(tmp_path / "hub-ca.pem", tmp_path / "hub-key.pem")
    assert "".join(path.read_text() for path in tmp_path.iterdir()).count("PRIVATE KEY-----\n") == 2  # one: begin, end


def test_what_tablets_trust_is_not_replaced_by_accident(run: Run, tmp_path: Path) -> None:
    run("hub", "init-ca", "--data", tmp_path)
    before = (tmp_path / "hub-ca.pem").read_bytes()
    said = run("hub", "init-ca", "--data", tmp_path)
    assert said.code == 2 and "nothing is overwritten" in said.err
    assert (tmp_path / "hub-ca.pem").read_bytes() == before
    assert run("hub", "init-ca", "--again", "--data", tmp_path).code == 0
    assert (tmp_path / "hub-ca.pem").read_bytes() != before


def test_a_certificate_lasts_as_long_as_browsers_allow_and_no_longer(tmp_path: Path) -> None:
    made_in(tmp_path)
    now, day_ms = SystemClock().now_ms(), 24 * 3600 * 1000
    assert not authority.has_expired(tmp_path, now + 395 * day_ms)
    assert authority.has_expired(tmp_path, now + 397 * day_ms)


# ---- a hub that speaks TLS -------------------------------------------------------------------------------------------


@pytest.fixture
def hub_url(world: World, tmp_path: Path) -> Iterator[str]:
    """A real `device --share` with a certificate, unlocked by Ben in a browser that trusts it."""
    world.devices[0].close()
    folder, port = tmp_path / "device1", free_port()
    made_in(folder)
    environment = {**os.environ, "BAQYLAU_LANGUAGE": "en", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "app", "device", "--share", "--port", str(port), "--data", str(folder)]
    process = subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("https://"):
                break
        else:
            raise AssertionError(process.stderr.read() if process.stderr else "")
        yield f"https://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def trusting(folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=(folder / "hub-ca.pem").read_text())


def unlock(url: str, context: ssl.SSLContext) -> str:
    """Signs Ben in; returns the cookie as it was set."""
    request = urllib.request.Request(
        f"{url}/sign-in", f"passphrase={PHRASE}".replace(" ", "+").encode(), {"Origin": url}
    )

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:  # type: ignore[override]
            return None

    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), Stay())
    try:
        opener.open(request, timeout=60)
    except urllib.error.HTTPError as answer:
        assert answer.code == 303, answer.read()
        return str(answer.headers["Set-Cookie"])
    raise AssertionError


def test_a_tablet_joins_a_hub_by_its_fingerprint_and_meets_it_over_tls(
    run: Run, world: World, hub_url: str, tmp_path: Path
) -> None:
    context = trusting(tmp_path / "device1")
    assert "secure" in unlock(hub_url, context).lower()
    guide = urllib.request.urlopen(hub_joining.guide_url(hub_url), timeout=30).read().decode()
    fingerprint = authority.fingerprint((tmp_path / "device1" / "hub-ca.pem").read_bytes())
    assert in_groups(fingerprint) in guide and 'lang="kk"' in guide and "Сертификат хаба группы" in guide
    assert (
        urllib.request.urlopen(hub_joining.guide_url(hub_url) + "/ca.crt", timeout=30).read()
        == (tmp_path / "device1" / "hub-ca.pem").read_bytes()
    )
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(hub_joining.guide_url(hub_url) + "/hub-key.pem", timeout=30)
    world.devices[1].close()
    tablet = tmp_path / "device2"
    wrong = run("hub", "join", hub_url, "A" * 16, "--data", tablet)
    assert wrong.code == 2 and "does not have this fingerprint" in wrong.err
    said = run("hub", "join", hub_url, fingerprint.lower(), "--data", tablet)
    assert (said.code, said.err) == (0, "")
    assert re.search(r"given: 2 entries, 0 files; received: \d entries", said.out)
    assert run("hub", "leave", "--data", tablet).code == 0


def test_a_hub_with_another_authority_is_not_spoken_with(world: World, hub_url: str, tmp_path: Path) -> None:
    other = made_in(tmp_path / "other")
    transport = HttpTransport(hub_url, 20, ssl.create_default_context(cadata=other.authority.decode()))
    with pytest.raises(Exception, match="cannot be reached"):
        transport("GET", "/health", {}, b"")
    assert HttpTransport(hub_url, 20, trusting(tmp_path / "device1"))("GET", "/health", {}, b"").status == 200


def test_a_certificate_that_has_ended_stops_the_start_and_never_falls_back_to_plain_http(
    run: Run, tmp_path: Path
) -> None:
    authority.write(tmp_path, authority.make(["localhost"], 1_500_000_000_000))
    said = run("device", "--share", "--port", free_port(), "--data", tmp_path)
    assert said.code == 2 and "has ended" in said.err
    assert "http://" not in said.out


# ---- joining -----------------------------------------------------------------------------------------------------------


def answering(body: bytes, status: int = 200) -> object:
    return lambda address: lambda *_: Reply(status, {}, body)


def test_nothing_is_joined_before_its_fingerprint_is_right(world: World, tmp_path: Path) -> None:
    made, tablet = made_in(tmp_path / "hub"), world.devices[1]
    fingerprint = authority.fingerprint(made.authority)
    url = "https://192.168.43.1:8000"
    for body, status in ((b"<html>portal", 200), (made.certificate, 200), (made.authority, 404), (b"\xff", 200)):
        with pytest.raises(InvalidInput, match="does not have this fingerprint"):
            hub_joining.join(tablet, url, fingerprint, answering(body, status))  # type: ignore[arg-type]
    with pytest.raises(InvalidInput):
        hub_joining.join(tablet, url, " ", answering(made.authority))  # type: ignore[arg-type]
    with pytest.raises(HubUnreachable):
        hub_joining.transport_to_hub(tablet, 5)
    hub_joining.join(tablet, url + "/", fingerprint, answering(made.authority))  # type: ignore[arg-type]
    with tablet.read() as session:
        assert (value_of(session, HUB_URL), value_of(session, HUB_CA)) == (url, made.authority.decode())
    hub_joining.join(tablet, "http://192.168.43.1:8000", "", answering(b""))  # type: ignore[arg-type]
    with tablet.read() as session:
        assert value_of(session, HUB_CA) == ""


@pytest.mark.parametrize("url", ["", "192.168.43.1", "ftp://x", "https://", "https://x:99999", "https://x:65535"])
def test_an_address_that_is_none_is_a_sentence(world: World, url: str) -> None:
    with pytest.raises(InvalidInput, match="no address of a hub"):
        hub_joining.join(world.devices[1], url, "A", answering(b""))  # type: ignore[arg-type]
