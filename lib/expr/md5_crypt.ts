/** The MD5 scheme of crypt(3), `$1$salt$hash` (Poul-Henning Kamp, FreeBSD 2.0): old, and still in password files. */
import { createHash } from "node:crypto";

const DIGITS = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ROUNDS = 1000;

/** The bytes of the digest that make each group of four digits, the highest first. */
const GROUPS: readonly (readonly number[])[] = [
  [0, 6, 12],
  [1, 7, 13],
  [2, 8, 14],
  [3, 9, 15],
  [4, 10, 5],
];

/** `$1$salt$hash` of a password; `salt` has at most 8 characters. */
export function md5Crypt(password: Uint8Array, salt: string): string {
  const saltBytes = new TextEncoder().encode(salt);
  const inner = createHash("md5").update(password).update(saltBytes).update(password).digest();
  const first = createHash("md5").update(password).update("$1$").update(saltBytes);
  for (let left = password.length; left > 0; left -= 16) {
    first.update(inner.subarray(0, Math.min(left, 16)));
  }
  for (let bits = password.length; bits > 0; bits >>= 1) {
    // The first byte of the password, for want of the zero that was meant.
    first.update((bits & 1) !== 0 ? new Uint8Array(1) : password.subarray(0, 1));
  }
  let digest: Uint8Array = first.digest();
  for (let round = 0; round < ROUNDS; round++) {
    const odd = (round & 1) !== 0;
    const hash = createHash("md5").update(odd ? password : digest);
    if (round % 3 !== 0) hash.update(saltBytes);
    if (round % 7 !== 0) hash.update(password);
    digest = hash.update(odd ? digest : password).digest();
  }
  let text = "";
  for (const [a, b, c] of GROUPS) text += digits(digest[a] << 16 | digest[b] << 8 | digest[c], 4);
  return `$1$${salt}$${text}${digits(digest[11], 2)}`;
}

/** `count` digits of 6 bits each, the lowest first. */
function digits(value: number, count: number): string {
  let text = "";
  for (let i = 0; i < count; i++, value >>= 6) text += DIGITS[value & 63];
  return text;
}
