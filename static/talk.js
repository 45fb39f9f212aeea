// A talk saves itself: the whole form, a moment after the last letter, straight into the node's vault. Not by way of the outbox, which keeps
// words in the browser's own storage; and nothing is kept here either, so what could not be saved is said at once and tried again.

const PAUSE_MS = 500;
const AGAIN_MS = 2000;
const form = document.querySelector("form[data-kept]");
const line = document.getElementById("kept");
let timer = 0;
let saving = false; // a request is on its way
let isNewer = false; // something was typed after it left
let isOver = false; // closed or stopped: a late letter brings nothing back

function tell(state, words = "") {
  line.dataset.state = state;
  line.querySelector("span").textContent = words || line.dataset[{ now: "keptNow", not: "keptNot", locked: "keptLocked", gone: "keptGone" }[state]];
}

function later(ms) {
  clearTimeout(timer);
  if (!isOver) timer = setTimeout(save, ms);
}

async function save() {
  clearTimeout(timer);
  timer = 0;
  if (saving) { isNewer = true; return; }
  saving = true;
  isNewer = false;
  let waitMs = AGAIN_MS;
  try {
    const body = new URLSearchParams(new FormData(form)).toString();
    // keepalive: it arrives although the page is being left; browsers take 64 KB that way
    const reply = await fetch(form.action, { method: "POST", headers: { "HX-Request": "true", "Content-Type": "application/x-www-form-urlencoded" }, body, keepalive: body.length < 60000, redirect: "manual" });
    waitMs = await understand(reply);
  } catch {
    tell("not");
  }
  saving = false;
  if (isNewer) save();
  else if (waitMs) later(waitMs);
}

// How long to wait until it is tried again; 0: it is settled.
async function understand(reply) {
  if (reply.status === 204) { tell("now"); return 0; }
  if (reply.status === 422) { tell("not", await reply.text()); return 0; }
  if (reply.status === 404) { isOver = true; tell("gone"); return 0; }
  tell(reply.status === 401 || reply.type === "opaqueredirect" ? "locked" : "not");
  return AGAIN_MS;
}

form.addEventListener("input", () => { tell("not"); later(PAUSE_MS); });
const saveNow = () => timer && save();
form.addEventListener("focusout", saveNow);
form.addEventListener("submit", () => clearTimeout(timer)); // it goes whole with the submit
addEventListener("pagehide", saveNow);
document.addEventListener("visibilitychange", () => document.hidden && saveNow());
// The words to say follow the language of the talk.
form.addEventListener("change", ({ target }) => {
  const tongue = target.name === "language" && document.getElementById(`in-${target.value}`);
  if (tongue) tongue.checked = true;
});
