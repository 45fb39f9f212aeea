// The outbox on disk: IndexedDB, each write sealed, and flushed before it counts. Nothing here knows the network or the page.
import { SealedFile, base64Of, bytesOf, openedOp, sealedOp } from "./outbox_box.js";

export const newId = () => {
  // crypto.randomUUID is missing on http://192.168.x.x, getRandomValues is not.
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 15) | 64;
  b[8] = (b[8] & 63) | 128;
  const hex = [...b].map((x) => x.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
};

const openDatabase = (name) =>
  new Promise((done, fail) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("op", { keyPath: "seq", autoIncrement: true });
      request.result.createObjectStore("lease", { keyPath: "name" });
    };
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });

// Text that must be on the disk before the page is gone: a row of the outbox in one line.
const asSlip = (row) => JSON.stringify({ ...row, sealed: base64Of(row.sealed) });
// The row on a slip, or nothing: a slip that broke off must not keep the others waiting for ever.
const ofSlip = (slip) => {
  try {
    const row = JSON.parse(slip);
    return [{ ...row, sealed: bytesOf(row.sealed) }];
  } catch {
    return [];
  }
};

export class OutboxStore {
  #database;
  #name;
  #box;

  // box: of the person who is signed in; null for nobody, who taps nothing.
  constructor(name, box) {
    this.#name = name;
    this.#box = box;
    this.#database = openDatabase(name);
    this.#database.catch(() => {}); // reported by the first write
  }

  // Resolves when the transaction is complete, that is on disk: not when the request succeeded.
  async #run(store, mode, work) {
    const database = await this.#database;
    return new Promise((done, fail) => {
      const transaction = database.transaction(store, mode, { durability: "strict" });
      const request = work(transaction.objectStore(store));
      transaction.oncomplete = () => done(request?.result);
      transaction.onerror = transaction.onabort = () => fail(transaction.error);
    });
  }

  // op without seq; gives the seq, which is the order of the taps.
  // A page that is being left does not finish its transaction, but localStorage is written before this line returns: words typed just before
  // hiding the screen wait there until the transaction is complete, or until the next page takes them over. Same id: sent twice is saved once.
  async add(op) {
    const files = op.entries.some(([, value]) => value instanceof Blob);
    if (files) return this.#addRow(sealedOp(this.#box, await this.#withSealedFiles(op)));
    const slip = `${this.#name}/${op.id}`;
    const row = sealedOp(this.#box, op);
    localStorage.setItem(slip, asSlip(row));
    const seq = await this.#addRow(row);
    localStorage.removeItem(slip);
    return seq;
  }
  #addRow(row) {
    return this.#run("op", "readwrite", (s) => s.add(row));
  }
  async #withSealedFiles(op) {
    const entries = op.entries.map(async ([name, value]) => [name, value instanceof Blob ? await SealedFile.of(this.#box, value) : value]);
    return { ...op, entries: await Promise.all(entries) };
  }
  async takeOverSlips() {
    const slips = Object.keys(localStorage).filter((key) => key.startsWith(`${this.#name}/`));
    const rows = slips.map((key) => [key, localStorage.getItem(key)]).flatMap(([key, slip]) => ofSlip(slip).map((row) => [key, row]));
    for (const [key, row] of rows.sort(([, a], [, b]) => a.made_at - b.made_at)) {
      await this.#addRow(row);
      localStorage.removeItem(key);
    }
  }
  put(op) {
    const row = sealedOp(this.#box, op);
    return this.#run("op", "readwrite", (s) => s.put(row));
  }
  remove(seq) {
    return this.#run("op", "readwrite", (s) => s.delete(seq));
  }
  // All ops of one person, oldest first. Those of another person stay where they are, unsent.
  async all(person) {
    const rows = await this.#run("op", "readonly", (s) => s.getAll());
    return rows.filter((row) => row.person === person).flatMap((row) => this.#opened(row));
  }
  // What does not open was sealed by a node that is no more: the tablet was wiped, and its key with it.
  #opened(row) {
    try {
      return [openedOp(this.#box, row)];
    } catch {
      return [];
    }
  }

  // True when this tab may send until `until_ms`. The transaction is what makes it exclusive between tabs.
  async takeLease(owner, now_ms, until_ms) {
    let mine = false;
    await this.#run("lease", "readwrite", (s) => {
      const request = s.get("sender");
      request.onsuccess = () => {
        const held = request.result;
        mine = !held || held.owner === owner || held.until_ms < now_ms || held.until_ms > now_ms + 120000;
        if (mine) s.put({ name: "sender", owner, until_ms });
      };
      return request;
    });
    return mine;
  }
  dropLease(owner) {
    return this.#run("lease", "readwrite", (s) => {
      const request = s.get("sender");
      request.onsuccess = () => request.result?.owner === owner && s.delete("sender");
      return request;
    });
  }
}
