// What waits in the outbox, laid over the page the node gave: the person sees their own last tap, always.

const cardsOf = (subject) => document.querySelectorAll(`[data-subject="${CSS.escape(subject)}"]`);
const isTyped = (control) => control.matches("textarea, select, input:not([type=hidden], [type=file])");

// Presses the buttons as the tap meant them. A button pressed again sends its `data-off`.
export function turnButtons(subject, entries) {
  for (const card of cardsOf(subject)) {
    for (const [name, value] of entries) {
      for (const button of card.querySelectorAll(`button[name="${CSS.escape(name)}"][data-on]`)) {
        const isOn = value === button.dataset.on;
        button.setAttribute("aria-pressed", String(isOn));
        button.value = isOn ? button.dataset.off : button.dataset.on;
      }
    }
  }
}

export function overlay(ops) {
  const pending = new Set();
  const photos = new Map();
  for (const op of ops) {
    if (op.state === "waiting") pending.add(op.subject);
    if (op.entries.some(([, value]) => typeof value !== "string")) { photos.set(op.subject, (photos.get(op.subject) ?? 0) + 1); continue; }
    if (op.state === "waiting") turnButtons(op.subject, op.entries);
    for (const card of cardsOf(op.subject)) for (const [name, value] of op.entries) fill(card, name, value);
  }
  for (const card of document.querySelectorAll("[data-subject]")) {
    card.toggleAttribute("data-pending", pending.has(card.dataset.subject));
    const line = card.querySelector("[data-photos-waiting]");
    if (line) {
      const count = photos.get(card.dataset.subject) ?? 0;
      line.hidden = !count;
      line.textContent = line.dataset.photosWaiting.replace("{n}", count);
    }
  }
}

// A control that someone types in, or that holds words not yet posted, is left alone.
function fill(card, name, value) {
  for (const control of card.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
    if (!isTyped(control) || control === document.activeElement || control.hasAttribute("hx-morph-skip")) continue;
    if (control.value !== value) control.value = value;
  }
}

// Before a swap: a control whose words are exactly those the node has now taken no longer needs its guard.
export function openSubject(live, entries) {
  const taken = new Map(entries);
  for (const control of live.querySelectorAll("[hx-morph-skip]")) {
    if (control.value === taken.get(control.name)) control.removeAttribute("hx-morph-skip");
  }
}
