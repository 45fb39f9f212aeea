"""A passkey in a real browser: Chromium's own authenticator makes it and uses it, through the pages and their script."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from starlette.testclient import TestClient

from tests.browser.conftest import WAIT_MS
from tests.browser.conftest import chromium as chromium
from tests.web.nodes import OFFICE_PASSPHRASE, Node

pytestmark = pytest.mark.browser
OFFICE = "http://localhost:8001"  # a name, and a secure context without TLS


@pytest.fixture
def page(chromium: Browser, central: Node) -> Iterator[Page]:
    """A page with an authenticator that knows its owner, in front of the office in this process."""
    office = TestClient(central.app, base_url=OFFICE, client=("127.0.0.1", 50_000))

    def carry(route: Route) -> None:
        asked, place = route.request, urlsplit(route.request.url)
        sent = {name: asked.headers[name] for name in ("origin", "content-type") if name in asked.headers}
        path = place.path + (f"?{place.query}" if place.query else "")
        reply = office.request(asked.method, path, headers=sent, content=asked.post_data_buffer)
        kept = {
            name: reply.headers[name] for name in ("content-type", "content-security-policy") if name in reply.headers
        }
        route.fulfill(status=reply.status_code, headers=kept, body=reply.content)

    context = chromium.new_context()
    context.set_default_timeout(WAIT_MS)
    faults: list[str] = []
    opened = context.new_page()
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.route("**/*", carry)
    devices = context.new_cdp_session(opened)
    devices.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield opened
    context.close()
    assert not faults, faults


def press(page: Page, action: str) -> None:
    page.locator(f"form[action='{action}'] button").click()


def sign_out(page: Page) -> None:
    page.locator("details.menu summary").click()
    press(page, "/sign-out")
    page.goto(f"{OFFICE}/sign-in")


def test_a_passkey_is_made_is_a_second_step_and_signs_in_alone(page: Page) -> None:
    page.goto(f"{OFFICE}/sign-in")
    page.locator("[name=name]").fill("ben")
    page.locator("[name=passphrase]").fill(OFFICE_PASSPHRASE)
    press(page, "/sign-in")
    page.goto(f"{OFFICE}/my-sign-in")
    press(page, "/my-sign-in/passkeys/begin")
    page.locator("form[data-passkey] [name=name]").fill("көк кілт")
    press(page, "/my-sign-in/passkeys")
    expect(page.get_by_text("көк кілт")).to_be_visible()
    sign_out(page)
    page.locator("[name=name]").fill("ben")
    page.locator("[name=passphrase]").fill(OFFICE_PASSPHRASE)
    press(page, "/sign-in")
    press(page, "/sign-in/second/passkey")
    expect(page.locator("body")).not_to_have_attribute("data-person", "")
    sign_out(page)
    press(page, "/sign-in/passkey/begin")
    press(page, "/sign-in/passkey")
    expect(page.locator("body")).not_to_have_attribute("data-person", "")
