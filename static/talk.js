// A talk saves itself: the whole form, a moment after the last letter, straight into the node's vault. Not by way of the outbox, which keeps
// words in the browser's own storage; and nothing is kept here either, so what could not be saved is said at once and tried again.

const PAUSE_MS = 500;
const LONGEST_MS = 2000; // so long at most words that are typed without a pause lie on the screen alone
const AGAIN_MS = 2000;
const form = document.querySelector("form[data-kept]");
const line = document.getElementById("kept");
let timer = 0;
let typedSince = 0; // when the first of the words was typed that are not on their way yet
let saving = null; // a request is on its way; settled when nothing newer is left either
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

function save() {
  clearTimeout(timer);
  timer = typedSince = 0;
  isNewer = Boolean(saving);
  saving ??= saveAll().finally(() => { saving = null; });
  return saving;
}

async function saveAll() {
  let waitMs;
  do {
    isNewer = false;
    waitMs = await send().catch(() => { tell("not"); return AGAIN_MS; });
  } while (isNewer);
  if (waitMs) later(waitMs);
}

async function send() {
  const body = new URLSearchParams(new FormData(form)).toString();
  // keepalive: it arrives although the page is being left; browsers take 64 KB that way
  return understand(await fetch(form.action, { method: "POST", headers: { "HX-Request": "true", "Content-Type": "application/x-www-form-urlencoded" }, body, keepalive: body.length < 60000, redirect: "manual" }));
}

// How long to wait until it is tried again; 0: it is settled.
async function understand(reply) {
  if (reply.status === 204) { tell("now"); return 0; }
  if (reply.status === 422) { tell("not", await reply.text()); return 0; }
  if (reply.status === 404) { isOver = true; tell("gone"); return 0; }
  tell(reply.status === 401 || reply.type === "opaqueredirect" ? "locked" : "not");
  return AGAIN_MS;
}

form.addEventListener("input", () => {
  tell("not");
  typedSince ||= Date.now();
  later(Math.min(PAUSE_MS, Math.max(0, typedSince + LONGEST_MS - Date.now())));
});
const saveNow = () => timer && save();
form.addEventListener("focusout", saveNow);
form.addEventListener("submit", () => clearTimeout(timer)); // it goes whole with the submit
addEventListener("pagehide", saveNow);
document.addEventListener("hiding", ({ detail }) => detail.push(timer ? save() : saving)); // the node must have it before it forgets its key
document.addEventListener("visibilitychange", () => document.hidden && saveNow());
// The words to say follow the language of the talk.
form.addEventListener("change", ({ target }) => {
  const tongue = target.name === "language" && document.getElementById(`in-${target.value}`);
  if (tongue) tongue.checked = true;
});
