/**
 * Resolver: one `resolvers` section (manual 5.3.2). Servers of a configuration and `do-resolve` ask it for names.
 *
 * Laws:
 * - All nameservers are asked at once; the first that has the records wins. An error counts when all have given one.
 * - An unanswered question is asked again each `timeout retry`, `resolve_retries` times in all.
 * - Who asks what is being asked already gets the same answer. Questions and answers that are kept are bounded.
 * - Nothing is asked after `close`, and everybody who waits is answered.
 */
import type { ResolversConfig } from "../config/model_resolvers.ts";
import type { Transport } from "../net/conn.ts";
import { Timer, type TimerWheel } from "../net/timers.ts";
import { isHostName, type RecordType, type Service } from "./message.ts";
import { Nameserver } from "./nameserver.ts";
import type { OpenDatagrams } from "./udp.ts";

/** How a resolution ended (manual 5.3.2 `hold`). */
export type ResolveStatus = "valid" | "nx" | "refused" | "timeout" | "other";

export interface Resolved {
  readonly status: ResolveStatus;
  readonly addresses: readonly string[];
  readonly services: readonly Service[];
  /** addresses of the services' targets, by the target in lower case */
  readonly additional: ReadonlyMap<string, readonly string[]>;
  /** who answered: its name in the section; undefined: nobody */
  readonly nameserver?: Nameserver;
}

export interface ResolverParts {
  readonly transport: Transport;
  readonly openDatagrams: OpenDatagrams;
  readonly wheel: TimerWheel;
  /** 0 to 65535, not to be guessed */
  id(): number;
}

/** questions under way at one time; more are answered with a timeout */
const MOST_QUESTIONS = 8192;
/** names whose answer `lookup` keeps */
const MOST_KEPT = 10_000;

const NONE: ReadonlyMap<string, readonly string[]> = new Map();

interface Kept {
  readonly address: string;
  /** clock ms */
  readonly until: number;
}

export class Resolver {
  readonly config: ResolversConfig;
  readonly nameservers: readonly Nameserver[];
  readonly #parts: ResolverParts;
  /** by type and name */
  readonly #running = new Map<string, Promise<Resolved>>();
  readonly #ends = new Set<() => void>();
  readonly #kept = new Map<string, Kept>();
  readonly #ids = new Set<number>();
  #closed = false;

  constructor(config: ResolversConfig, parts: ResolverParts) {
    this.config = config;
    this.#parts = parts;
    this.nameservers = config.nameservers.map((each) =>
      new Nameserver(each, {
        transport: parts.transport,
        openDatagrams: parts.openDatagrams,
        payloadSize: config.payloadSize,
        timeout: config.timeoutRetry * config.retries,
      })
    );
  }

  get name(): string {
    return this.config.name;
  }

  /** The records of one type that `name` has; never rejects. */
  query(name: string, type: RecordType): Promise<Resolved> {
    const key = `${type} ${name.toLowerCase()}`;
    let running = this.#running.get(key);
    if (running === undefined) {
      running = this.#ask(name, type);
      this.#running.set(key, running);
      running.then(() => this.#running.delete(key));
    }
    return running;
  }

  /** The addresses of `name`: of the preferred family, or when it has none, of the other. */
  async resolve(name: string, prefer: "ipv4" | "ipv6"): Promise<Resolved> {
    const types: readonly RecordType[] = prefer === "ipv4" ? ["A", "AAAA"] : ["AAAA", "A"];
    const first = await this.query(name, types[0]);
    if (first.status === "valid" || first.status === "timeout" || this.#closed) return first;
    return await this.query(name, types[1]);
  }

  /**
   * One address of `name`, kept for `hold valid` (`do-resolve`). Undefined: it has none, or is no name. `name` may be
   * anything a client says.
   */
  lookup(name: string, prefer: "ipv4" | "ipv6"): string | undefined | Promise<string | undefined> {
    const plain = name.endsWith(".") ? name.slice(0, -1) : name;
    if (!isHostName(plain)) return undefined;
    const key = `${prefer} ${plain.toLowerCase()}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.until > this.#parts.wheel.now()) return kept.address;
    return this.resolve(plain, prefer).then(({ status, addresses }) => {
      this.#kept.delete(key);
      if (status !== "valid") return undefined;
      if (this.#kept.size >= MOST_KEPT) {
        for (const oldest of this.#kept.keys()) {
          this.#kept.delete(oldest);
          break;
        }
      }
      const [address] = addresses;
      this.#kept.set(key, { address, until: this.#parts.wheel.now() + this.config.hold.valid });
      return address;
    });
  }

  /** Ends everything that is under way. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const end of [...this.#ends]) end();
    for (const nameserver of this.nameservers) nameserver.close();
  }

  #ask(name: string, type: RecordType): Promise<Resolved> {
    const { nameservers, config } = this;
    const nobody: Resolved = { status: "timeout", addresses: [], services: [], additional: NONE };
    if (this.#closed || nameservers.length === 0 || this.#ids.size >= MOST_QUESTIONS) {
      return Promise.resolve(nobody);
    }
    return new Promise((resolve) => {
      const id = this.#newId();
      const question = { id, name, type };
      const failed = new Set<Nameserver>();
      let left = config.retries;
      const end = (answer: Resolved) => {
        timer.clear();
        this.#ends.delete(giveUp);
        this.#ids.delete(id);
        for (const each of nameservers) each.forget(id);
        resolve(answer);
      };
      const giveUp = () => end(nobody);
      const send = () => {
        left--;
        timer.set(config.timeoutRetry);
        for (const each of nameservers) {
          if (failed.has(each)) continue;
          each.ask(question, (answer) => {
            const { status, addresses, services, additional } = answer;
            if (status === "valid") {
              return end({ status, addresses, services, additional, nameserver: each });
            }
            failed.add(each);
            if (failed.size < nameservers.length) return;
            const known = status === "nx" || status === "refused" ? status : "other";
            end({ ...nobody, status: known, nameserver: each });
          });
        }
      };
      const timer = new Timer(this.#parts.wheel, () => {
        for (const each of nameservers) if (!failed.has(each)) each.counters.timeout++;
        if (left > 0) send();
        else giveUp();
      });
      this.#ends.add(giveUp);
      send();
    });
  }

  #newId(): number {
    let id = this.#parts.id();
    while (this.#ids.has(id)) id = this.#parts.id();
    this.#ids.add(id);
    return id;
  }
}

/** 16 bits of the system's random numbers. */
export function randomId(): number {
  return crypto.getRandomValues(new Uint16Array(1))[0];
}
