// The outbox on disk: IndexedDB, each write flushed before it counts. Nothing here knows the network or the page.

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

const madeAt = (slip) => JSON.parse(localStorage.getItem(slip) ?? "{}").made_at ?? 0;

export class OutboxStore {
  #database;
  #name;

  constructor(name) {
    this.#name = name;
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
    const slip = `${this.#name}/${op.id}`;
    const isText = op.entries.every(([, value]) => typeof value === "string");
    if (isText) localStorage.setItem(slip, JSON.stringify(op));
    const seq = await this.#run("op", "readwrite", (s) => s.add(op));
    localStorage.removeItem(slip);
    return seq;
  }
  async takeOverSlips() {
    for (const slip of Object.keys(localStorage).filter((key) => key.startsWith(`${this.#name}/`)).sort((a, b) => madeAt(a) - madeAt(b))) {
      const kept = localStorage.getItem(slip);
      if (kept) await this.#run("op", "readwrite", (s) => s.add(JSON.parse(kept)));
      localStorage.removeItem(slip);
    }
  }
  put(op) {
    return this.#run("op", "readwrite", (s) => s.put(op));
  }
  remove(seq) {
    return this.#run("op", "readwrite", (s) => s.delete(seq));
  }
  // All ops of one person, oldest first. Those of another person stay where they are, unsent.
  async all(person) {
    return (await this.#run("op", "readonly", (s) => s.getAll())).filter((op) => op.person === person);
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
