/** One way through a proxy: a client that sends one case, and the origin that only this way leads to. */
import { bytesOfLatin1, latin1 } from "../../lib/http1/bytes.ts";
import { NO_END, readMessages } from "./strict_http1.ts";

/** ms after which a connection that says nothing more is given up */
const PATIENCE_MS = 2500;

export interface Seen {
  /** what came back to the client */
  readonly client: string;
  /** the proxy closed the connection */
  readonly closed: boolean;
  /** what each connection to the origin carried, in the order in which they were opened */
  readonly origin: readonly string[];
}

/** Reads until the peer closes, or for `PATIENCE_MS`. */
async function readAll(conn: Deno.Conn, seen: (text: string) => void): Promise<boolean> {
  const buffer = new Uint8Array(65536);
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<undefined>((done) => {
      timer = setTimeout(() => done(undefined), Math.max(0, until - performance.now()));
    });
    const n = await Promise.race([conn.read(buffer).catch(() => null), silence]);
    clearTimeout(timer);
    if (n === null || n === undefined) return n === null;
    seen(latin1(buffer, 0, n));
  }
}

/** What the origin answers to the request number `n` of a case, and whether it closes then. */
export type Answer = (n: number) => { bytes: string; close: boolean };

export class Lane {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly originPort = (this.#listener.addr as Deno.NetAddr).port;
  readonly #open = new Set<Deno.Conn>();
  #seen: string[] = [];
  #answered = 0;
  #answer: Answer = () => ({ bytes: "", close: true });

  constructor(readonly port: number) {
    this.#accept();
  }

  async #accept(): Promise<void> {
    for await (const conn of this.#listener) {
      this.#open.add(conn);
      this.#serve(conn).catch(() => {}).finally(() => {
        this.#open.delete(conn);
        try {
          conn.close();
        } catch {
          // it is
        }
      });
    }
  }

  async #serve(conn: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(65536);
    // A connection may be of a case that is over: it goes on in the list of the case that uses it.
    let list = this.#seen, slot = -1, text = "", done = 0;
    for (;;) {
      const n = await conn.read(buffer);
      if (n === null) return;
      if (list !== this.#seen || slot < 0) {
        list = this.#seen;
        slot = list.push("") - 1;
        text = "";
        done = 0;
      }
      text += latin1(buffer, 0, n);
      list[slot] = text;
      const { messages, wrong } = readMessages(text, false);
      const complete = messages.filter((m) => m.complete).length;
      for (; done < complete; done++) {
        const { bytes, close } = this.#answer(this.#answered++);
        if (bytes !== "") await conn.write(bytesOfLatin1(bytes));
        if (close) return;
      }
      if (wrong !== undefined && wrong !== NO_END) return;
    }
  }

  /** Sends the bytes, reads until the proxy closes. */
  async run(bytes: string, answer: Answer): Promise<Seen> {
    this.#seen = [];
    this.#answered = 0;
    this.#answer = answer;
    const origin = this.#seen;
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: this.port });
    let client = "";
    try {
      conn.write(bytesOfLatin1(bytes)).catch(() => {});
      const closed = await readAll(conn, (text) => client += text);
      return { client, closed, origin };
    } finally {
      conn.close();
    }
  }

  close(): void {
    this.#listener.close();
    for (const conn of this.#open) conn.close();
  }
}
