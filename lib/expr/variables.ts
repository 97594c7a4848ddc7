/**
 * Variables (manual 2.8 of later versions, 7.3.2 `var`): named samples that live as long as their scope.
 *
 * A name becomes an index when the configuration is loaded, so that reading one is an array access. Indexes are
 * given once for the life of the program: a connection that outlives a reload keeps its variables.
 */
import { bytesOfLatin1, latin1 } from "../http1/bytes.ts";
import type { SessionView, StreamView } from "./context.ts";
import { Typed } from "./sample.ts";
import { SharedCell } from "./shared_cell.ts";

/** Where a variable lives: the process, the client's connection, the stream, one message, one health check. */
export type Scope = "proc" | "sess" | "txn" | "req" | "res" | "check";

export const SCOPES: readonly Scope[] = ["proc", "sess", "txn", "req", "res", "check"];

/** What one variable counts besides its text, as HAProxy counts it. */
const OVERHEAD = 80;

/** The variables of one process, session or stream, by index. */
export class Variables {
  readonly values: (Typed | undefined)[] = [];
  /** of a process with several threads: its variables, which all of them share */
  cells: SharedCell[] | undefined = undefined;
  /** bytes, while limits are in force; those of a session include its stream's */
  used = 0;
  /** the part of them that `req.` and `res.` variables take */
  message = 0;
}

/** `tune.vars.*-max-size` in bytes; 0 is no limit. */
export interface VariableSizes {
  readonly global: number;
  readonly proc: number;
  readonly sess: number;
  readonly txn: number;
  readonly reqres: number;
  readonly check: number;
}

export const NO_LIMITS: VariableSizes = {
  global: 0,
  proc: 0,
  sess: 0,
  txn: 0,
  reqres: 0,
  check: 0,
};

/**
 * Keeps the memory of variables within the limits of the configuration. Each level counts those below it too
 * (manual 3.2 `tune.vars.global-max-size`). Without any limit nothing is counted.
 */
export class VariableLimits {
  #sizes = NO_LIMITS;
  #counts = false;
  #used = 0;

  /** Sets other limits. Counting goes on once it has begun, so that what was counted can be given back. */
  limit(sizes: VariableSizes): void {
    this.#sizes = sizes;
    if (Object.values(sizes).some((size) => size > 0)) this.#counts = true;
  }

  /** bytes that variables take, while limits are in force */
  get used(): number {
    return this.#used;
  }

