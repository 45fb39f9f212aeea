// The outbox: a tap is on this tablet's disk, sealed, before the network is asked, is sent in order until the node says that exactly this tap is saved,
// and only then is forgotten. Works without a service worker, because a page on http://192.168.x.x has none.
// Every form with data-durable goes this way: htmx collects and gives us the form (ctx.fetch, pinned in vendor/README.md), we answer 204 at once,
// and the card's new part is put into the page when the node has answered.
import { Box, SealedFile } from "./outbox_box.js";
import { OutboxStore, newId } from "./outbox_store.js";
import { overlay, openSubject, turnButtons } from "./overlay.js";
import { showStatus, showAttention } from "./status.js";

const { person, outboxKey, store: storeName } = document.body.dataset;
const store = new OutboxStore(`outbox-${storeName}`, person ? new Box(outboxKey, person) : null);
const channel = "BroadcastChannel" in window ? new BroadcastChannel(`outbox-${storeName}`) : null;
const tab = (sessionStorage.tab ||= newId());

const FIRST_WAIT_MS = 500;
const LAST_WAIT_MS = 5000;
const ANSWER_TIMEOUT_MS = 8000;
const PHOTO_TIMEOUT_MS = 60000;

// Chain (the url of an answer) -> the last tap on it that the page's `seen` does not name yet: what the next tap follows.
const lastTap = new Map();
// What waits, as this page last knew it: laid over a fresh part at once. A tap between the part and the next look into the store would
// find an older answer's button pressed, and clear it.
let held = [];
let turn = 0; // counts what changed `held` beside `show`
let waitMs = FIRST_WAIT_MS;
let timer = 0;
let draining = null;
let isAsked = false; // a tap came while draining
let savedAt = null;
let isLocked = false;

// ---- a tap

document.addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  if (!ctx.sourceElement.hasAttribute("data-durable")) return;
  const op = opFrom(ctx);
  const stored = keep(op); // starts now, not when htmx's queue comes to it
  ctx.fetch = async (url, request) => {
    if (await stored) return new Response(null, { status: 204 });
    return fetch(url, request); // the browser keeps nothing: at least send it
  };
});

function opFrom(ctx) {
  const url = ctx.request.action;
  const subject = ctx.sourceElement.closest("[data-subject]")?.dataset.subject ?? url;
  const chain = url.startsWith(subject) ? subject : ""; // a photo is a record of its own: no answer follows it
  const entries = [...ctx.request.body].filter(([, value]) => !(value instanceof File && !value.size));
  const op = { id: newId(), person, subject, chain, url, target: ctx.target?.id ?? "", page: location.pathname + location.search, entries, made_at: Date.now(), previous_tap: (chain && lastTap.get(chain)) || "", state: "waiting", sentence: "" };
  if (chain) lastTap.set(chain, op.id);
  turnButtons(subject, entries);
  hold([...held, op]);
  return op;
}

function hold(ops) {
  held = ops;
  turn += 1;
}

async function keep(op) {
  showStatus("waiting", 1);
  try {
    const left = await leftFromBefore;
    op.previous_tap ||= left.get(op.chain) ?? "";
    left.delete(op.chain);
    op.seq = await store.add(op);
  } catch {
    showStatus("unstored", 0);
    return false;
  }
  channel?.postMessage({ added: { chain: op.chain, id: op.id } });
  await show();
  wake();
  return true;
}

// ---- sending, strictly in order, one tab at a time

function wake() {
  clearTimeout(timer);
  if (!person) return;
  isAsked = Boolean(draining);
  draining ??= asSender(drain).finally(() => {
    draining = null;
    if (isAsked) wake();
    show();
  });
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(wake, waitMs * (0.5 + Math.random()));
  waitMs = Math.min(waitMs * 2, LAST_WAIT_MS);
}

async function asSender(work) {
  try {
    if (navigator.locks) return await navigator.locks.request(`outbox-${storeName}`, { ifAvailable: true }, (lock) => (lock ? work() : later()));
    const now = Date.now();
    if (!(await store.takeLease(tab, now, now + PHOTO_TIMEOUT_MS + 5000))) return later();
    try { return await work(); } finally { await store.dropLease(tab); }
  } catch {
    later();
  }
}

// Taps of an earlier life of this page that were never answered: chain -> the last of them.
const leftFromBefore = (async () => {
  try {
    await store.takeOverSlips();
    const ops = await store.all(person);
    return new Map(ops.filter((op) => op.state === "waiting" && op.chain).map((op) => [op.chain, op.id]));
  } catch {
    return new Map();
  }
})();

async function drain() {
  for (;;) {
    const ops = await store.all(person);
    const op = ops.find((o) => o.state === "waiting");
    if (!op) return;
    const refused = new Set(ops.filter((o) => o.state === "refused").map((o) => o.id));
    if (!(await deliver(op, refused))) return later();
    waitMs = FIRST_WAIT_MS;
  }
}

