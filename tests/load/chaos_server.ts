/** A server of the chaos. */
import { delay } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { Random } from "../support/random.ts";
import { answer, bytes, close, text } from "./chaos_wire.ts";

/** One server: it does with each request what chance says. */
export class Server {
  readonly port = freePort();
  readonly #seen: Map<string, number>;
  readonly #rng: Random;
  readonly #conns = new Set<Deno.Conn>();
  #listener: Deno.TcpListener | undefined;
  calm = false;

  /** `host`: its own, so that no outgoing connection takes its port while it is stopped. */
  constructor(readonly host: string, seed: number, seen: Map<string, number>) {
    this.#rng = new Random(seed);
    this.#seen = seen;
    this.start();
  }

  get open(): number {
    return this.#conns.size;
  }

  get running(): boolean {
    return this.#listener !== undefined;
  }

  /** Listens, unless the socket of before is not gone yet: then the next time. */
  start(): void {
    let listener: Deno.TcpListener;
    try {
      listener = this.#listener = Deno.listen({ hostname: this.host, port: this.port });
    } catch (error) {
      if (error instanceof Deno.errors.AddrInUse) return;
      throw error;
    }
    (async () => {
      for (;;) {
        let conn: Deno.TcpConn;
        try {
          conn = await listener.accept();
        } catch {
          if (this.#listener !== listener) return;
          await delay(5);
          continue;
        }
        this.#serve(conn);
      }
    })();
  }

  stop(): void {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.close();
    for (const conn of this.#conns) close(conn);
    this.#conns.clear();
  }

  async #serve(conn: Deno.TcpConn): Promise<void> {
    this.#conns.add(conn);
    try {
      await this.#talk(conn);
    } catch {
      // The proxy, or we ourselves, closed it.
    }
    this.#conns.delete(conn);
    close(conn);
  }

  async #talk(conn: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(16_384);
    let have = "";
    for (;;) {
      let end = have.indexOf("\r\n\r\n");
      while (end < 0) {
        const n = await conn.read(buffer);
        if (n === null) return;
        have += text(buffer.subarray(0, n));
        end = have.indexOf("\r\n\r\n");
      }
      const head = have.slice(0, end);
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      while (have.length < end + 4 + length) {
        const n = await conn.read(buffer);
        if (n === null) return;
        have += text(buffer.subarray(0, n));
      }
      have = have.slice(end + 4 + length);
      const [, path] = head.split(" ", 2);
      if (path === "/check") await conn.write(bytes(answer(200, "good")));
      else if (!await this.#answer(conn, path)) return;
    }
  }

  /** False: the connection ends. */
  async #answer(conn: Deno.TcpConn, path: string): Promise<boolean> {
    this.#seen.set(path, (this.#seen.get(path) ?? 0) + 1);
    const rng = this.#rng;
    const chance = this.calm ? 0 : rng.below(100);
    if (chance < 55) {
      await conn.write(bytes(answer(200, path)));
      return rng.below(20) > 0;
    }
    if (chance < 70) {
      await delay(rng.below(300));
      await conn.write(bytes(answer(200, path)));
      return true;
    }
    if (chance < 78) {
      await conn.write(bytes(answer(rng.pick([500, 502, 503, 504]), "bad")));
      return true;
    }
    if (chance < 86) return false;
    if (chance < 90) {
      await conn.write(bytes("this is no HTTP\r\n\r\n"));
      return false;
    }
    if (chance < 94) {
      await conn.write(bytes("HTTP/1.1 200 OK\r\nContent-Len"));
      return false;
    }
    if (chance < 97) {
      // The head promises more than comes.
      await conn.write(bytes("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\ncut"));
      return false;
    }
    // Silence: the proxy's patience ends first.
    await delay(1500);
    return false;
  }
}
