/**
 * Tracing: live requests of one Generation under the eyes of a Recorder.
 *
 * Laws:
 * - While nobody wants a trace and no `trace-header` is set, frontends have the very closures that were compiled for
 *   them. What is needed is put in front of them when it is asked for, and taken away again.
 * - The traced policies are compiled when they are first needed, beside the running ones, over the same pools,
 *   counters, tables and connections.
 * - The secret is compared in constant time, and leaves the request before anything else sees it.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { Diagnostics } from "../config/diagnostic.ts";
import { parseNetwork } from "../net/address.ts";
import type { Backend } from "../proxy/backend.ts";
import type { Frontend, Handler } from "../proxy/frontend.ts";
import type { ContentRules } from "../proxy/inspect.ts";
import type { ProcessContext } from "../proxy/process_context.ts";
import { Stream, type StreamOwner } from "../proxy/stream.ts";
import { variablesOf } from "../trace/effects.ts";
import { type LiveTraces, maskedFields, type TraceWish } from "../trace/live.ts";
import { Recorder, Trace } from "../trace/recorder.ts";
import { reportOf } from "../trace/report.ts";

/** The field of an answer that names its trace. */
export const TRACE_ID = "X-Sluice-Trace-Id";

/** Lines of one trace; of those beyond, only what applied is kept. */
const MOST_LINES = 2000;

/** What is compiled of a configuration. */
export interface Compiled {
  readonly frontends: readonly Frontend[];
  readonly backends: ReadonlyMap<string, Backend>;
}

export interface TracingOptions {
  readonly running: Compiled;
  /** Compiles the policies once more into `into`. */
  readonly compile: (into: Compiled, recorder: Recorder, diagnostics: Diagnostics) => void;
  readonly traces: LiveTraces;
  readonly process: ProcessContext;
  readonly header?: { readonly name: string; readonly secret: string };
}

/** The closures of a frontend as they were compiled. */
interface Plain {
  readonly admitConnection: Frontend["admitConnection"];
  readonly admitSession: Frontend["admitSession"];
  readonly handle: Handler | undefined;
  readonly selectBackend: Frontend["selectBackend"] | undefined;
  readonly content: Frontend["content"];
}

export class Tracing {
  readonly #o: TracingOptions;
  readonly #plain = new Map<Frontend, Plain>();
  readonly #header: string | undefined;
  readonly #secret: Uint8Array | undefined;
  #twins: ReadonlyMap<string, Frontend> | undefined;
  #recorder: Recorder | undefined;
  /** connections of TCP: their traces, or that they have none */
  readonly #connections = new WeakMap<Stream, Trace | "plain">();
  #wish: TraceWish | undefined;
  #source: ((ip: string) => boolean) | undefined;
  #left = 0;
  /** clock ms */
  #until = 0;
  #cancel: (() => void) | undefined;

  constructor(options: TracingOptions) {
    this.#o = options;
    const { header } = options;
    this.#header = header?.name.toLowerCase();
    this.#secret = header && digest(header.secret);
  }

