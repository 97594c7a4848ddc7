/** Buffers that ciphertext passes through; lent for one read or write. */

/** bytes of one: four records of TLS */
export const LARGE = 4 * (16384 + 256);

/** Ciphertext of whichever connection of the thread receives at this moment. */
export const RECEIVED: Uint8Array<ArrayBuffer> = new Uint8Array(LARGE);
/** Its beginning, with room for one record: who has little to say makes OpenSSL keep little memory. */
export const RECEIVED_RECORD: Uint8Array<ArrayBuffer> = RECEIVED.subarray(0, LARGE / 4);

const free: Uint8Array<ArrayBuffer>[] = [];
const MOST = 64;

export function borrow(): Uint8Array<ArrayBuffer> {
  return free.pop() ?? new Uint8Array(LARGE);
}

export function giveBack(buffer: Uint8Array): void {
  if (free.length < MOST) free.push(buffer as Uint8Array<ArrayBuffer>);
}
