// The card: typed words save themselves, ready sentences join the note, a photo goes off when it is taken.

const AUTOSAVE_MS = 600;
const timers = new Map(); // control -> running timer

function saveNow(control) {
  clearTimeout(timers.get(control));
  timers.delete(control);
  if (control.isConnected) control.form.requestSubmit();
}

function saveSoon(control) {
  control.setAttribute("hx-morph-skip", ""); // no answer of the node may change words that are being typed
  clearTimeout(timers.get(control));
  timers.set(control, setTimeout(() => saveNow(control), control.matches("select") ? 0 : AUTOSAVE_MS));
}

document.addEventListener("input", ({ target }) => target.matches?.("[data-autosave]") && saveSoon(target));
document.addEventListener("focusout", ({ target }) => timers.has(target) && saveNow(target));
document.addEventListener("submit", ({ target }) => {
  for (const control of target.elements) if (timers.has(control)) { clearTimeout(timers.get(control)); timers.delete(control); }
}, true);
// What was typed before this script had loaded: a slow tablet shows the page first.
const shownFirst = (select) => Math.max(0, [...select.options].findIndex((option) => option.defaultSelected));
const isChanged = (control) => (control.matches("select") ? control.selectedIndex !== shownFirst(control) : control.value !== control.defaultValue);
for (const control of document.querySelectorAll("[data-autosave]:not(:disabled, [readonly])")) if (isChanged(control)) saveSoon(control);

const saveAll = () => [...timers.keys()].forEach(saveNow);
addEventListener("pagehide", saveAll);
document.addEventListener("visibilitychange", () => document.hidden && saveAll());

// Without this script the sentence is posted as the whole note; with it, it joins what is being typed.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button[data-append]");
  if (!button) return;
  event.preventDefault();
  const note = button.closest("details").querySelector("textarea[name=note]");
  note.value = [note.value.trim(), button.dataset.append].filter(Boolean).join(" ");
  note.dispatchEvent(new Event("input", { bubbles: true }));
  saveNow(note);
}, true);

document.addEventListener("change", ({ target }) => {
  if (target.matches?.("[data-photo-form] input[type=file]") && target.files.length) { target.form.requestSubmit(); target.form.reset(); }
});

// «No» and «partly» want words: open the note.
document.addEventListener("submit", ({ target, submitter }) => {
  if (target.matches("[data-tiles]") && ["no", "partly"].includes(submitter?.dataset.on) && submitter.value) target.closest("article").querySelector("details[data-note]").open = true;
}, true);

document.querySelector("[data-focus]")?.focus();