  /** The Generation runs: with a `trace-header`, requests are looked at from now on. */
  begin(): void {
    if (this.#header !== undefined) this.#install();
  }

  /** What is wanted now, and how many more; undefined: nothing. */
  get wish(): { readonly text: string; readonly left: number } | undefined {
    return this.#wish === undefined ? undefined : { text: this.#wish.text, left: this.#left };
  }

  /** The same as a wish of its own, for a thread that begins now: what is left of its count and its time. */
  get remaining(): TraceWish | undefined {
    const wish = this.#wish;
    const time = this.#until - this.#o.process.now();
    return wish === undefined || time <= 0 ? undefined : { ...wish, count: this.#left, time };
  }

  /** From now on requests that fit are traced. A sentence says why that cannot be. */
  start(wish: TraceWish): string | undefined {
    const problem = this.#prepare();
    if (problem !== undefined) return problem;
    this.#wish = wish;
    this.#source = wish.source === undefined ? undefined : parseNetwork(wish.source);
    this.#left = wish.count;
    this.#until = this.#o.process.now() + wish.time;
    this.#cancel?.();
    this.#cancel = this.#o.process.clock.after(wish.time, () => this.stop());
    this.#install();
    return undefined;
  }

  /** Another thread has traced one of those that are wanted. */
  count(): void {
    if (this.#wish === undefined || --this.#left > 0) return;
    const { text } = this.#wish;
    this.stop();
    this.#done = text;
  }

  /** No request is traced any more, but by the header. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#wish = undefined;
    if (this.#header === undefined) this.#remove();
  }

  /** Another Generation has taken over. */
  end(): void {
    this.stop();
    this.#remove();
  }

  /** Compiles the traced policies, once. */
  #prepare(): string | undefined {
    if (this.#twins !== undefined) return undefined;
    const recorder = new Recorder(MOST_LINES);
    const { frontends, backends } = this.#o.running;
    // The originals show through: pools, counters, tables and sockets are theirs.
    const twins = frontends.map((frontend) => Object.create(frontend) as Frontend);
    const diagnostics = new Diagnostics();
    this.#o.compile(
      {
        frontends: twins,
        backends: new Map([...backends].map(([name, each]) => [name, Object.create(each)])),
      },
      recorder,
      diagnostics,
    );
    if (diagnostics.failed) {
      const { message } = diagnostics.list.find(({ severity }) => severity === "alert")!;
      return `the rules cannot be compiled for tracing: ${message}`;
    }
    this.#recorder = recorder;
    this.#twins = new Map(twins.map((twin) => [twin.name, twin]));
    return undefined;
  }

  #install(): void {
    for (const frontend of this.#o.running.frontends) {
      if (this.#plain.has(frontend)) continue;
      const { handle, selectBackend, content, admitConnection, admitSession } = frontend;
      const plain = { handle, selectBackend, content, admitConnection, admitSession };
      this.#plain.set(frontend, plain);
      if (admitConnection !== undefined) {
        frontend.admitConnection = (s) => this.#admit(s, "admitConnection", admitConnection);
      }
      if (admitSession !== undefined) {
        frontend.admitSession = (s) => this.#admit(s, "admitSession", admitSession);
      }
      if (handle !== undefined) frontend.handle = (stream) => this.#handle(stream, handle);
      if (selectBackend !== undefined) {
        frontend.selectBackend = (stream) => this.#select(stream, selectBackend);
      }
      if (content !== undefined) {
        frontend.content = { ...content, run: (stream) => this.#inspect(stream, content) };
      }
    }
  }

  #remove(): void {
    for (const [frontend, plain] of this.#plain) {
      const { handle, selectBackend, content, admitConnection, admitSession } = plain;
      frontend.admitConnection = admitConnection;
      frontend.admitSession = admitSession;
      if (handle !== undefined) frontend.handle = handle;
      if (selectBackend !== undefined) frontend.selectBackend = selectBackend;
      frontend.content = content;
    }
    this.#plain.clear();
  }

  /**
   * `tcp-request connection` and `session` rules: what they do is kept with the connection, for the traces of what
   * comes on it. One that they refuse has a trace of its own.
   */
  #admit(
    session: StreamOwner,
    which: "admitConnection" | "admitSession",
    plain: (session: StreamOwner) => boolean,
  ): boolean {
    const { frontend } = session;
    if (!this.#mayWant(session) || this.#prepare() !== undefined) return plain(session);
    const admit = this.#twins!.get(frontend.name)?.[which];
    if (admit === undefined) return plain(session);
    const recorder = this.#recorder!;
    const trace = recorder.only = new Trace();
    const admitted = admit(session);
    recorder.only = undefined;
    trace.lines.unshift(...linesOf(session));
    session.admission = trace.lines;
    if (!admitted && this.#wish?.header === undefined) {
      this.count();
      const { process } = session;
      const stream = new Stream(session, frontend, process, 0, process.now());
      stream.fail("P", "R");
      this.#finish(stream, trace, "a connection", false);
    }
    return admitted;
  }

  /** The trace of a stream, with what the rules did that let its connection in. */
  #begin(stream: Stream): Trace {
    const trace = this.#recorder!.begin(stream);
    trace.lines.push(...linesOf(stream.session));
    return trace;
  }

  #handle(stream: Stream, plain: Handler): Promise<unknown> | undefined {
    const asked = this.#asked(stream);
    if (!asked && !this.#wanted(stream)) return plain(stream);
    if (this.#prepare() !== undefined) return plain(stream);
    const twin = this.#twins!.get(stream.frontend.name)!;
    const trace = this.#begin(stream);
    const { request } = stream;
    trace.target = request?.target;
    const text = `${request?.method} ${request?.target}`;
    const done = twin.handle(stream);
    if (done === undefined) this.#finish(stream, trace, text, asked);
    else {
      return done.catch((error) => twin.handleError(stream, error))
        .then(() => this.#finish(stream, trace, text, asked));
    }
  }

  /** The trace of a connection of TCP; undefined: none is wanted. */
  #connection(stream: Stream): Trace | undefined {
    const known = this.#connections.get(stream);
    if (known !== undefined) return known === "plain" ? undefined : known;
    const wanted = this.#wanted(stream) && this.#prepare() === undefined;
    const trace = wanted ? this.#begin(stream) : undefined;
    this.#connections.set(stream, trace ?? "plain");
    return trace;
  }

  /** Rules about what a connection sends are tried again whenever more has come: the last time is told. */
  #inspect(stream: Stream, plain: ContentRules): ReturnType<ContentRules["run"]> {
    const trace = this.#connection(stream);
    if (trace === undefined) return plain.run(stream);
    trace.lines.length = linesOf(stream.session).length;
    const outcome = this.#twins!.get(stream.frontend.name)!.content!.run(stream);
    const note = (verdict: Awaited<typeof outcome>) => {
      if (verdict?.type === "reject") this.#finish(stream, trace, "a connection", false);
      return verdict;
    };
    return outcome instanceof Promise ? outcome.then(note) : note(outcome);
  }

  #select(stream: Stream, plain: Frontend["selectBackend"]): Backend | undefined {
    const trace = this.#connection(stream);
    if (trace === undefined) return plain(stream);
    const backend = this.#twins!.get(stream.frontend.name)!.selectBackend(stream);
    if (backend === undefined || backend.mode === "http") {
      this.#finish(stream, trace, "a connection", false);
      return backend;
    }
    // The trace ends when a server has the connection.
    const own: Backend = Object.create(backend);
    own.serverReached = (reached) => {
      backend.serverReached?.(reached);
      this.#finish(reached, trace, "a connection", false);
    };
    return own;
  }

