/**
 * Requests that sluice makes itself: copies for a second backend (`mirror-to`), objects of a cache that are fetched
 * anew. Each is a session on a connection in memory, so that balancing, queues, retries and timeouts are those of
 * every other request.
 *
 * Laws:
 * - Nobody waits for them: `send` answers at once, and what becomes of a request concerns no other one.
 * - At most MOST are under way in a thread, each for at most LONGEST; what is beyond that is not sent.
 * - The answer is read and thrown away; whoever wants it takes it on its way (a cache).
 */
import type { Address, Listener, TlsInfo } from "../net/conn.ts";
import { connPair } from "../net/memory_conn.ts";
import { discard, writeAll } from "../net/io.ts";
import { bytesOfLatin1 } from "../http1/bytes.ts";
import type { Head } from "../http1/head.ts";
import type { Frontend } from "./frontend.ts";
import { HttpSession } from "./http_session.ts";
import type { InnerRequest } from "./inner_request.ts";
import { Listening } from "./listening.ts";
import type { ProcessContext } from "./process_context.ts";

const MOST = 200;
/** ms */
const LONGEST = 30_000;
const CAPACITY = 65_536;

export interface InnerMessage extends InnerRequest {
  readonly bytes: Uint8Array;
  /** the client's address, and where it came to */
  readonly remote: Address;
  readonly local: Address;
  readonly tls?: TlsInfo | undefined;
  readonly done?: () => void;
}

/** Nobody connects to it. */
const NOWHERE: Listener = {
  address: { family: 4, host: "127.0.0.1", port: 0 },
  start() {},
  pause() {},
  resume() {},
  close() {},
};

export class InnerClient {
  readonly #listening: Listening;
  readonly #process: ProcessContext;
  #running = 0;
  /** requests that were not sent, because too many were under way */
  dropped = 0;

  constructor(frontend: Frontend, process: ProcessContext) {
    const bind = {
      addresses: [],
      v4v6: false,
      v6only: false,
      deferAccept: false,
      span: frontend.config.span,
    };
    this.#listening = new Listening(NOWHERE, "inner", bind, frontend);
    this.#process = process;
  }

  /** False: there are too many under way. */
  send(message: InnerMessage): boolean {
    if (this.#running >= MOST) {
      this.dropped++;
      return false;
    }
    this.#running++;
    this.#exchange(message).catch((error) => this.#process.internalError("inner request", error));
    return true;
  }

  async #exchange(message: InnerMessage): Promise<void> {
    const process = this.#process;
    const { remote, local, tls, bytes, done } = message;
    const { client, server } = connPair(remote, local, { local, remote, tls }, {
      capacity: CAPACITY,
      immediate: true,
    });
    const session = new HttpSession(server, this.#listening, process);
    session.inner = message;
    const cancel = process.clock.after(LONGEST, () => {
      client.abort();
      server.abort();
    });
    try {
      const running = session.run();
      if (await writeAll(client, bytes) >= 0) {
        await discard(client, new Uint8Array(16_384), Infinity);
      }
      client.close();
      await running;
    } finally {
      cancel();
      this.#running--;
      session.frontend.lifetime.letGo();
      done?.();
    }
  }
}

/** Fields of a connection or of one message's framing. */
const OWN: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "content-length",
  "expect",
]);

/** A request as it is now, with this body, and without the fields that `drop` names (in lower case). */
export function copyOfRequest(
  head: Head,
  body: string,
  drop: ReadonlySet<string> = new Set(),
): Uint8Array {
  const left = new Set<string>();
  for (const name of (head.get("connection") ?? "").split(",")) left.add(name.trim().toLowerCase());
  let text = `${head.method} ${head.target} HTTP/1.1\r\n`;
  for (let i = 0; i < head.count; i++) {
    if (head.isRemoved(i)) continue;
    const name = head.name(i);
    const lower = name.toLowerCase();
    if (!OWN.has(lower) && !drop.has(lower) && !left.has(lower)) {
      text += `${name}: ${head.value(i)}\r\n`;
    }
  }
  if (body.length > 0) text += `Content-Length: ${body.length}\r\n`;
  return bytesOfLatin1(`${text}Connection: close\r\n\r\n${body}`);
}
