/**
 * A network in memory: a Transport whose connections are pairs of bounded pipes. Nothing in it waits for anything
 * but promises and the given clock, so a test that moves a fake clock sees everything that happens, in order.
 */
import { parseIp } from "../../lib/net/address.ts";
import type { Clock } from "../../lib/net/clock.ts";
import type {
  Address,
  Conn,
  ConnectFailure,
  Connecting,
  ConnectOptions,
  Listener,
  ListenFailure,
  ListenOptions,
  Place,
  Target,
  Transport,
} from "../../lib/net/conn.ts";
import { connPair, type ConnSettings, type MemoryConn } from "./memory_conn.ts";

/** What a connect to a place finds, when a test says so. */
export type Behaviour = "refused" | "silent" | "unreachable" | "resource";

const ANY = new Set(["0.0.0.0", "::"]);

export class MemoryTransport implements Transport {
  readonly name: string;
  readonly #clock: Clock;
  readonly #settings: ConnSettings;
  readonly #listeners: MemoryListener[] = [];
  readonly #behaviours = new Map<string, Behaviour>();
  #port = 40000;
  /** ends of connections that are open */
  openEnds = 0;
  /** connects that have no answer yet */
  connecting = 0;

  constructor(clock: Clock, settings: Partial<ConnSettings> = {}) {
    this.#clock = clock;
    this.#settings = { capacity: 65536, immediate: false, ...settings };
    this.name = this.#settings.immediate ? "memory (immediate)" : "memory";
  }

  /** Makes connects to `host:port` fail, or hang; undefined: as usual again. */
  behave(address: string, behaviour: Behaviour | undefined): void {
    if (behaviour === undefined) this.#behaviours.delete(address);
    else this.#behaviours.set(address, behaviour);
  }

  listen(place: Place, options: ListenOptions): Listener | ListenFailure {
    if (place.type === "fd") return { failed: "other", message: "no descriptors in memory" };
    let address: Address;
    if (place.type === "unix") address = { family: "unix", host: place.path, port: 0 };
    else {
      const host = place.host === "" || place.host === "*" ? "0.0.0.0" : place.host;
      if (!(place.port >= 0 && place.port < 65536)) {
        return { failed: "other", message: `no such port ${place.port}` };
      }
      if (!ANY.has(host) && !isOwn(host)) {
        return { failed: "addrnotavailable", message: `${host} is not an address of this machine` };
      }
      address = { family: host.includes(":") ? 6 : 4, host, port: place.port || this.#port++ };
    }
    const listener = new MemoryListener(address, options.v6only === true, () => {
      this.#listeners.splice(this.#listeners.indexOf(listener), 1);
    });
    this.#listeners.push(listener);
    return listener;
  }

  connect(target: Target, options: ConnectOptions): Connecting {
    this.connecting++;
    let answered = false;
    let cancelTimeout: (() => void) | undefined;
    let resolve!: (answer: Conn | ConnectFailure) => void;
    const promise = new Promise<Conn | ConnectFailure>((r) => resolve = r);
    const answer = (made: Conn | ConnectFailure) => {
      if (answered) return;
      answered = true;
      this.connecting--;
      cancelTimeout?.();
      resolve(made);
    };
    const fail = (failed: ConnectFailure["failed"]) => answer({ failed, message: failed });
    if (options.timeout !== undefined) {
      cancelTimeout = this.#clock.after(options.timeout, () => fail("timeout"));
    }
    const name = target.type === "unix" ? target.path : `${target.host}:${target.port}`;
    const behaviour = this.#behaviours.get(name);
    if (behaviour !== "silent") {
      queueMicrotask(() => {
        if (answered) return;
        if (behaviour !== undefined) return fail(behaviour);
        const made = this.#reach(target, options);
        if (typeof made === "string") fail(made);
        else answer(made);
      });
    }
    return { promise, cancel: () => fail("aborted") };
  }

  #reach(target: Target, options: ConnectOptions): MemoryConn | ConnectFailure["failed"] {
    const listener = this.#listeners.findLast((each) => each.hears(target));
    if (listener === undefined) return "refused";
    let client: Address;
    let server: Address;
    if (target.type === "unix") {
      client = { family: "unix", host: "", port: 0 };
      server = { family: "unix", host: target.path, port: 0 };
    } else {
      const host = target.host === "localhost" ? "127.0.0.1" : target.host;
      const family = host.includes(":") ? 6 : 4;
      const source = options.source?.host ?? (family === 6 ? "::1" : "127.0.0.1");
      if (!isOwn(source)) return "resource";
      client = { family, host: source, port: options.source?.port ?? this.#port++ };
      server = { family, host, port: target.port };
    }
    const mapped = listener.address.family === 6 && server.family === 4;
    const seen = mapped
      ? { local: mappedAddress(server), remote: mappedAddress(client) }
      : { local: server, remote: client };
    const ends = connPair(client, server, seen, this.#settings, () => this.openEnds--);
    this.openEnds += 2;
    listener.arrive(ends.server);
    return ends.client;
  }
}

function isOwn(host: string): boolean {
  return host === "::1" || (parseIp(host) !== undefined && host.startsWith("127."));
}

function mappedAddress({ host, port }: Address): Address {
  return { family: 6, host: `::ffff:${host}`, port };
}

class MemoryListener implements Listener {
  readonly address: Address;
  readonly #v6only: boolean;
  readonly #onClose: () => void;
  #onConn: ((conn: Conn) => void) | undefined;
  #backlog: MemoryConn[] = [];
  #paused = false;
  #closed = false;

  constructor(address: Address, v6only: boolean, onClose: () => void) {
    this.address = address;
    this.#v6only = v6only;
    this.#onClose = onClose;
  }

  hears(target: Target): boolean {
    const { family, host, port } = this.address;
    if (target.type === "unix") return family === "unix" && host === target.path;
    if (family === "unix" || port !== target.port) return false;
    const wanted = target.host === "localhost" ? "127.0.0.1" : target.host;
    if (host === wanted) return true;
    if (host === "0.0.0.0") return !wanted.includes(":");
    return host === "::" && (wanted.includes(":") || !this.#v6only);
  }

  arrive(conn: MemoryConn): void {
    this.#backlog.push(conn);
    this.#deliver();
  }

  #deliver(): void {
    while (!this.#paused && !this.#closed && this.#onConn !== undefined) {
      const conn = this.#backlog.shift();
      if (conn === undefined) return;
      this.#onConn(conn);
    }
  }

  start(onConn: (conn: Conn) => void): void {
    this.#onConn = onConn;
    this.#deliver();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#deliver();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const conn of this.#backlog.splice(0)) conn.abort();
    this.#onClose();
  }
}
