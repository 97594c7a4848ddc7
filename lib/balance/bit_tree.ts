/**
 * A set of the numbers 0 to length-1 that finds the next member from any number on in O(log32 length): each
 * bit of a level says whether the 32 bits below it have any member.
 */
export class BitTree {
  readonly length: number;
  /** the lowest level first */
  readonly #levels: Uint32Array[] = [];

  /** Holds every number below `length`. */
  constructor(length: number) {
    this.length = length;
    let bits = length;
    do {
      const words = new Uint32Array((bits + 31) >>> 5);
      words.fill(0xffffffff);
      if ((bits & 31) !== 0) words[words.length - 1] = (1 << (bits & 31)) - 1;
      this.#levels.push(words);
      bits = words.length;
    } while (bits > 1);
  }

  add(n: number): void {
    for (const words of this.#levels) {
      const at = n >>> 5;
      const before = words[at];
      words[at] = before | (1 << (n & 31));
      if (before !== 0) return;
      n = at;
    }
  }

  remove(n: number): void {
    for (const words of this.#levels) {
      const at = n >>> 5;
      words[at] &= ~(1 << (n & 31));
      if (words[at] !== 0) return;
      n = at;
    }
  }

  /** The smallest member that is not below `from`; -1: there is none. */
  next(from: number): number {
    const levels = this.#levels;
    let level = 0;
    let n = from;
    // Up until a word has a member at or behind the place.
    for (; level < levels.length; level++) {
      const at = n >>> 5;
      if (at >= levels[level].length) return -1;
      const rest = levels[level][at] & (-1 << (n & 31));
      if (rest !== 0) {
        n = (at << 5) + lowestBit(rest);
        break;
      }
      n = at + 1;
    }
    if (level === levels.length) return -1;
    // Down to that member.
    while (level > 0) n = (n << 5) + lowestBit(levels[--level][n]);
    return n;
  }
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}
