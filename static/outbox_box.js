// What waits in this browser lies sealed on the disk: the key comes with each page from the unlocked node and is kept nowhere.
// Not WebCrypto: a page on http://192.168.x.x has none, and words typed as the page is left must be sealed before this line returns.
import { xchacha20poly1305 } from "./vendor/noble-ciphers/chacha.js";

const NONCE_BYTES = 24; // long enough to be drawn at random for ever

export const bytesOf = (base64) => Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
export const base64Of = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));

// One person's box. Sealed for another person, or changed, it does not open.
export class Box {
  #key;
  #person;

  constructor(key, person) {
    this.#key = bytesOf(key);
    this.#person = new TextEncoder().encode(person);
  }
  seal(bytes) {
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const sealed = new Uint8Array(NONCE_BYTES + bytes.length + 16);
    sealed.set(nonce);
    xchacha20poly1305(this.#key, nonce, this.#person).encrypt(bytes, sealed.subarray(NONCE_BYTES));
    return sealed;
  }
  open(sealed) {
    return xchacha20poly1305(this.#key, sealed.subarray(0, NONCE_BYTES), this.#person).decrypt(sealed.subarray(NONCE_BYTES));
  }
}

// A photo that waits: on the disk in its box, opened only when it is sent.
export class SealedFile {
  #box;

  constructor(box, sealed, name, type) {
    this.#box = box;
    this.sealed = sealed;
    this.name = name;
    this.type = type;
  }
  static async of(box, file) {
    const sealed = box.seal(new Uint8Array(await file.arrayBuffer()));
    return new SealedFile(box, new Blob([sealed]), file.name || "photo", file.type);
  }
  async open() {
    const bytes = this.#box.open(new Uint8Array(await this.sealed.arrayBuffer()));
    return new File([bytes], this.name, { type: this.type });
  }
}

// An op as it lies on the disk, and back. What stays readable: whose it is, when it was tapped, and its place in the order.
export const sealedOp = (box, { seq, ...op }) => {
  const files = op.entries.filter(([, value]) => typeof value !== "string").map(([, file]) => file.sealed);
  let next = 0;
  const entries = op.entries.map(([name, value]) => (typeof value === "string" ? [name, value] : [name, { file: next++, name: value.name, type: value.type }]));
  const sealed = box.seal(new TextEncoder().encode(JSON.stringify({ ...op, entries })));
  return { ...(seq && { seq }), person: op.person, made_at: op.made_at, sealed, files };
};
export const openedOp = (box, { seq, sealed, files }) => {
  const op = JSON.parse(new TextDecoder().decode(box.open(sealed)));
  const entries = op.entries.map(([name, value]) => (typeof value === "string" ? [name, value] : [name, new SealedFile(box, files[value.file], value.name, value.type)]));
  return { ...op, entries, seq };
};
