/** The request's body on its way to the server, beside the answer coming back. */
import { Timer } from "../net/timers.ts";
import { IoStatus } from "../net/conn.ts";
import { writeAll } from "../net/io.ts";
import { PC } from "../state/traffic.ts";
import type { Pacer } from "../expr/pacer.ts";
import { roomFor } from "./body_path.ts";
import { FULL } from "./inbox.ts";
import type { HttpSession } from "./http_session.ts";
import type { Stream } from "./stream.ts";
import type { EncodedBody } from "./request_coding.ts";
import type { UpstreamConn } from "./upstream.ts";

/**
 * Pumps the rest of a request's body. On a failure of the client the stream knows the cause and the server's
 * connection is closed, which wakes whoever waits for the answer. On a failure of the server it stops: an answer may
 * be there already. It goes on when the answer is complete, as HAProxy does.
 *
 * The client's silence has a timer of its own, because the session's may watch it take the answer meanwhile.
 */
export class RequestPump {
  /** Resolves when nothing more is read or written; never rejects. */
  readonly ended: Promise<void>;
  readonly #stream: Stream;
  readonly #session: HttpSession;
  readonly #upstream: UpstreamConn;
  readonly #timer: Timer;
  readonly #clientTimeout: number | undefined;
  readonly #serverTimeout: number | undefined;
  /** it is compressed on the way; undefined: it goes as it comes */
  readonly #encoded: EncodedBody | undefined;
  #reading = false;
  /** a piece waits for the server to take it */
  writing = false;
  /** the server does not take it */
  failed = false;

  constructor(
    stream: Stream,
    session: HttpSession,
    upstream: UpstreamConn,
    serverTimeout: number | undefined,
    encoded?: EncodedBody,
  ) {
    this.#stream = stream;
    this.#session = session;
    this.#upstream = upstream;
    this.#clientTimeout = stream.frontend.config.timeouts.client;
    this.#serverTimeout = serverTimeout;
    this.#encoded = encoded;
    this.#timer = new Timer(session.process.wheel, () => this.#expire());
    this.ended = this.#run();
  }

  /** The client has taken a part of the answer: it is alive. */
  touch(): void {
    if (this.#reading && this.#clientTimeout !== undefined) this.#timer.set(this.#clientTimeout);
  }

  #expire(): void {
    if (!this.#reading) return;
    const { responseAt } = this.#stream;
    this.#stream.fail("c", responseAt < 0 ? "H" : "D");
    // Before the answer begins the client can still hear why: who waits for the server makes a 408 of it.
    if (responseAt < 0) this.#upstream.close();
    else this.#session.end();
  }

  /** Writes as fast as the limits let it (`filter bwlim-in`). */
  async #writePaced(bytes: Uint8Array, pacers: readonly Pacer[]): Promise<number> {
    const { clock } = this.#session.process;
    for (let at = 0; at < bytes.length;) {
      this.#upstream.unwatch();
      const n = await roomFor(pacers, bytes.length - at, clock, () => this.#upstream.closed);
      if (n === 0) return IoStatus.Failed;
      this.#upstream.watch(this.#serverTimeout);
      const status = await writeAll(this.#upstream.conn, bytes.subarray(at, at + n));
      if (status < 0) return status;
      at += n;
    }
    return 0;
  }

  /** Writes pieces of content encoded, no faster than the limits on either side of the encoder let it. */
  async #writeEncoded(
    encoded: EncodedBody,
    bytes: Uint8Array,
    spans: readonly number[],
    last: boolean,
  ): Promise<number> {
    const { contentPacers } = encoded.coding;
    const write = (out: Uint8Array) => this.#writePaced(out, this.#stream.requestPacers ?? []);
    try {
      if (contentPacers.length === 0) return await write(await encoded.encode(bytes, spans, last));
      const { clock } = this.#session.process;
      for (let i = 0; i < spans.length; i += 2) {
        for (let at = spans[i]; at < spans[i + 1];) {
          this.#upstream.unwatch();
          const left = spans[i + 1] - at;
          const n = await roomFor(contentPacers, left, clock, () => this.#upstream.closed);
          if (n === 0) return IoStatus.Failed;
          const status = await write(await encoded.encode(bytes, [at, at += n], false));
          if (status < 0) return status;
        }
      }
      return last ? await write(await encoded.encode(bytes, [], true)) : 0;
    } catch {
      // The encoder has failed: the server cannot be given the rest.
      this.#upstream.close();
      return IoStatus.Failed;
    }
  }

  async #run(): Promise<void> {
    const { inbox, body } = this.#session;
    const stream = this.#stream;
    const upstream = this.#upstream;
    const encoded = this.#encoded;
    const spans: number[] = [];
    const onData = encoded && ((from: number, to: number) => spans.push(from, to));
    while (!body.done) {
      inbox.enlarge();
      const r = inbox.fill();
      if (r === FULL) break;
      let n: number;
      if (typeof r === "number") n = r;
      else {
        this.#reading = true;
        this.touch();
        n = await r;
        this.#reading = false;
      }
      inbox.took(n);
      if (n <= 0) {
        stream.fail("C", "D");
        upstream.close();
        break;
      }
      const end = body.consume(inbox.bytes, inbox.start, inbox.end, onData);
      if (end < 0) {
        stream.fail("P", stream.responseAt < 0 ? "H" : "D");
        upstream.close();
        break;
      }
      if (body.bytes > stream.requestLimit) {
        stream.requestTooLarge = true;
        stream.fail("P", stream.responseAt < 0 ? "H" : "D");
        (stream.backend ?? stream.frontend).counters.add(PC.dreq, 1);
        upstream.close();
        break;
      }
      stream.bytesIn += end - inbox.start;
      upstream.watch(this.#serverTimeout);
      const pacers = stream.requestPacers;
      const w = encoded !== undefined
        ? this.#writeEncoded(encoded, inbox.bytes, spans.splice(0), body.done)
        : pacers === undefined
        ? writeAll(upstream.conn, inbox.bytes.subarray(inbox.start, end))
        : this.#writePaced(inbox.bytes.subarray(inbox.start, end), pacers);
      let status: number;
      if (typeof w === "number") status = w;
      else {
        this.writing = true;
        status = await w;
        this.writing = false;
      }
      inbox.consume(end);
      if (status < 0) {
        this.failed = true;
        break;
      }
      // A server that has answered owes nothing while the client takes its time.
      if (upstream.complete) upstream.unwatch();
    }
    this.#timer.clear();
    encoded?.drop();
  }
}
