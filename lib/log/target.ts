/** One `log` line, compiled: which lines it takes, how long they may be, where they go. */
import type { LogTarget } from "../config/model_log.ts";

/** Takes lines; `header` is how many characters stand before the text. */
export interface LineSink {
  write(line: string, header?: number): void;
  /** A line that was meant for it counts as dropped. */
  refuse?(): void;
}

/** Where the sinks of targets come from. */
export interface LineSinks {
  get(transport: LogTarget["transport"]): LineSink;
}

export class LineTarget {
  readonly #level: number;
  readonly #minLevel: number;
  readonly #length: number;
  readonly #sink: LineSink;
  /** whether the line with this number within the sample is sent */
  readonly #sample: Uint8Array | undefined;
  #counter = 0;
  /** most lines in a second, of this thread */
  readonly #rate: number | undefined;
  /** the second that is counted, wall, and the lines in it */
  #second = 0;
  #lines = 0;

  /** `threads`: how many write the same lines; each has its share of a `rate`. */
  constructor(target: LogTarget, sinks: LineSinks, threads = 1) {
    this.#rate = target.rate && Math.max(1, Math.floor(target.rate / threads));
    this.#level = target.level;
    this.#minLevel = target.minLevel;
    this.#length = longestLine(target);
    this.#sink = sinks.get(target.transport);
    if (target.sample === undefined) return;
    this.#sample = new Uint8Array(target.sample.size);
    for (const [first, last] of target.sample.ranges) this.#sample.fill(1, first - 1, last);
  }

  /** Whether the next line, of this level, is its own (manual 4.2 `log`, `sample`). Counts it. */
  takes(level: number): boolean {
    if (level > this.#level) return false;
    const sample = this.#sample;
    if (sample === undefined) return true;
    const number = this.#counter;
    this.#counter = number + 1 === sample.length ? 0 : number + 1;
    return sample[number] === 1;
  }

  /** Counts a line at `wall` ms; true: the second has had its lines, and this one counts as dropped. */
  isTooMany(wall: number): boolean {
    if (this.#rate === undefined) return false;
    const second = Math.floor(wall / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#lines = 0;
    }
    if (++this.#lines <= this.#rate) return false;
    this.#sink.refuse?.();
    return true;
  }

  /** The level that a line is sent with. */
  levelFor(level: number): number {
    return level < this.#minLevel ? this.#minLevel : level;
  }

  write(header: string, text: string): void {
    const line = header + text;
    const most = this.#length;
    this.#sink.write(line.length > most ? line.slice(0, most) : line, header.length);
  }
}

/** As HAProxy counts: on a descriptor the line end is part of `len`, elsewhere it comes on top. */
function longestLine({ transport, length }: LogTarget): number {
  const { type } = transport;
  return type === "stdout" || type === "stderr" || type === "fd" ? length - 1 : length;
}

/** A line feed would let whoever sent the text forge the next line. */
export function oneLine(text: string): string {
  return text.indexOf("\n") === -1 ? text : text.replace(/\n+$/, "").replaceAll("\n", "#0A");
}
