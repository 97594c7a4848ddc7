/**
 * Conversation: one run of a check's steps over its connection.
 *
 * Laws:
 * - It ends by its deadline, whatever the server does, and looks at no more than `bufsize` bytes of an answer.
 * - Expectations that follow one another are judged on the same bytes, all of them again whenever more has come.
 * - A step `send` and a step `connect` begin a new answer: what came before is forgotten.
 * - The connection is ended by a reset, which leaves nothing behind on either side, unless the step says `linger` or
 *   something was sent last, which must arrive.
 */
import type { Conn, Connecting, Target } from "../../net/conn.ts";
import { IoStatus } from "../../net/conn.ts";
import { writeAll } from "../../net/io.ts";
import type { ServerTlsClient } from "../../tls/client.ts";
import { connectFromRange } from "../../net/source_ports.ts";
import { throughProxy } from "../../net/through_proxy.ts";
import { Timer } from "../../net/timers.ts";
import type { CheckContext, CheckLimits, RunningCheck } from "../check.ts";
import { connectResult } from "../connect_result.ts";
import { type CheckResult, checkResult } from "../result.ts";
import type { Answer } from "./answer.ts";
import { emptyInfo, stepInfo } from "./messages.ts";
import { checksWithH2, h2CheckConn } from "../h2_conn.ts";
import { checkHeader, checksWithHeader } from "./proxy_line.ts";
import type { ConnectStep, ExpectStep, Judgement, SendStep, Sequence, Step } from "./steps.ts";
import type { CheckView } from "./view.ts";

/** bytes that an answer is first read into */
const FIRST_SIZE = 1024;
/** After so many reads of one answer the next ones wait: a server that drips makes us look again each time. */
const QUICK_READS = 32;
const SLOW_READ = 10;

export class Conversation implements RunningCheck {
  readonly promise: Promise<CheckResult | undefined>;
  readonly #sequence: Sequence;
  readonly #context: CheckContext;
  readonly #target: Target;
  readonly #limits: CheckLimits;
  readonly #view: CheckView;
  readonly #answer: Answer;
  readonly #startedAt: number;
  readonly #deadline: Timer;
  #at: Step;
  #connecting: Connecting | undefined;
  #conn: Conn | undefined;
  /** the connection speaks TLS */
  #isSecure = false;
  #linger = false;
  /** what was sent last may be under way still */
  #sentLast = false;
  #expired = false;
  #cancelled = false;
  #wake: (() => void) | undefined;
  #bytes = new Uint8Array(0);
  #length = 0;
  #reads = 0;
  /** the server has finished sending */
  #ended = false;