// True when the op is done with: saved, or refused and put before the person.
async function deliver(op, refused) {
  let response, html;
  try {
    response = await post(op, refused);
    html = await response.text();
  } catch {
    return false; // no network, no node, too slow: all the same
  }
  const { status } = response;
  if (status === 401 || response.type === "opaqueredirect") { isLocked = true; return false; }
  isLocked = false;
  if (response.ok && response.headers.get("X-Op-Ack") === op.id) {
    await store.remove(op.seq);
    hold(held.filter((o) => o.id !== op.id));
    await clearRefused(op);
    savedAt = new Date();
    announce(op, html);
    return true;
  }
  if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
    await store.put({ ...op, state: "refused", sentence: sentenceIn(html) });
    hold(held.filter((o) => o.id !== op.id));
    if (status === 422) announce(op, html);
    return true;
  }
  return false; // a 200 without the ack is a portal or another program, not our node
}

async function post(op, refused) {
  const isFile = op.entries.some(([, value]) => value instanceof SealedFile);
  const body = isFile ? new FormData() : new URLSearchParams();
  for (const [name, value] of op.entries) body.append(name, value instanceof SealedFile ? await value.open() : value);
  body.set("tap", op.id);
  // A refused tap never became an entry, so nothing can follow it.
  if (op.previous_tap && !refused.has(op.previous_tap)) body.set("previous_tap", op.previous_tap);
  const headers = { "X-Op-Id": op.id, "X-Op-Seq": String(op.seq), "HX-Request": "true", Accept: "text/html" };
  return fetch(op.url, { method: "POST", body, headers, credentials: "same-origin", redirect: "manual", signal: AbortSignal.timeout(isFile ? PHOTO_TIMEOUT_MS : ANSWER_TIMEOUT_MS) });
}

// A later good answer to the same field settles the refused one.
async function clearRefused(op) {
  const names = op.entries.map(([name]) => name).filter((name) => name !== "seen" && name !== "person");
  for (const old of await store.all(person)) {
    if (old.state === "refused" && old.subject === op.subject && old.entries.some(([name]) => names.includes(name))) await store.remove(old.seq);
  }
}

const sentenceIn = (html) => new DOMParser().parseFromString(html, "text/html").querySelector("[data-problem], [role=alert]")?.textContent.trim() ?? "";

// ---- the page

function announce(op, html) {
  const news = { id: op.id, chain: op.chain, target: op.target, entries: op.entries.filter(([, value]) => typeof value === "string"), html };
  channel?.postMessage({ delivered: news });
  place(news);
}

// Puts the node's part into the page and lays what still waits over it again.
async function place({ id, chain, target, entries, html }) {
  if (lastTap.get(chain) === id) lastTap.delete(chain);
  const left = await leftFromBefore;
  if (left.get(chain) === id) left.delete(chain);
  const live = target && document.getElementById(target);
  if (live && html.includes(`id="${target}"`)) {
    openSubject(live, entries);
    await htmx.swap({ text: html, target: live, swap: "outerMorph", sourceElement: live, select: null });
  }
  await show();
  document.dispatchEvent(new CustomEvent("outbox:placed", { detail: { target, entries } }));
}

async function show() {
  overlay(held);
  const before = turn;
  const ops = await store.all(person).catch(() => []);
  if (before === turn) held = ops;
  overlay(held);
  const waiting = ops.filter((o) => o.state === "waiting").length;
  const refused = ops.filter((o) => o.state === "refused");
  if (isLocked && waiting) showStatus("locked", waiting);
  else if (waiting) showStatus("waiting", waiting);
  else if (refused.length) showStatus("attention", refused.length);
  else showStatus("saved", 0, savedAt);
  showAttention(refused, tryAgain, throwAway);
}

async function tryAgain(op) {
  await store.put({ ...op, state: "waiting" });
  wake();
  show();
}
async function throwAway(op) {
  await store.remove(op.seq);
  show();
}

channel?.addEventListener("message", ({ data }) => {
  if (data.delivered) place(data.delivered);
  else {
    if (data.added.chain) lastTap.set(data.added.chain, data.added.id); // another tab of the same person: this page shows that tap too
    show();
    wake();
  }
});
document.addEventListener("htmx:after:swap", show);
for (const name of ["online", "pageshow", "focus"]) addEventListener(name, wakeNow);
document.addEventListener("visibilitychange", () => document.hidden || wakeNow());
function wakeNow() {
  waitMs = FIRST_WAIT_MS;
  wake();
}
addEventListener("pagehide", () => { if (!navigator.locks) store.dropLease(tab).catch(() => {}); });
leftFromBefore.then(() => { show(); wake(); });
