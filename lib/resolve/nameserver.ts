/** One DNS server (manual 5.3.2 `nameserver`): questions out over UDP, or TCP where answers are long. */
import type { NameserverConfig } from "../config/model_resolvers.ts";
import type { Conn, Connecting, Transport } from "../net/conn.ts";
import { IoStatus } from "../net/conn.ts";
import { writeAll } from "../net/io.ts";
import { type Answer, idOf, type Question, readAnswer, writeQuestion } from "./message.ts";
import type { DatagramPort, OpenDatagrams } from "./udp.ts";

/** What `show resolvers` counts, in its order. */
export const COUNTERS = [
  "sent",
  "snd_error",
  "valid",
  "update",
  "cname",
  "cname_error",
  "any_err",
  "nx",
  "timeout",
  "refused",
  "other",
  "invalid",
  "too_big",
  "truncated",
  "outdated",
] as const;

export interface NameserverParts {
  readonly transport: Transport;
  readonly openDatagrams: OpenDatagrams;
  /** bytes of an answer over UDP (`accepted_payload_size`) */
  readonly payloadSize: number;
  /** ms that an exchange over TCP may take */
  readonly timeout: number;
}

interface Pending {
  readonly question: Question;
  readonly bytes: Uint8Array;
  readonly answered: (answer: Answer) => void;
  tcp: { cancel(): void } | undefined;
}

export class Nameserver {
  readonly config: NameserverConfig;
  readonly counters: Record<typeof COUNTERS[number], number> = Object.fromEntries(
    COUNTERS.map((name) => [name, 0]),
  ) as Record<typeof COUNTERS[number], number>;
  readonly #parts: NameserverParts;
  /** by id */
  readonly #pending = new Map<number, Pending>();
  #port: DatagramPort | undefined;

  constructor(config: NameserverConfig, parts: NameserverParts) {
    this.config = config;
    this.#parts = parts;
  }

  /**
   * Asks; `answered` is called with what comes, truncated answers after the whole was fetched over TCP. It may never be
   * called, and it is called once at most. Ask with the same id again to send it again, unless the answer is on its
   * way over TCP.
   */
  ask(question: Question, answered: (answer: Answer) => void): void {
    if (this.#pending.get(question.id)?.tcp !== undefined) return;
    const { payloadSize } = this.#parts;
    const pending: Pending = {
      question,
      bytes: writeQuestion(question, payloadSize),
      answered,
      tcp: undefined,
    };
    this.#pending.set(question.id, pending);
    if (this.config.transport === "tcp") {
      this.#askByTcp(pending);
      return;
    }
    this.#port ??= this.#parts.openDatagrams(this.config, (bytes) => this.#came(bytes));
    const sent = this.#port?.send(pending.bytes) === true;
    this.counters[sent ? "sent" : "snd_error"]++;
  }

  /** Nobody waits for an answer any more. */
  forget(id: number): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    pending.tcp?.cancel();
    if (this.#pending.size > 0) return;
    this.#port?.close();
    this.#port = undefined;
  }

  close(): void {
    for (const id of [...this.#pending.keys()]) this.forget(id);
  }

  #came(bytes: Uint8Array): void {
    const { counters } = this;
    const pending = this.#pending.get(idOf(bytes));
    if (pending === undefined) {
      counters.outdated++;
      return;
    }
    if (bytes.length > this.#parts.payloadSize) {
      counters.too_big++;
      return;
    }
    const answer = readAnswer(bytes, pending.question);
    if (answer.status === "truncated") {
      counters.truncated++;
      if (pending.tcp === undefined) this.#askByTcp(pending);
      return;
    }
    this.#take(answer, pending);
  }

  #take(answer: Answer, pending: Pending): void {
    const { counters } = this;
    switch (answer.status) {
      case "foreign":
      case "invalid":
        // Somebody else may have sent it: the right one may yet come.
        counters.invalid++;
        return;
      case "empty":
        counters.any_err++;
        break;
      case "truncated":
        counters.truncated++;
        return;
      default:
        counters[answer.status]++;
    }
    if (answer.alias) counters.cname++;
    pending.answered(answer);
  }

  async #askByTcp(pending: Pending): Promise<void> {
    const { host, port } = this.config;
    const connecting: Connecting = this.#parts.transport.connect({ type: "tcp", host, port }, {
      timeout: this.#parts.timeout,
    });
    pending.tcp = connecting;
    const made = await connecting.promise;
    if ("failed" in made) {
      if (made.failed !== "aborted") this.counters.snd_error++;
      pending.tcp = undefined;
      return;
    }
    pending.tcp = { cancel: () => made.close() };
    this.counters.sent++;
    const bytes = await exchange(made, pending.bytes);
    made.close();
    pending.tcp = undefined;
    const { id } = pending.question;
    if (bytes === undefined || this.#pending.get(id) !== pending) return;
    this.#take(readAnswer(bytes, pending.question), pending);
  }
}

/** One question and its answer, each behind its length (RFC 1035 section 4.2.2). */
async function exchange(conn: Conn, question: Uint8Array): Promise<Uint8Array | undefined> {
  const out = new Uint8Array(question.length + 2);
  out[0] = question.length >> 8;
  out[1] = question.length;
  out.set(question, 2);
  if (await writeAll(conn, out) < 0) return undefined;
  const head = new Uint8Array(2);
  if (!await readWhole(conn, head)) return undefined;
  const answer = new Uint8Array(head[0] << 8 | head[1]);
  return answer.length > 0 && await readWhole(conn, answer) ? answer : undefined;
}

async function readWhole(conn: Conn, into: Uint8Array): Promise<boolean> {
  for (let at = 0; at < into.length;) {
    const n = await conn.read(into.subarray(at));
    if (n <= IoStatus.Eof) return false;
    at += n;
  }
  return true;
}
