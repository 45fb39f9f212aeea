// Hiding waits for nothing: the page is blank before the node is asked to lock. And a page whose node has locked, by idle time or a closed lid,
// does not stay on the screen. Without this script the button posts its form, which locks and shows the neutral page.

const LOOK_EVERY_MS = 5000;
const TWICE_WITHIN_MS = 700;
const ANSWER_TIMEOUT_MS = 1000;
const LAST_WORDS_MS = 150; // for words that can be kept by the unlocked node alone

const form = document.querySelector("form[data-hide]");
let lastEscape = -TWICE_WITHIN_MS;
let isTouched = false;

async function hide() {
  document.title = form.dataset.hide;
  document.body.hidden = true;
  const lastWords = [];
  document.dispatchEvent(new CustomEvent("hiding", { detail: lastWords }));
  if (lastWords.length) await Promise.race([Promise.all(lastWords), new Promise((done) => setTimeout(done, LAST_WORDS_MS))]);
  // replace: the page that was hidden is not one «back» away.
  const leave = () => location.replace("/hidden");
  fetch(form.action, { method: "POST", credentials: "same-origin", redirect: "manual", keepalive: true, signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) }).then(leave, leave);
}

// Twice: once closes a menu or an open list, and nobody wants to type four words again for that.
function onEscape(event) {
  if (event.key !== "Escape" || event.repeat) return;
  if (event.timeStamp - lastEscape < TWICE_WITHIN_MS) hide();
  lastEscape = event.timeStamp;
}

// `here` tells the node that a person touches this page; a page that is only open must not keep the tablet unlocked.
async function look() {
  if (document.hidden) return;
  const here = isTouched ? "?here=1" : "";
  isTouched = false;
  const reply = await fetch(`/lock${here}`, { cache: "no-store", credentials: "same-origin" }).catch(() => null); // away for a moment: asked again
  if (reply?.status === 401) location.replace(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
}

if (form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    hide();
  });
  document.addEventListener("keydown", onEscape);
  addEventListener("pageshow", (event) => event.persisted && location.reload()); // a browser may show a kept page without asking
}
if (form && document.body.dataset.role === "device") {
  for (const kind of ["pointerdown", "keydown", "wheel", "touchmove"]) addEventListener(kind, () => { isTouched = true; }, { passive: true });
  setInterval(look, LOOK_EVERY_MS);
  document.addEventListener("visibilitychange", look);
}
