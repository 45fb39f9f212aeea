// The card: typed words save themselves, ready sentences join the note, a photo goes off when it is taken.

const AUTOSAVE_MS = 600;
const timers = new Map(); // control -> running timer

function saveNow(control) {
  clearTimeout(timers.get(control));
  timers.delete(control);
  if (control.isConnected) control.form.requestSubmit();
}

document.addEventListener("input", ({ target }) => {
  if (!target.matches?.("[data-autosave]")) return;
  target.setAttribute("hx-morph-skip", ""); // no answer of the node may change words that are being typed
  clearTimeout(timers.get(target));
  const delay = target.matches("select") ? 0 : AUTOSAVE_MS;
  timers.set(target, setTimeout(() => saveNow(target), delay));
});
document.addEventListener("focusout", ({ target }) => timers.has(target) && saveNow(target));
document.addEventListener("submit", ({ target }) => {
  for (const control of target.elements) if (timers.has(control)) { clearTimeout(timers.get(control)); timers.delete(control); }
}, true);
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
