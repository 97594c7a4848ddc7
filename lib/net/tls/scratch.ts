/** Buffers that ciphertext passes through; lent for one read or write. */

/** bytes of one: four records of TLS */
export const LARGE = 4 * (16384 + 256);

const free: Uint8Array<ArrayBuffer>[] = [];
const MOST = 64;

export function borrow(): Uint8Array<ArrayBuffer> {
  return free.pop() ?? new Uint8Array(LARGE);
}

export function giveBack(buffer: Uint8Array): void {
  if (free.length < MOST) free.push(buffer as Uint8Array<ArrayBuffer>);
}