  /** Counts `bytes` (or gives them back); false: they are too many, and nothing was counted. */
  take(scope: Scope, stream: StreamView, bytes: number): boolean {
    if (!this.#counts || bytes === 0) return true;
    const sizes = this.#sizes;
    const over = (limit: number, used: number) => limit > 0 && bytes > 0 && used + bytes > limit;
    if (over(sizes.global, this.#used)) return false;
    if (scope === "check") {
      const own = stream.variables ??= new Variables();
      if (over(sizes.check, own.used)) return false;
      own.used += bytes;
      this.#used += bytes;
      return true;
    }
    if (over(sizes.proc, this.#used)) return false;
    if (scope !== "proc") {
      const session = stream.session.variables ??= new Variables();
      if (over(sizes.sess, session.used)) return false;
      if (scope !== "sess") {
        const own = stream.variables ??= new Variables();
        if (over(sizes.txn, own.used)) return false;
        if (scope !== "txn") {
          if (over(sizes.reqres, own.message)) return false;
          own.message += bytes;
        }
        own.used += bytes;
      }
      session.used += bytes;
    }
    this.#used += bytes;
    return true;
  }

  /** The stream ends: its variables count no more. */
  endStream(stream: StreamView): void {
    const own = stream.variables;
    if (own === undefined || own.used === 0) return;
    if (!stream.isCheck) stream.session.variables!.used -= own.used;
    this.#used -= own.used;
    own.used = 0;
  }

  /** The session ends; its streams have ended. */
  endSession(session: SessionView): void {
    this.#used -= session.variables?.used ?? 0;
    session.variables = undefined;
  }
}

/** A variable that the configuration names. */
export interface Variable {
  readonly name: string;
  readonly scope: Scope;
  /** its place among those of its scope */
  readonly index: number;
  get(stream: StreamView): Typed | undefined;
  /** False when the limits do not allow it: then it keeps what it had. */
  set(stream: StreamView, value: Typed): boolean;
  unset(stream: StreamView): void;
  /** `ifexists`: variables of the process exist from the start */
  exists(stream: StreamView): boolean;
}

const known = new Map<string, Variable>();
const counts = { proc: 0, sess: 0, stream: 0 };

/** The variable of that name (`txn.path`); a string says what would be one. */
export function variableNamed(name: string): Variable | string {
  const found = known.get(name);
  if (found !== undefined) return found;
  const dot = name.indexOf(".");
  const scope = SCOPES.find((s) => s === name.slice(0, dot));
  if (dot < 0 || scope === undefined || dot + 1 === name.length) {
    return `${SCOPES.map((s) => `'${s}.'`).join(", ")} and a name`;
  }
  if (!/^[A-Za-z0-9._]+$/.test(name)) return "a name of letters, digits, '.' and '_'";
  const variable = makeVariable(name, scope);
  known.set(name, variable);
  return variable;
}

/** Every variable that a configuration has named since the program began. */
export function existingVariables(): Iterable<Variable> {
  return known.values();
}

/** Unsets all variables of the process. */
export function forgetProcess(stream: StreamView): void {
  for (const variable of known.values()) if (variable.scope === "proc") variable.unset(stream);
}

/**
 * Puts the variables of the process that any configuration has named so far into memory that its threads share.
 * `take` gives the memory for a name, the same to each of them.
 */
export function shareProcess(
  variables: Variables,
  take: (name: string) => SharedArrayBuffer,
): void {
  const cells = variables.cells ??= [];
  for (const { name, scope, index } of known.values()) {
    if (scope !== "proc") continue;
    const buffer = take(name);
    if (cells[index]?.buffer !== buffer) cells[index] = new SharedCell(buffer);
  }
}

type Holder = (stream: StreamView) => Variables | undefined;

function makeVariable(name: string, scope: Scope): Variable {
  if (scope === "proc") return ofProcess(name, counts.proc++);
  if (scope === "sess") {
    const holder: Holder = (stream) => stream.session.variables;
    const make = (stream: StreamView) => stream.session.variables ??= new Variables();
    return over(name, scope, counts.sess++, holder, make);
  }
  const here = PRESENT[scope];
  const holder: Holder = (stream) => here(stream) ? stream.variables : undefined;
  const make: Holder = (stream) => here(stream) ? stream.variables ??= new Variables() : undefined;
  return over(name, scope, counts.stream++, holder, make);
}

/** From the response on `req.` variables are gone and `res.` ones are there. */
const isAnswered = (stream: StreamView) => stream.response !== undefined || stream.status >= 0;

/** Tells whether a stream has the scope at this moment. */
const PRESENT: Readonly<Record<Exclude<Scope, "proc" | "sess">, (stream: StreamView) => boolean>> =
  {
    txn: (stream) => !stream.isCheck,
    req: (stream) => !stream.isCheck && !isAnswered(stream),
    res: (stream) => !stream.isCheck && isAnswered(stream),
    check: (stream) => stream.isCheck === true,
  };

function over(
  name: string,
  scope: Scope,
  index: number,
  holder: Holder,
  make: Holder,
): Variable {
  const lasting = scope === "sess";
  return {
    name,
    scope,
    index,
    get: (stream) => holder(stream)?.values[index],
    set: (stream, value) => {
      const values = make(stream)?.values;
      if (values === undefined) return false;
      const bytes = sizeOf(value) - sizeOf(values[index]);
      if (!stream.process.variableLimits.take(scope, stream, bytes)) return false;
      values[index] = lasting ? detached(value) : value;
      return true;
    },
    unset: (stream) => {
      const values = holder(stream)?.values;
      if (values?.[index] === undefined) return;
      stream.process.variableLimits.take(scope, stream, -sizeOf(values[index]));
      values[index] = undefined;
    },
    exists: (stream) => holder(stream)?.values[index] !== undefined,
  };
}

/** A variable of the process: its own, or one that its threads share. */
function ofProcess(name: string, index: number): Variable {
  const get = ({ process: { variables } }: StreamView) => {
    const { cells } = variables;
    return cells === undefined ? variables.values[index] : cells[index]?.read();
  };
  const put = ({ process: { variables } }: StreamView, value: Typed | undefined): boolean => {
    const { cells } = variables;
    if (cells !== undefined) return cells[index]?.write(value) ?? false;
    variables.values[index] = value && detached(value);
    return true;
  };
  return {
    name,
    scope: "proc",
    index,
    get,
    set: (stream, value) => {
      const bytes = sizeOf(value) - sizeOf(get(stream));
      const { variableLimits } = stream.process;
      if (!variableLimits.take("proc", stream, bytes)) return false;
      if (put(stream, value)) return true;
      variableLimits.take("proc", stream, -bytes);
      return false;
    },
    unset: (stream) => {
      const old = get(stream);
      if (old === undefined) return;
      stream.process.variableLimits.take("proc", stream, -sizeOf(old));
      put(stream, undefined);
    },
    exists: () => true,
  };
}

function sizeOf(value: Typed | undefined): number {
  if (value === undefined) return 0;
  return OVERHEAD + (typeof value.value === "string" ? value.value.length : 0);
}

/** A slice of a head keeps the whole head in memory: what outlives the message gets a text of its own. */
function detached(typed: Typed): Typed {
  const { value } = typed;
  if (typeof value !== "string" || value.length < 13) return typed;
  return new Typed(typed.type, latin1(bytesOfLatin1(value), 0, value.length));
}
