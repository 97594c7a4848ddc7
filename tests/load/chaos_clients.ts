/** The clients of the chaos. */
import { delay } from "../support/poll.ts";
import { Random } from "../support/random.ts";
import { bytes, close, MOST_SENT, text } from "./chaos_wire.ts";

const CLIENTS = 48;
/** ms that any request may take: waiting, four connections and answers, the pauses between them. */
const LONGEST = 12_000;

/** What clients saw. */
export class Clients {
  readonly statuses: Record<string, number> = {};
  readonly problems: string[] = [];
  sent = 0;
  slowest = 0;
  readonly #running: Promise<void>[] = [];
  #stopped = false;

  constructor(readonly port: number, readonly seed: number) {
    for (let n = 0; n < CLIENTS; n++) this.#running.push(this.#run(n));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }

  async #run(who: number): Promise<void> {
    const rng = new Random(this.seed + 1000 + who);
    const keeps = who % 2 === 0;
    let conn: Deno.Conn | undefined;
    for (let n = 0; !this.#stopped; n++) {
      const pool = rng.pick(Object.keys(MOST_SENT));
      // A POST on a connection that is not new may be dropped without a word: its sender knows that (RFC 9112 9.3.1).
      const post = !keeps && rng.below(3) === 0;
      const path = `/${pool}/${post ? "POST" : "GET"}/${who}-${n}`;
      const head = post
        ? `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n`
        : `GET ${path} HTTP/1.1\r\nHost: x\r\n`;
      const began = performance.now();
      try {
        conn ??= await Deno.connect({ hostname: "127.0.0.1", port: this.port });
        const last = keeps ? "" : "Connection: close\r\n";
        this.sent++;
        await conn.write(bytes(`${head}${last}\r\n${post ? "body" : ""}`));
        const { status, whole } = await this.#read(conn);
        this.statuses[status] = (this.statuses[status] ?? 0) + 1;
        const took = performance.now() - began;
        this.slowest = Math.max(this.slowest, took);
        if (took > LONGEST) this.problems.push(`${path} took ${Math.round(took)} ms`);
        if (!keeps || !whole) {
          close(conn);
          conn = undefined;
        }
      } catch (error) {
        this.problems.push(`${path}: ${error instanceof Error ? error.message : error}`);
        if (conn !== undefined) close(conn);
        conn = undefined;
      }
      if (rng.below(4) === 0) await delay(rng.below(20));
    }
    if (conn !== undefined) close(conn);
  }

  async #read(conn: Deno.Conn): Promise<{ status: number; whole: boolean }> {
    const buffer = new Uint8Array(16_384);
    let have = "";
    for (;;) {
      const n = await conn.read(buffer).catch(() => null);
      if (n !== null) have += text(buffer.subarray(0, n));
      const end = have.indexOf("\r\n\r\n");
      if (end < 0) {
        if (n === null) throw new Error("the connection ended without an answer");
        continue;
      }
      const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(have)?.[1]);
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(have.slice(0, end))?.[1] ?? 0);
      const closes = /\r\nconnection: close/i.test(have.slice(0, end));
      if (have.length >= end + 4 + length) return { status, whole: !closes };
      // Cut off by the server: the status had gone out already.
      if (n === null) return { status, whole: false };
    }
  }
}