  /** The header with the secret is there; whatever stands in it, it is taken away. */
  #asked({ request }: Stream): boolean {
    if (this.#header === undefined || request === undefined) return false;
    const value = request.get(this.#header);
    if (value === undefined) return false;
    request.removeAll(this.#header);
    return timingSafeEqual(digest(value), this.#secret!);
  }

  /** What is known of a connection fits. */
  #mayWant({ frontend, remote }: StreamOwner): boolean {
    const wish = this.#wish;
    if (wish === undefined) return false;
    if (wish.frontend !== undefined && wish.frontend !== frontend.name) return false;
    return this.#source === undefined || this.#source(remote.host);
  }

  #wanted({ session, request, frontend }: Stream): boolean {
    const wish = this.#wish;
    if (wish === undefined) return false;
    if (wish.frontend !== undefined && wish.frontend !== frontend.name) return false;
    if (this.#source !== undefined && !this.#source(session.remote.host)) return false;
    if (wish.header !== undefined) {
      const value = request?.get(wish.header);
      if (value === undefined) return false;
      if (wish.value !== undefined && !value.includes(wish.value)) return false;
    }
    this.count();
    return true;
  }

  /** what has been traced to its end, for `show trace` */
  #done: string | undefined;

  get done(): string | undefined {
    return this.#done;
  }

  #finish(stream: Stream, trace: Trace, request: string, tell: boolean): void {
    const { traces, process } = this.#o;
    const wall = process.wall();
    const id = traces.nextId(wall);
    const reply = stream.reply;
    const sent = stream.lastServer === undefined || stream.request === undefined
      ? null
      : maskedFields(stream.request.toString().split("\r\n").filter((line) => line !== ""));
    traces.add({
      id,
      at: wall,
      request,
      from: stream.session.remote.host,
      report: reportOf(stream, trace, variablesOf(stream), reply?.head.status),
      sent,
      byHeader: tell,
      left: trace.left,
    });
    if (tell) reply?.head.append(TRACE_ID, id);
  }
}

/** What was written down when the connection was let in. */
function linesOf({ admission }: StreamOwner): Trace["lines"] {
  return (admission ?? []) as Trace["lines"];
}

/** Of the same length for every text. */
function digest(text: string): Uint8Array {
  return createHash("sha256").update(text, "latin1").digest();
}
