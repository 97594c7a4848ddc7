/** The field `traceparent` (W3C Trace Context, section 3.2): text to values and back. No I/O. */

export interface TraceParent {
  /** 32 hexadecimal digits, not all 0 */
  readonly traceId: string;
  /** 16 hexadecimal digits, not all 0: whose child the receiver is */
  readonly spanId: string;
  /** bit 0: the trace is recorded */
  readonly flags: number;
}

export const SAMPLED = 1;

const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const NO_TRACE = "0".repeat(32);
const NO_SPAN = "0".repeat(16);

/** Undefined: it is none (section 4.3), and `tracestate` beside it means nothing. */
export function parseTraceParent(text: string): TraceParent | undefined {
  const match = FORM.exec(text.trim());
  if (match === null) return undefined;
  const [, version, traceId, spanId, flags, more] = match;
  if (version === "ff" || (version === "00" && more !== undefined)) return undefined;
  if (traceId === NO_TRACE || spanId === NO_SPAN) return undefined;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}

/** In version 00; flags that it does not know are left away. */
export function formatTraceParent({ traceId, spanId, flags }: TraceParent): string {
  return `00-${traceId}-${spanId}-${(flags & SAMPLED) === 0 ? "00" : "01"}`;
}

/** Numbers that nobody can guess, from a stock that is filled at once. */
export class RandomIds {
  readonly #stock = new Uint8Array(1024);
  #at = this.#stock.length;
  readonly #fill: (bytes: Uint8Array<ArrayBuffer>) => void;

  constructor(
    fill: (bytes: Uint8Array<ArrayBuffer>) => void = (bytes) => void crypto.getRandomValues(bytes),
  ) {
    this.#fill = fill;
  }

  trace(): string {
    return this.#hex(16);
  }

  span(): string {
    return this.#hex(8);
  }

  #hex(count: number): string {
    if (this.#at + count > this.#stock.length) {
      this.#fill(this.#stock);
      this.#at = 0;
    }
    let text = "";
    for (const end = this.#at + count; this.#at < end; this.#at++) {
      text += HEX[this.#stock[this.#at]];
    }
    // All zeros is no number.
    return /[1-9a-f]/.test(text) ? text : `${text.slice(1)}1`;
  }
}

const HEX = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, "0"));
