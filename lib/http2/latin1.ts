/** Strings of the wire are latin1 here: one character is one byte. */
import { Buffer } from "node:buffer";

const slice = (Buffer.prototype as unknown as {
  latin1Slice(this: Uint8Array, from: number, to: number): string;
}).latin1Slice;

/** The bytes `from`..`to` as a latin1 string. */
export function textOf(bytes: Uint8Array, from: number, to: number): string {
  return slice.call(bytes, from, to);
}

/** Writes a latin1 string at `at`, where there is room; answers the position after. */
export function putText(out: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) out[at + i] = text.charCodeAt(i);
  return at + text.length;
}
