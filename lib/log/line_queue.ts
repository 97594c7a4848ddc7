/** Log lines that wait to be sent, bounded in number and in characters. */
export class LineQueue {
  readonly #maxLines: number;
  readonly #maxChars: number;
  #lines: string[] = [];
  #head = 0;
  #chars = 0;

  constructor(maxLines: number, maxChars: number) {
    this.#maxLines = maxLines;
    this.#maxChars = maxChars;
  }

  /** How many lines wait. */
  get size(): number {
    return this.#lines.length - this.#head;
  }

  /** How many characters wait. */
  get chars(): number {
    return this.#chars;
  }

  /** False when there is no room: the line was not taken. A line is always taken when nothing waits. */
  push(line: string): boolean {
    const size = this.size;
    if (size > 0 && (size >= this.#maxLines || this.#chars + line.length > this.#maxChars)) {
      return false;
    }
    this.#lines.push(line);
    this.#chars += line.length;
    return true;
  }

  /** The line `index` places behind the first; `index < size`. */
  peek(index: number): string {
    return this.#lines[this.#head + index];
  }

  /** Forgets the first `count` lines. */
  shift(count: number): void {
    const end = Math.min(this.#head + count, this.#lines.length);
    for (let i = this.#head; i < end; i++) {
      this.#chars -= this.#lines[i].length;
      this.#lines[i] = "";
    }
    this.#head = end;
    if (end === this.#lines.length) {
      this.#lines.length = 0;
      this.#head = 0;
    } else if (end >= 1024 && end * 2 >= this.#lines.length) {
      this.#lines = this.#lines.slice(end);
      this.#head = 0;
    }
  }
}
