/** XXH64, the 64-bit hash of Yann Collet's xxHash (the public specification, seed 0 unless given). For use at load. */

const P1 = 0x9e3779b185ebca87n;
const P2 = 0xc2b2ae3d27d4eb4fn;
const P3 = 0x165667b19e3779f9n;
const P4 = 0x85ebca77c2b2ae63n;
const P5 = 0x27d4eb2f165667c5n;

const u64 = (x: bigint): bigint => BigInt.asUintN(64, x);
const rotate = (x: bigint, by: bigint): bigint => u64((x << by) | (x >> (64n - by)));
const round = (acc: bigint, lane: bigint): bigint => u64(rotate(u64(acc + lane * P2), 31n) * P1);
const merge = (acc: bigint, lane: bigint): bigint => u64((acc ^ round(0n, lane)) * P1 + P4);

/** The hash of `bytes`, 0 <= h < 2^64. */
export function xxh64(bytes: Uint8Array, seed = 0n): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { length } = bytes;
  let at = 0;
  let h: bigint;
  if (length >= 32) {
    let [a, b, c, d] = [u64(seed + P1 + P2), u64(seed + P2), u64(seed), u64(seed - P1)];
    for (; at + 32 <= length; at += 32) {
      a = round(a, view.getBigUint64(at, true));
      b = round(b, view.getBigUint64(at + 8, true));
      c = round(c, view.getBigUint64(at + 16, true));
      d = round(d, view.getBigUint64(at + 24, true));
    }
    h = u64(rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n));
    for (const lane of [a, b, c, d]) h = merge(h, lane);
  } else {
    h = u64(seed + P5);
  }
  h = u64(h + BigInt(length));
  for (; at + 8 <= length; at += 8) {
    h = u64(rotate(h ^ round(0n, view.getBigUint64(at, true)), 27n) * P1 + P4);
  }
  if (at + 4 <= length) {
    h = u64(rotate(h ^ u64(BigInt(view.getUint32(at, true)) * P1), 23n) * P2 + P3);
    at += 4;
  }
  for (; at < length; at++) h = u64(rotate(h ^ u64(BigInt(bytes[at]) * P5), 11n) * P1);
  h = u64((h ^ (h >> 33n)) * P2);
  h = u64((h ^ (h >> 29n)) * P3);
  return h ^ (h >> 32n);
}
