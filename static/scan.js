// Fills a form from the text `KIND:ADDRESS#CODE` of a QR picture: read with the camera where the browser can do that, or
// pasted into one of its fields. The form says KIND in data-scan, and its fields in data-address, if it has one, and data-code.

const LOOK_EVERY_MS = 200;
const form = document.querySelector("form[data-scan]");
const button = form.querySelector("[data-camera]");
const view = form.querySelector("video");
const problem = form.querySelector("[data-no-camera]");
let stream = null;

function fillFrom(text) {
  const kind = `${form.dataset.scan}:`;
  if (!text.startsWith(kind)) return false;
  const [address, code = ""] = text.slice(kind.length).trim().split("#");
  if (form.dataset.address) form.elements[form.dataset.address].value = address;
  form.elements[form.dataset.code].value = code;
  return true;
}

form.addEventListener("paste", (event) => {
  const text = event.clipboardData.getData("text").trim();
  if (event.target.matches("input") && fillFrom(text)) event.preventDefault();
});

function stop() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  view.srcObject = null;
  view.hidden = true;
  button.setAttribute("aria-pressed", "false");
}

async function start() {
  problem.hidden = true;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    problem.hidden = false;
    return;
  }
  view.srcObject = stream;
  view.hidden = false;
  button.setAttribute("aria-pressed", "true");
  await view.play();
  look(new BarcodeDetector({ formats: ["qr_code"] }));
}

async function look(detector) {
  if (!stream) return;
  const seen = await detector.detect(view).catch(() => []);
  if (!stream) return;
  if (seen.some((one) => fillFrom(one.rawValue))) {
    stop();
    form.querySelector("button:not([type=button])").focus();
  } else setTimeout(look, LOOK_EVERY_MS, detector);
}

async function canScan() {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return false;
  const [formats, devices] = await Promise.all([BarcodeDetector.getSupportedFormats(), navigator.mediaDevices.enumerateDevices()]);
  return formats.includes("qr_code") && devices.some((one) => one.kind === "videoinput");
}

button.addEventListener("click", () => (stream ? stop() : start()));
addEventListener("pagehide", stop);
document.addEventListener("visibilitychange", () => document.hidden && stop());
button.hidden = !(await canScan());
