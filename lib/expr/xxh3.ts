/** XXH3, 64 bits (the public specification of Yann Collet's xxHash). All numbers are unsigned 64-bit bigints. */

const SECRET = Uint8Array.from(
  (
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221" +
    "b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8" +
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb" +
    "170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e"
  ).match(/../g)!.map((pair) => parseInt(pair, 16)),
);

const M32 = 0xffffffffn;
const P32_1 = 0x9e3779b1n;
const P32_2 = 0x85ebca77n;
const P32_3 = 0xc2b2ae3dn;
const P64_1 = 0x9e3779b185ebca87n;
const P64_2 = 0xc2b2ae3d27d4eb4fn;
const P64_3 = 0x165667b19e3779f9n;
const P64_4 = 0x85ebca77c2b2ae63n;
const P64_5 = 0x27d4eb2f165667c5n;
const MX1 = 0x165667919e3779f9n;
const MX2 = 0x9fb21c651e98df25n;

const u64 = (x: bigint): bigint => BigInt.asUintN(64, x);
const rotate = (x: bigint, by: bigint): bigint => u64((x << by) | (x >> (64n - by)));

/** The product of two numbers, its two halves folded together. */
function fold(a: bigint, b: bigint): bigint {
  const product = a * b;
  return u64(product) ^ (product >> 64n);
}

function avalanche(h: bigint): bigint {
  h = u64((h ^ (h >> 37n)) * MX1);
  return h ^ (h >> 32n);
}

/** The last step of XXH64. */
function avalanche64(h: bigint): bigint {
  h = u64((h ^ (h >> 33n)) * P64_2);
  h = u64((h ^ (h >> 29n)) * P64_3);
  return h ^ (h >> 32n);
}

const swap32 = (x: bigint): bigint =>
  ((x & 0xffn) << 24n) | ((x & 0xff00n) << 8n) | ((x >> 8n) & 0xff00n) | (x >> 24n);
const swap64 = (x: bigint): bigint => (swap32(x & M32) << 32n) | swap32(x >> 32n);

const secretView = new DataView(SECRET.buffer);
const secret64 = (at: number): bigint => secretView.getBigUint64(at, true);

/** The hash of `bytes` with a seed of 64 bits, 0 <= h < 2^64. */
export function xxh3(bytes: Uint8Array, seed = 0n): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { length } = bytes;
  if (length <= 16) return upTo16(bytes, view, seed);
  if (length <= 240) return upTo240(view, length, seed);
  return long(view, length, seed);
}

function upTo16(bytes: Uint8Array, view: DataView, seed: bigint): bigint {
  const { length } = bytes;
  const size = BigInt(length);
  if (length > 8) {
    const low = view.getBigUint64(0, true) ^ u64((secret64(24) ^ secret64(32)) + seed);
    const high = view.getBigUint64(length - 8, true) ^ u64((secret64(40) ^ secret64(48)) - seed);
    return avalanche(u64(size + swap64(low) + high + fold(low, high)));
  }
  if (length >= 4) {
    const mixed = seed ^ (swap32(seed & M32) << 32n);
    const first = BigInt(view.getUint32(0, true));
    const last = BigInt(view.getUint32(length - 4, true));
    let h = u64(last + (first << 32n)) ^ u64((secret64(8) ^ secret64(16)) - mixed);
    h ^= rotate(h, 49n) ^ rotate(h, 24n);
    h = u64(h * MX2);
    h = u64((h ^ ((h >> 35n) + size)) * MX2);
    return h ^ (h >> 28n);
  }
  if (length > 0) {
    const joined = (bytes[0] << 16) | (bytes[length >> 1] << 24) | bytes[length - 1] |
      (length << 8);
    const secret = BigInt((secretView.getUint32(0, true) ^ secretView.getUint32(4, true)) >>> 0);
    return avalanche64(BigInt(joined >>> 0) ^ u64(secret + seed));
  }
  return avalanche64(seed ^ secret64(56) ^ secret64(64));
}

function mix16(view: DataView, at: number, secret: number, seed: bigint): bigint {
  return fold(
    view.getBigUint64(at, true) ^ u64(secret64(secret) + seed),
    view.getBigUint64(at + 8, true) ^ u64(secret64(secret + 8) - seed),
  );
}

function upTo240(view: DataView, length: number, seed: bigint): bigint {
  let acc = u64(BigInt(length) * P64_1);
  if (length <= 128) {
    for (let i = (length - 1) >> 5; i >= 0; i--) {
      acc += mix16(view, 16 * i, 32 * i, seed);
      acc += mix16(view, length - 16 * (i + 1), 32 * i + 16, seed);
    }
    return avalanche(u64(acc));
  }
  for (let i = 0; i < 8; i++) acc += mix16(view, 16 * i, 16 * i, seed);
  acc = avalanche(u64(acc));
  for (let i = 8; i < length >> 4; i++) acc += mix16(view, 16 * i, 16 * (i - 8) + 3, seed);
  acc += mix16(view, length - 16, 136 - 17, seed);
  return avalanche(u64(acc));
}

/** bytes of one stripe, and of a block that uses the secret up */
const STRIPE = 64;
const STRIPES = (SECRET.length - STRIPE) / 8;
const BLOCK = STRIPE * STRIPES;

function accumulate(acc: BigUint64Array, view: DataView, at: number, secret: DataView, s: number) {
  for (let i = 0; i < 8; i++) {
    const data = view.getBigUint64(at + 8 * i, true);
    const key = data ^ secret.getBigUint64(s + 8 * i, true);
    acc[i ^ 1] += data;
    acc[i] += (key & M32) * (key >> 32n);
  }
}

function scramble(acc: BigUint64Array, secret: DataView, s: number): void {
  for (let i = 0; i < 8; i++) {
    const a = acc[i];
    acc[i] = (a ^ (a >> 47n) ^ secret.getBigUint64(s + 8 * i, true)) * P32_1;
  }
}

function seededSecret(seed: bigint): DataView {
  const secret = new DataView(new ArrayBuffer(SECRET.length));
  for (let i = 0; i < SECRET.length; i += 16) {
    secret.setBigUint64(i, secret64(i) + seed, true);
    secret.setBigUint64(i + 8, u64(secret64(i + 8) - seed), true);
  }
  return secret;
}

function long(view: DataView, length: number, seed: bigint): bigint {
  const secret = seed === 0n ? secretView : seededSecret(seed);
  const end = SECRET.length;
  const acc = BigUint64Array.of(P32_3, P64_1, P64_2, P64_3, P64_4, P32_2, P64_5, P32_1);
  const blocks = Math.floor((length - 1) / BLOCK);
  for (let block = 0; block < blocks; block++) {
    for (let n = 0; n < STRIPES; n++) {
      accumulate(acc, view, block * BLOCK + n * STRIPE, secret, 8 * n);
    }
    scramble(acc, secret, end - STRIPE);
  }
  const rest = blocks * BLOCK;
  const stripes = Math.floor((length - 1 - rest) / STRIPE);
  for (let n = 0; n < stripes; n++) accumulate(acc, view, rest + n * STRIPE, secret, 8 * n);
  accumulate(acc, view, length - STRIPE, secret, end - STRIPE - 7);
  let h = u64(BigInt(length) * P64_1);
  for (let i = 0; i < 4; i++) {
    h += fold(
      acc[2 * i] ^ secret.getBigUint64(11 + 16 * i, true),
      acc[2 * i + 1] ^ secret.getBigUint64(11 + 16 * i + 8, true),
    );
  }
  return avalanche(u64(h));
}
