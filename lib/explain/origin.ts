/** The servers of an explanation: they take every connection, keep what they are sent, and give one answer. */
import { bytesOfLatin1, latin1 } from "../http1/bytes.ts";
import { BodyReader } from "../http1/body.ts";
import { Head } from "../http1/head.ts";
import { DEFAULT_PARSE_OPTIONS } from "../http1/parse_fields.ts";
import { findRequestEnd, parseRequest } from "../http1/parse_request.ts";
import { reasonPhrase } from "../http1/reason.ts";
import type {
  Address,
  Conn,
  ConnectFailure,
  Connecting,
  ConnectOptions,
  ListenFailure,
  Target,
  Transport,
} from "../net/conn.ts";
import { connPair, type MemoryConn } from "../net/memory_conn.ts";

/** What servers answer. */
export interface OriginAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** latin1 */
  readonly body: string;
}

export const OK_ANSWER: OriginAnswer = { status: 200, headers: [], body: "" };

/** A connection that the proxy made, and what came on it. */
export interface Arrival {
  /** `10.0.0.1:80`, or the path of a Unix socket */
  readonly address: string;
  /** latin1 */
  text: string;
}

/** bytes that one direction holds: as good as any number here */
const CAPACITY = 1 << 26;

export class Origins implements Transport {
  readonly name = "memory";
  answer: OriginAnswer = OK_ANSWER;
  /** connects to these addresses are refused */
  readonly refused = new Set<string>();
  #arrivals: Arrival[] = [];
  #port = 50000;

  listen(): ListenFailure {
    return { failed: "other", message: "an explanation listens nowhere" };
  }

  connect(target: Target, options: ConnectOptions): Connecting {
    let cancelled = false;
    const promise = Promise.resolve().then((): Conn | ConnectFailure => {
      if (cancelled) return { failed: "aborted", message: "aborted" };
      const address = target.type === "unix" ? target.path : `${target.host}:${target.port}`;
      if (this.refused.has(address)) return { failed: "refused", message: "refused" };
      const server: Address = target.type === "unix"
        ? { family: "unix", host: target.path, port: 0 }
        : { family: target.host.includes(":") ? 6 : 4, host: target.host, port: target.port };
      const client: Address = target.type === "unix"
        ? { family: "unix", host: "", port: 0 }
        : { family: server.family, host: options.source?.host ?? "127.0.0.1", port: this.#port++ };
      const pair = connPair(client, server, { local: server, remote: client }, {
        capacity: CAPACITY,
        immediate: true,
      });
      const arrival = { address, text: "" };
      this.#arrivals.push(arrival);
      serve(pair.server, arrival, () => this.answer);
      return pair.client;
    });
    return { promise, cancel: () => void (cancelled = true) };
  }

  /** What came since the last call. */
  take(): Arrival[] {
    return this.#arrivals.splice(0);
  }
}

/** Reads requests and answers them until the proxy leaves; what is no HTTP is only kept. */
async function serve(
  conn: MemoryConn,
  arrival: Arrival,
  answer: () => OriginAnswer,
): Promise<void> {
  const buffer = new Uint8Array(65536);
  let pending = "";
  const head = new Head();
  const body = new BodyReader();
  let method: string | undefined;
  for (;;) {
    const n = await conn.read(buffer);
    if (n <= 0) break;
    const text = latin1(buffer, 0, n);
    arrival.text += text;
    pending += text;
    while (pending.length > 0) {
      const bytes = bytesOfLatin1(pending);
      let from = 0;
      if (method === undefined) {
        const end = findRequestEnd(bytes, 0, 0, bytes.length, DEFAULT_PARSE_OPTIONS);
        if (end < 0 || parseRequest(head, bytes, 0, end, DEFAULT_PARSE_OPTIONS) !== 0) break;
        method = head.method;
        body.begin(head);
        from = end;
      }
      const to = body.consume(bytes, from, bytes.length);
      if (to < 0) break;
      pending = pending.slice(to);
      if (!body.done) break;
      await conn.write(bytesOfLatin1(textOf(answer(), method)));
      method = undefined;
    }
  }
  conn.close();
}

function textOf({ status, headers, body }: OriginAnswer, method: string): string {
  let text = `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n`;
  for (const [name, value] of headers) text += `${name}: ${value}\r\n`;
  const none = status === 204 || status === 304 || status < 200;
  if (!none) text += `Content-Length: ${body.length}\r\n`;
  return `${text}\r\n${none || method === "HEAD" ? "" : body}`;
}
