// The one status line and the list of refused taps. All words come from the page, in its language.

const two = (n) => String(n).padStart(2, "0");

// state: saved | waiting | locked | attention | unstored. «Saved» is said only when nothing waits.
export function showStatus(state, count, savedAt = null) {
  const line = document.getElementById("saved");
  if (!line) return;
  const words = state === "saved" && savedAt
    ? line.dataset.savedAt.replace("{time}", `${two(savedAt.getHours())}:${two(savedAt.getMinutes())}`)
    : line.dataset[state].replace("{n}", count);
  const span = line.querySelector("span");
  line.dataset.state = state;
  if (span.textContent !== words) span.textContent = words;
}

export function showAttention(refused, tryAgain, throwAway) {
  const region = document.getElementById("attention");
  if (!region) return;
  region.hidden = !refused.length;
  const list = region.querySelector("ul");
  list.replaceChildren(...refused.map((op) => itemFor(op, region.querySelector("template"), tryAgain, throwAway)));
}

function itemFor(op, template, tryAgain, throwAway) {
  const item = template.content.cloneNode(true);
  const cardId = op.target.replace(/^live-/, "");
  const link = item.querySelector("[data-link]");
  link.href = `${op.page}#${cardId}`;
  link.textContent = cardId.replace(/^indicator-/, "");
  const sentence = item.querySelector("[data-sentence]");
  sentence.textContent = op.sentence || sentence.dataset.plain;
  const typed = op.entries.filter(([name, value]) => typeof value === "string" && !["seen", "person", "indicator", "repeat"].includes(name)).map(([, value]) => value).join("\n");
  item.querySelector("[data-typed]").textContent = typed;
  item.querySelector("[data-typed]").hidden = !typed;
  item.querySelector("[data-again]").addEventListener("click", () => tryAgain(op));
  item.querySelector("[data-discard]").addEventListener("click", () => throwAway(op));
  return item;
}
