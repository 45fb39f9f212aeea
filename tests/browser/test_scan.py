"""The hub's QR picture, read with the camera where the browser can, or pasted as text."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import acts
from tests.browser.conftest import Open
from tests.browser.nodes import ANA_WORDS, Pair

pytestmark = pytest.mark.browser
TOLD = "baqylau-hub:https://192.168.43.1:8000#ABCDEFGHIJKLMNOP"
# What a tablet with a camera has; the first look at the picture finds a stranger's code.
CAMERA = f"""
window.stopped = 0;
const found = ["https://example.org", "{TOLD}"];
navigator.mediaDevices.enumerateDevices = async () => [{{ kind: "videoinput" }}];
navigator.mediaDevices.getUserMedia = async () => {{
  if (window.denied) throw new DOMException("no", "NotAllowedError");
  const stream = document.createElement("canvas").captureStream();
  stream.getTracks().forEach((track) => {{ track.stop = () => {{ window.stopped += 1; }}; }});
  return stream;
}};
HTMLMediaElement.prototype.play = async () => {{}};
window.BarcodeDetector = class {{
  static async getSupportedFormats() {{ return ["qr_code"]; }}
  async detect() {{ return [{{ rawValue: found.shift() }}]; }}
}};
"""


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
    page.add_init_script(CAMERA)
    page.reload()
    camera.click()
    expect_filled(page)
    expect(page.locator("video.scan")).to_be_hidden()
    assert page.evaluate("window.stopped") == 1
    page.evaluate("window.denied = true")
    camera.click()
    expect(page.locator("[data-no-camera]")).to_be_visible()
