"""The hub's page of a tablet: joining, leaving, and what others need to join this one."""

from __future__ import annotations

from app.clock import SystemClock
from app.store import authority
from app.store.node import value_of
from app.sync.hub import HUB_CA, HUB_URL
from app.sync.link import Reply, Transport
from app.web import hub
from app.web.amounts import in_groups
from tests.web.nodes import Node, text_of


def joined(device: Node) -> tuple[str, str]:
    with device.database.read() as session:
        return value_of(session, HUB_URL), value_of(session, HUB_CA)


def test_ana_joins_a_hub_by_its_fingerprint_and_leaves_it(device: Node, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    made = authority.make(["192.168.43.1"], SystemClock().now_ms())
    asked: list[str] = []

    def connect(request: object) -> object:
        def to(address: str) -> Transport:
            asked.append(address)
            return lambda *_: Reply(200, {}, made.authority)

        return to

    monkeypatch.setattr(hub, "_connect_from", connect)
    ana = device.browser("ana")
    wrong = ana.submit("/hub", url="https://192.168.43.1:8000", fingerprint="A" * 16)
    assert wrong.status_code == 422 and "does not have this fingerprint" in wrong.text
    assert joined(device) == ("", "")
    fingerprint = authority.fingerprint(made.authority)
    assert ana.submit("/hub", url="https://192.168.43.1:8000", fingerprint=fingerprint).status_code == 303
    assert joined(device) == ("https://192.168.43.1:8000", made.authority.decode())
    assert set(asked) == {"http://192.168.43.1:8001"}
    assert "Joined: https://192.168.43.1:8000" in text_of(ana.get("/hub").text)
    assert ana.submit("/hub/end").status_code == 303
    assert joined(device) == ("", "")


def test_an_address_that_is_none_is_said_beside_its_field(device: Node) -> None:
    reply = device.browser("ana").submit("/hub", url="192.168.43.1")
    assert reply.status_code == 422 and "no address of a hub" in reply.text
    assert 'value="192.168.43.1"' in reply.text


def test_a_shared_tablet_shows_what_others_need(device: Node) -> None:
    ana = device.browser("ana")
    assert "This tablet is a hub" not in ana.get("/hub").text
    device.app.state.is_shared = True
    plain = ana.get("/hub").text
    assert "others in the same network can read along" in plain and "http://" in plain
    folder = device.app.state.settings.data_dir
    authority.write(folder, authority.make(["127.0.0.1"], SystemClock().now_ms()))
    safe = ana.get("/hub").text
    assert in_groups(authority.fingerprint((folder / authority.CA_NAME).read_bytes())) in safe
    assert "<path d=" in safe and "http://127.0.0.1:8001" in safe


def test_a_tablet_that_is_not_shared_is_no_hub(device: Node) -> None:
    reply = device.browser().post("/sync/v1/hub/exchange", content=b"")
    assert reply.status_code == 503


def test_only_the_hubs_page_may_ask_for_the_camera(device: Node) -> None:
    ana = device.browser("ana")
    assert "camera=(self)" in ana.get("/hub").headers["Permissions-Policy"]
    assert "camera=(self)" in ana.submit("/hub", url="x").headers["Permissions-Policy"]
    for path in ("/visits", "/sync", "/bundles"):
        assert "camera=()" in ana.get(path).headers["Permissions-Policy"], path
