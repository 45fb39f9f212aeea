// Walking through a section: the next unanswered card, one card at a time, find, and keys for a desk.

const cards = () => [...document.querySelectorAll(".card[data-subject]")].filter((card) => !card.hidden);
const isOpen = (card) => card.querySelector("[data-live]")?.dataset.answered === "false" && !card.querySelector(".tile[aria-pressed=true]");
const isFocusMode = () => document.body.classList.contains("is-focus");

function current() {
  const marked = document.querySelector(".card.is-current");
  if (isFocusMode() && marked) return marked;
  const held = document.activeElement?.closest?.(".card");
  return held ?? cards().find((card) => card.getBoundingClientRect().bottom > innerHeight * 0.3);
}

function goTo(card) {
  if (!card) return false;
  for (const other of document.querySelectorAll(".card.is-current")) other.classList.remove("is-current");
  card.classList.add("is-current");
  card.focus({ preventScroll: true });
  if (isFocusMode()) scrollTo(0, 0);
  else card.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  return true;
}

function step(by) {
  const all = cards();
  return goTo(all[all.indexOf(current()) + by]);
}

function nextUnanswered() {
  const all = cards();
  const from = all.indexOf(current()) + 1;
  return goTo([...all.slice(from), ...all.slice(0, from)].find(isOpen));
}

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-next]") && nextUnanswered()) event.preventDefault();
});

// ---- one at a time

const toggle = document.querySelector("[data-focus-mode]");
function setFocusMode(isOn) {
  const here = current();
  document.body.classList.toggle("is-focus", isOn);
  toggle.setAttribute("aria-pressed", String(isOn));
  localStorage.setItem("one-at-a-time", isOn ? "on" : "off");
  if (isOn) goTo(cards().find((card) => `#${card.id}` === location.hash) ?? here ?? cards()[0]);
}
if (toggle && cards().length) {
  toggle.hidden = false;
  toggle.addEventListener("click", () => setFocusMode(!isFocusMode()));
  if (localStorage.getItem("one-at-a-time") === "on") setFocusMode(true);
}
// After «yes» nothing more is asked: go on by itself.
document.addEventListener("submit", ({ target, submitter }) => {
  if (!isFocusMode() || !target.matches("[data-tiles]") || submitter?.dataset.on !== "yes" || !submitter.value) return;
  const card = target.closest(".card");
  setTimeout(() => card.classList.contains("is-current") && !card.contains(document.activeElement?.closest("details[open]")) && nextUnanswered(), 700);
}, true);

// ---- find

const find = document.querySelector("[data-find]");
if (find && cards().length) {
  find.hidden = false;
  find.addEventListener("input", () => {
    const words = find.value.trim().toLocaleLowerCase();
    for (const card of document.querySelectorAll(".card[data-subject]")) {
      const text = `${card.querySelector(".id").textContent} ${card.querySelector(".ask").textContent}`.toLocaleLowerCase();
      card.hidden = Boolean(words) && !text.includes(words);
    }
  });
}

// ---- keys, with an off switch (WCAG 2.1.4)

const keysSwitch = document.querySelector("[data-keys]");
const keysAreOn = () => localStorage.getItem("keys") !== "off";
function showKeys() {
  keysSwitch.hidden = false;
  keysSwitch.setAttribute("aria-pressed", String(keysAreOn()));
  keysSwitch.querySelector("span").textContent = keysAreOn() ? keysSwitch.dataset.on : keysSwitch.dataset.off;
}
if (keysSwitch) {
  showKeys();
  keysSwitch.addEventListener("click", () => { localStorage.setItem("keys", keysAreOn() ? "off" : "on"); showKeys(); });
}

document.addEventListener("keydown", (event) => {
  if (!keysAreOn() || event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input, textarea, select")) return;
  const tile = "12345".indexOf(event.key);
  if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else if (tile >= 0) {
    const order = ["yes", "partly", "no", "not_applicable", "not_seen"];
    current()?.querySelector(`.tile[name=value][data-on=${order[tile]}]`)?.click();
  } else if (event.key === "n") {
    const note = current()?.querySelector("details[data-note]");
    if (!note) return;
    note.open = true;
    note.querySelector("textarea").focus();
  } else if (event.key === "/" && find && !find.hidden) find.focus();
  else return;
  event.preventDefault();
});
