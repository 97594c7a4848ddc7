/**
 * Connection ids of QUIC, read from what everybody can see of a packet (RFC 8999): a client whose address has changed
 * is known by the id that its server has chosen.
 */

const LONG = 0x80;
const LONGEST = 20;

/** latin1 text of bytes: a key of a map. */
function keyOf(bytes: Uint8Array, from: number, length: number): string {
  let text = "";
  for (let i = from; i < from + length; i++) text += String.fromCharCode(bytes[i]);
  return text;
}

/** The id that the sender of a packet with a long header has chosen for itself; undefined: there is none. */
export function sourceId(bytes: Uint8Array): string | undefined {
  if (bytes.length < 7 || (bytes[0] & LONG) === 0) return undefined;
  const at = 6 + bytes[5];
  const length = bytes[at];
  if (bytes[5] > LONGEST || length === undefined || length === 0 || length > LONGEST) {
    return undefined;
  }
  return at + 1 + length > bytes.length ? undefined : keyOf(bytes, at + 1, length);
}

/** Ids that servers have chosen, and what they lead to. A short header does not tell how long its id is. */
export class ConnectionIds<T> {
  readonly #ids = new Map<string, T>();
  /** how many ids there are of each length */
  readonly #lengths = new Uint32Array(LONGEST + 1);

  get size(): number {
    return this.#ids.size;
  }

  add(id: string, value: T): void {
    if (!this.#ids.has(id)) this.#lengths[id.length]++;
    this.#ids.set(id, value);
  }

  delete(id: string): void {
    if (this.#ids.delete(id)) this.#lengths[id.length]--;
  }

  /** What the destination of a client's packet leads to. */
  find(bytes: Uint8Array): T | undefined {
    if (bytes.length < 2) return undefined;
    if ((bytes[0] & LONG) !== 0) {
      const length = bytes[5];
      if (bytes.length < 6 + length || length > LONGEST) return undefined;
      return this.#ids.get(keyOf(bytes, 6, length));
    }
    for (let length = LONGEST; length > 0; length--) {
      if (this.#lengths[length] === 0 || bytes.length <= length) continue;
      const found = this.#ids.get(keyOf(bytes, 1, length));
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
