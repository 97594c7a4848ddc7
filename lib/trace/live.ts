/** Traces of live requests: whose are wanted, and those that were made. */
import type { LineTrace } from "./types.ts";
import type { Report } from "./report.ts";

/** Traces that are kept; the oldest go. */
const MOST_KEPT = 100;

/** A request that was traced. */
export interface LiveTrace {
  readonly id: string;
  /** wall ms of its end */
  readonly at: number;
  /** `GET /a.png`, `a connection` */
  readonly request: string;
  readonly from: string;
  readonly report: Report;
  /** what the server got, start line and fields; null: none was asked */
  readonly sent: readonly string[] | null;
  /** by the `trace-header`, not by `trace start` */
  readonly byHeader: boolean;
  /** lines that did not apply and are not kept, because there were too many */
  readonly left: number;
}

/** Which requests are wanted. All that is given must hold. */
export interface TraceWish {
  /** as it was asked for */
  readonly text: string;
  /** address or network */
  readonly source?: string;
  /** in lower case */
  readonly header?: string;
  /** a part of the header's value */
  readonly value?: string;
  readonly frontend?: string;
  /** how many at most */
  readonly count: number;
  /** ms */
  readonly time: number;
}

export interface LiveTracesOptions {
  /** the number of this thread, from 0 */
  readonly thread: number;
  /** another thread keeps them */
  readonly send?: (trace: LiveTrace) => void;
}

export class LiveTraces {
  readonly #o: LiveTracesOptions;
  #kept: LiveTrace[] = [];
  #made = 0;

  constructor(options: LiveTracesOptions) {
    this.#o = options;
  }

  /** A name that no other trace of this process has; `wall` in ms. */
  nextId(wall: number): string {
    this.#made++;
    return `${Math.floor(wall / 1000).toString(36)}-${this.#o.thread + 1}.${this.#made}`;
  }

  add(trace: LiveTrace): void {
    if (this.#o.send !== undefined) return this.#o.send(trace);
    this.#kept.push({ ...trace, report: { ...trace.report, lines: masked(trace.report.lines) } });
    if (this.#kept.length > MOST_KEPT) this.#kept.shift();
  }

  /** The oldest first. */
  get all(): readonly LiveTrace[] {
    return this.#kept;
  }

  get(id: string): LiveTrace | undefined {
    return this.#kept.find((trace) => trace.id === id);
  }
}

const SECRET_FIELDS = /^(proxy-)?authorization$/i;

/** Start line and fields of a head, without what lets its reader be somebody else. */
export function maskedFields(lines: readonly string[]): string[] {
  return lines.map((line) => {
    const colon = line.indexOf(":");
    return colon > 0 && SECRET_FIELDS.test(line.slice(0, colon))
      ? `${line.slice(0, colon)}: ***`
      : line;
  });
}

/** Passwords that conditions have looked at, or that rules have changed, are not kept. */
function masked(lines: readonly LineTrace[]): LineTrace[] {
  return lines.map((line) => ({
    ...line,
    effects: line.effects.map((effect) =>
      SECRET_FIELDS.test(effect.name)
        ? { ...effect, from: effect.from && "***", to: effect.to && "***" }
        : effect
    ),
    condition: line.condition && {
      ...line.condition,
      groups: line.condition.groups.map((terms) =>
        terms.map((term) => ({
          ...term,
          criteria: term.criteria.map((criterion) =>
            /authorization/i.test(criterion.expression)
              ? {
                ...criterion,
                samples: criterion.samples.map((sample) => ({ ...sample, value: "***" })),
              }
              : criterion
          ),
        }))
      ),
    },
  }));
}