  constructor(
    sequence: Sequence,
    context: CheckContext,
    view: CheckView,
    answer: Answer,
    target: Target,
    limits: CheckLimits,
  ) {
    this.#sequence = sequence;
    this.#context = context;
    this.#view = view;
    this.#answer = answer;
    this.#target = target;
    this.#limits = limits;
    this.#at = sequence.steps[0];
    this.#startedAt = context.wheel.now();
    this.#deadline = new Timer(context.wheel, () => {
      this.#expired = true;
      this.#giveUp();
    });
    this.promise = this.#run();
  }

  cancel(): void {
    this.#cancelled = true;
    this.#giveUp();
  }

  #giveUp(): void {
    this.#connecting?.cancel();
    this.#conn?.abort();
    this.#wake?.();
  }

  async #run(): Promise<CheckResult | undefined> {
    const { steps } = this.#sequence;
    let judgement: Judgement | CheckResult | undefined;
    let mustRead = true;
    this.#view.begin();
    for (let i = 0; i < steps.length && judgement === undefined;) {
      const step = this.#at = steps[i];
      if (step.type === "expect") {
        let end = i + 1;
        while (end < steps.length && steps[end].type === "expect") end++;
        judgement = await this.#expect(steps.slice(i, end) as ExpectStep[], mustRead);
        mustRead = false;
        i = end;
      } else if (step.type === "variable") {
        step.run(this.#view);
        i++;
      } else {
        judgement = step.type === "connect" ? await this.#connect(step) : await this.#send(step);
        mustRead = true;
        i++;
      }
    }
    judgement ??= this.#success(steps.findLast(({ type }) => type !== "variable")!);
    if (this.#view.variables !== undefined) {
      this.#view.process.variableLimits.endStream(this.#view);
    }
    this.#deadline.clear();
    this.#close();
    if (this.#cancelled) return undefined;
    if ("durationMs" in judgement) return judgement;
    const { status, info, code } = judgement;
    return checkResult(status, this.#took(), info, code);
  }

  #took(): number {
    return this.#context.wheel.now() - this.#startedAt;
  }

  #close(): void {
    const conn = this.#conn;
    if (conn === undefined) return;
    this.#conn = undefined;
    if (this.#linger || this.#sentLast) conn.close();
    else conn.abort();
  }

  #begin(method: string): void {
    this.#length = this.#reads = 0;
    this.#ended = false;
    this.#answer.reset(method);
    this.#view.response = undefined;
    this.#view.answer = "";
  }

  async #connect(step: ConnectStep): Promise<Judgement | CheckResult | undefined> {
    this.#deadline.clear();
    this.#close();
    this.#begin("");
    const target = this.#targetOf(step);
    if (target === undefined) {
      return { status: "SOCKERR", info: this.#where("no port to connect to") };
    }
    const { transport, wheel, server } = this.#context;
    const { connect, total, read } = this.#limits;
    const start = wheel.now();
    const { checkThrough, through } = server.config;
    const proxy = step.viaSocks || (step.asServer && checkThrough) ? through : undefined;
    const { source, socket } = server.outgoing;
    this.#connecting = connectFromRange(transport, proxy ? { ...proxy, type: "tcp" } : target, {
      timeout: connect,
      socket,
      source,
    });
    let made = await this.#connecting.promise;
    this.#connecting = undefined;
    if (proxy !== undefined && target.type === "tcp" && !("failed" in made)) {
      this.#conn = made;
      made = await throughProxy(made, proxy, target.host, target.port, wheel, connect);
      this.#conn = undefined;
    }
    if ("failed" in made) {
      // Taken, and reset before we heard of it: to connect was possible.
      if (/\breset\b/.test(made.message)) {
        return step === this.#sequence.steps.at(-1) ? undefined : this.#failed(IoStatus.Reset);
      }
      return connectResult(made, this.#took(), stepInfo(this.#sequence, step)) ?? { status: "UNK" };
    }
    this.#conn = made;
    this.#linger = step.linger;
    this.#sentLast = false;
    this.#view.serverLocal = made.local;
    if (this.#cancelled) return { status: "UNK" };
    this.#deadline.setAt(read === undefined ? start + total : wheel.now() + read);
    if (step.sendProxy || (step.asServer && checksWithHeader(server.config))) {
      this.#sentLast = true;
      const judgement = await this.#written(writeAll(made, checkHeader(made, server.config)));
      if (judgement !== undefined) return judgement;
    }
    if (step.ssl || (step.asServer && checksWithTls(server))) {
      const judgement = await this.#secure(made, server.tls!, step);
      if (judgement !== undefined) return judgement;
    }
    const conn = this.#conn;
    if (this.#sequence.http && speaksH2(step, server, conn)) {
      this.#conn = h2CheckConn(conn, () => wheel.now());
    }
  }

  /** The TLS handshake, within the time that the check has. */
  async #secure(
    made: Conn,
    client: ServerTlsClient,
    step: ConnectStep,
  ): Promise<Judgement | undefined> {
    const secure = client.check(made, step);
    this.#conn = secure;
    const failure = await secure.establish();
    if (failure === undefined) {
      this.#isSecure = true;
      return undefined;
    }
    if (this.#expired) return { status: "L6TOUT", info: stepInfo(this.#sequence, this.#at) };
    return { status: "L6RSP", info: this.#where(failure.message) };
  }

  #targetOf({ port, addr }: ConnectStep): Target | undefined {
    const target = this.#target;
    if (port === undefined && addr === undefined) return target;
    const given = typeof port === "function" ? port(this.#view) : port;
    if (given === undefined && port !== undefined) return undefined;
    if (target.type === "unix") {
      return addr === undefined || given === undefined
        ? undefined
        : { type: "tcp", host: addr, port: given };
    }
    return { type: "tcp", host: addr ?? target.host, port: given ?? target.port };
  }

  async #send(step: SendStep): Promise<Judgement | undefined> {
    this.#begin(step.method ?? "");
    const data = step.data(this.#view);
    if (data === undefined) return { status: "SOCKERR", info: this.#where("nothing to send") };
    if (data.length === 0) return;
    this.#sentLast = true;
    return await this.#written(writeAll(this.#conn!, data));
  }

  async #written(writing: number | Promise<number>): Promise<Judgement | undefined> {
    const status = typeof writing === "number" ? writing : await writing;
    return status < 0 ? this.#failed(status) : undefined;
  }

  /** Judges a chain of expectations until all are good, one is not, or nothing more can come. */
  async #expect(chain: readonly ExpectStep[], mustRead: boolean): Promise<Judgement | undefined> {
    const answer = this.#answer;
    for (;; mustRead = true) {
      if (mustRead) {
        this.#sentLast = false;
        const failed = await this.#read();
        if (failed !== undefined) return failed;
      }
      this.#view.answer = answer.text;
      this.#view.response = answer.head;
      const last = this.#ended || answer.complete || this.#length >= this.#context.bufsize;
      let more = false;
      for (const step of chain) {
        this.#at = step;
        if (answer.empty && last && step.emptyStatus !== undefined) {
          return { status: step.emptyStatus, info: emptyInfo(step) };
        }
        const judged = step.judge(answer, last, this.#view);
        more = judged === "more";
        if (more) break;
        if (judged !== "good") return judged as Judgement;
      }
      if (!more) return undefined;
    }
  }

  /** Takes what comes next; nothing when it is all there already. */
  async #read(): Promise<Judgement | undefined> {
    const { bufsize } = this.#context;
    if (this.#ended || this.#length >= bufsize) return;
    if (++this.#reads > QUICK_READS) await this.#pause();
    if (this.#length === this.#bytes.length) {
      const more = new Uint8Array(Math.min(Math.max(this.#bytes.length * 2, FIRST_SIZE), bufsize));
      more.set(this.#bytes);
      this.#bytes = more;
    }
    const reading = this.#conn!.read(this.#bytes.subarray(this.#length));
    const count = typeof reading === "number" ? reading : await reading;
    if (this.#expired || this.#cancelled) return this.#failed(IoStatus.Aborted);
    if (count > 0) this.#length += count;
    else this.#ended = true;
    const over = this.#ended || this.#length >= bufsize;
    this.#answer.update(this.#bytes, this.#length, over);
    // A reset behind a whole answer is how many servers end a connection.
    if (count < 0 && (this.#length === 0 || this.#answer.malformed)) return this.#failed(count);
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = new Timer(this.#context.wheel, resolve);
      this.#wake = () => {
        timer.clear();
        resolve();
      };
      timer.set(SLOW_READ);
    });
  }

  #failed(status: number): Judgement {
    const step = this.#at;
    if (this.#expired) {
      return {
        status: step.type === "expect" ? step.timeoutStatus : "L7TOUT",
        info: stepInfo(this.#sequence, step),
      };
    }
    return { status: "SOCKERR", info: this.#where(errorText(status)) };
  }

  #where(text: string): string {
    return text + stepInfo(this.#sequence, this.#at);
  }

  #success(last: Step): Judgement {
    if (last.type === "expect") return last.success(this.#answer, this.#view);
    const info = last.step === 0 ? "" : "(tcp-check)";
    if (last.type !== "connect") return { status: "L7OK", info };
    return { status: this.#isSecure ? "L6OK" : "L4OK", info };
  }
}

/** Manual 5.2 `check-ssl`: TLS as for streams, unless checks go to a place of their own. */
function checksWithTls({ tls, config }: CheckContext["server"]): boolean {
  if (tls === undefined) return false;
  return tls.config.checkSsl === true ||
    (tls.config.checkSsl === undefined && tls.config.ssl && config.checkPort === undefined &&
      config.checkAddr === undefined);
}

function speaksH2(
  { proto, asServer }: ConnectStep,
  { config }: CheckContext["server"],
  { tls }: Conn,
): boolean {
  if (proto !== undefined) return proto === "h2";
  return asServer ? checksWithH2(config, tls?.alpn) : tls?.alpn === "h2";
}

function errorText(status: number): string {
  switch (status) {
    case IoStatus.Reset:
      return "Connection reset by peer";
    case IoStatus.TimedOut:
      return "Connection timed out";
  }
  return "Input/output error";
}
