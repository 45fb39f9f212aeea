"""QR pictures, of the hub and of the office's card: read with the camera where the browser can, or pasted as text."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import acts
from tests.browser.conftest import Open
from tests.browser.nodes import ANA, ANA_WORDS, OFFICE_WORDS, Hand, Node, Pair, free_port

pytestmark = pytest.mark.browser
TOLD = "baqylau-hub:https://192.168.43.1:8000#ABCDEFGHIJKLMNOP"
# What a tablet with a camera has; the first look at the picture finds a stranger's code.
CAMERA = """
window.stopped = 0;
const found = ["https://example.org", TOLD];
const media = navigator.mediaDevices ?? {}; // an empty page has none
media.enumerateDevices = async () => [{ kind: "videoinput" }];
media.getUserMedia = async () => {
  if (window.denied) throw new DOMException("no", "NotAllowedError");
  const stream = document.createElement("canvas").captureStream();
  stream.getTracks().forEach((track) => { track.stop = () => { window.stopped += 1; }; });
  return stream;
};
HTMLMediaElement.prototype.play = async () => {};
window.BarcodeDetector = class {
  static async getSupportedFormats() { return ["qr_code"]; }
  async detect() { return [{ rawValue: found.shift() }]; }
};
"""


def camera_that_sees(told: str) -> str:
    return CAMERA.replace("TOLD", f'"{told}"')


def expect_filled(page: Page) -> None:
    expect(page.locator("[name=url]")).to_have_value("https://192.168.43.1:8000")
    expect(page.locator("[name=fingerprint]")).to_have_value("ABCDEFGHIJKLMNOP")


def test_the_hubs_picture_fills_the_form(nodes: Pair, open_page: Open) -> None:
    nodes.device.start()
    page = open_page(nodes.device)
    acts.sign_in(page, nodes.device, ANA_WORDS)
    page.goto(f"{nodes.device.url}/hub")
    camera = page.locator("[data-camera]")
    expect(camera).to_be_hidden()  # this browser reads no QR pictures
    page.locator("[name=fingerprint]").evaluate(
        """(field, told) => { const given = new DataTransfer(); given.setData("text", told);
        field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: given, bubbles: true, cancelable: true })); }""",
        TOLD,
    )
    expect_filled(page)
    page.add_init_script(camera_that_sees(TOLD))
    page.reload()
    camera.click()
    expect_filled(page)
    expect(page.locator("video.scan")).to_be_hidden()
    assert page.evaluate("window.stopped") == 1
    page.evaluate("window.denied = true")
    camera.click()
    expect(page.locator("[data-no-camera]")).to_be_visible()


def test_a_tablet_out_of_its_box_is_linked_with_the_picture_of_its_card(
    nodes: Pair, open_page: Open, tmp_path: Path
) -> None:
    nodes.central.start()
    with Hand(nodes.central, "adm", OFFICE_WORDS) as admin:
        code = admin.one_time_code("Планшет 2", [nodes.people[ANA]])
    fresh = Node("device", tmp_path / "fresh", free_port())
    fresh.start()
    try:
        page = open_page(fresh)
        page.add_init_script(camera_that_sees(f"baqylau:{nodes.central.url}#{code}"))
        page.goto(fresh.url)
        page.locator("[data-camera]").click()
        expect(page.locator("[name=code]")).to_have_value(code)
        page.keyboard.press("Enter")  # the button has the focus
        page.locator("input[name^=passphrase]").fill(ANA_WORDS)
        page.locator("[data-reveal] button").click()
        expect(page.locator("input[name^=passphrase]")).to_have_attribute("type", "text")
        page.locator("input[name^=again]").fill(ANA_WORDS)
        page.locator("[data-reveal] button").click()
        expect(page.locator("input[name^=again]")).to_have_attribute("type", "password")
        page.locator("form .go").click()
        acts.sign_in(page, fresh, ANA_WORDS)
        assert page.goto(f"{fresh.url}/enrol").status == 404  # type: ignore[union-attr]
    finally:
        fresh.stop()
