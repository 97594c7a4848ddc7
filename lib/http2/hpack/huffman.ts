/**
 * The Huffman code of HPACK (RFC 7541 section 5.2 and appendix B). The code is canonical: its lengths say all, the
 * codes follow. Decoding takes four bits at a time through a table of states.
 */

/** Bits of each symbol's code, as digits in base 36: bytes 0 to 255, then EOS. */
const LENGTHS = [
  "dnsssssssoussussssssssusssssssss",
  "6aacd68baa8b8666555666666678f6ca",
  "d67777777777777777777777878djde6",
  "f56565666577666567655677777fbeds",
  "kmkkmmmnmnnnnnonoomnonnnnlmnmnno",
  "mlkmmnnlnmmolmnnllmlnmnnkmmmnmmn",
  "qqkjmnmpqqqrrqopjlqrrqrollqqsrrr",
  "koklmllnmmppooqnqrqqrrrrrsrrrrrq",
  "u",
].join("");

const EOS = 256;
const SYMBOLS = 257;

/** Code and number of bits of each byte. */
const CODE = new Uint32Array(SYMBOLS);
const BITS = new Uint8Array(SYMBOLS);

/** Two children of each inner node: a node's number, or ~symbol. */
const TREE: number[][] = [[0, 0]];

for (let s = 0; s < SYMBOLS; s++) BITS[s] = parseInt(LENGTHS[s], 36);
for (let bits = 1, code = 0; bits <= 30; bits++, code *= 2) {
  for (let s = 0; s < SYMBOLS; s++) if (BITS[s] === bits) plant(s, CODE[s] = code++);
}

function plant(symbol: number, code: number): void {
  let node = 0;
  for (let bit = BITS[symbol] - 1; bit > 0; bit--) {
    const way = (code >>> bit) & 1;
    if (TREE[node][way] === 0) {
      TREE[node][way] = TREE.length;
      TREE.push([0, 0]);
    }
    node = TREE[node][way];
  }
  TREE[node][code & 1] = ~symbol;
}

const FAIL = 0xffff;
/** By state * 16 + four bits: the next state, or FAIL; and in the upper half the byte that is complete, plus 1. */
const STEP = new Uint32Array(TREE.length * 16);
/** States in which a string may end: less than a byte of the bits of EOS (all ones) since the last symbol. */
const MAY_END = new Uint8Array(TREE.length);

for (let state = 0; state < TREE.length; state++) {
  for (let four = 0; four < 16; four++) {
    let node = state;
    let emitted = 0;
    for (let bit = 3; bit >= 0 && node !== FAIL; bit--) {
      const next = TREE[node][(four >> bit) & 1];
      if (next >= 0) node = next;
      else if (~next === EOS) node = FAIL;
      else {
        emitted = ~next + 1;
        node = 0;
      }
    }
    STEP[state * 16 + four] = node | (emitted << 16);
  }
}
for (let node = 0, n = 0; n < 8; n++, node = TREE[node][1]) MAY_END[node] = 1;

/**
 * Decodes `bytes[from..to]` into `out` at `at` (room: 8/5 of the bytes and 1). Answers the position after, or -1
 * when it is not a valid string: EOS inside, or padding that is not less than 8 one bits.
 */
export function decodeHuffman(
  bytes: Uint8Array,
  from: number,
  to: number,
  out: Uint8Array,
  at: number,
): number {
  let state = 0;
  for (let i = from; i < to; i++) {
    const b = bytes[i];
    let step = STEP[state * 16 + (b >> 4)];
    state = step & 0xffff;
    if (state === FAIL) return -1;
    if (step > 0xffff) out[at++] = (step >>> 16) - 1;
    step = STEP[state * 16 + (b & 15)];
    state = step & 0xffff;
    if (state === FAIL) return -1;
    if (step > 0xffff) out[at++] = (step >>> 16) - 1;
  }
  return MAY_END[state] === 1 ? at : -1;
}

/** Bytes that the latin1 string `text` takes when encoded. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) bits += BITS[text.charCodeAt(i) & 255];
  return (bits + 7) >>> 3;
}

/** Encodes the latin1 string `text` at `at` (room: `huffmanLength`); answers the position after. */
export function encodeHuffman(text: string, out: Uint8Array, at: number): number {
  let held = 0;
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const s = text.charCodeAt(i) & 255;
    let bits = BITS[s];
    const code = CODE[s];
    // At most 7 bits are held: what does not fit in 32 with them goes in two parts.
    while (bits > 0) {
      const take = Math.min(bits, 24 - count);
      bits -= take;
      held = (held << take) | ((code >>> bits) & ((1 << take) - 1));
      count += take;
      while (count >= 8) {
        count -= 8;
        out[at++] = held >>> count;
        held &= (1 << count) - 1;
      }
    }
  }
  if (count > 0) out[at++] = ((held << (8 - count)) | (255 >> count)) & 255;
  return at;
}
