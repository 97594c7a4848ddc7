/**
 * Edits: what `Head` lays over a received head. Kept from message to message: making it empty costs nothing
 * when there were no edits.
 */

/** States of a field. */
export const UNTOUCHED = 0;
export const REMOVED = 1;
export const CHANGED = 2;

/** Slots for values that are kept for the next message; more of them are given back. */
const KEPT = 64;

export class Edits {
  /** anything at all was edited */
  any = false;
  /** the start line was */
  start = false;
  /** "", 0 and undefined stand for "not edited" */
  method = "";
  target: string | undefined = undefined;
  version = 0;
  status = 0;
  reason: string | undefined = undefined;
  /** per field, appended ones after the received: UNTOUCHED, REMOVED, CHANGED */
  state: Uint8Array = new Uint8Array(32);
  /** values of CHANGED and appended fields, by field index */
  readonly values: string[] = [];
  readonly appendedNames: string[] = [];
  appended = 0;
  #highest = -1;

  /** Forgets all of it. */
  reset(): void {
    if (!this.any) return;
    this.any = this.start = false;
    this.method = "";
    this.target = this.reason = undefined;
    this.version = this.status = 0;
    for (let i = 0; i <= this.#highest; i++) this.state[i] = UNTOUCHED;
    this.#highest = -1;
    this.appended = 0;
    if (this.values.length > KEPT) this.forgetStrings();
  }

  /** Lets go of the strings of earlier messages. */
  forgetStrings(): void {
    this.values.length = this.appendedNames.length = 0;
  }

  /** What it is now. */
  copy(): EditsCopy {
    const { any, start, method, target, version, status, reason, appended } = this;
    return {
      scalars: { any, start, method, target, version, status, reason, appended },
      state: this.state.slice(),
      values: this.values.slice(),
      appendedNames: this.appendedNames.slice(),
      highest: this.#highest,
    };
  }

  /** Becomes what it was at a copy of the same message. */
  restore({ scalars, state, values, appendedNames, highest }: EditsCopy): void {
    Object.assign(this, scalars);
    this.state.fill(UNTOUCHED);
    this.state.set(state);
    this.#highest = highest;
    replaceAll(this.values, values);
    replaceAll(this.appendedNames, appendedNames);
  }

  /** Notes the state of field `index`. */
  mark(index: number, state: number): void {
    this.any = true;
    if (index >= this.state.length) {
      const more = new Uint8Array(index * 2);
      more.set(this.state);
      this.state = more;
    }
    if (index > this.#highest) this.#highest = index;
    this.state[index] = state;
  }
}

/** The edits of a message at one moment. */
export interface EditsCopy {
  readonly scalars: Pick<
    Edits,
    "any" | "start" | "method" | "target" | "version" | "status" | "reason" | "appended"
  >;
  readonly state: Uint8Array;
  readonly values: readonly string[];
  readonly appendedNames: readonly string[];
  readonly highest: number;
}

function replaceAll(list: string[], by: readonly string[]): void {
  list.length = 0;
  for (let i = 0; i < by.length; i++) list[i] = by[i];
}
