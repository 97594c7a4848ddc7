/** A name that servers have: asked for again and again, its addresses distributed among them (manual 5.3). */
import { Timer, type TimerWheel } from "../net/timers.ts";
import type { Resolved, Resolver } from "../resolve/resolver.ts";
import { displace, distribute, failureOf, type Member } from "./members.ts";

export class NameWatch {
  readonly #resolver: Resolver;
  readonly #name: string;
  readonly #prefer: "ipv4" | "ipv6";
  readonly #wheel: TimerWheel;
  readonly #members: Member[] = [];
  /** when each address was in an answer last, clock ms */
  readonly #seen = new Map<string, number>();
  readonly #timer: Timer;
  /** clock ms */
  #lastValid: number;
  #running = false;
  #stopped = false;

  constructor(resolver: Resolver, name: string, prefer: "ipv4" | "ipv6", wheel: TimerWheel) {
    this.#resolver = resolver;
    this.#name = name;
    this.#prefer = prefer;
    this.#wheel = wheel;
    this.#lastValid = wheel.now();
    this.#timer = new Timer(wheel, () => this.ask());
  }

  add(member: Member): void {
    this.#members.push(member);
  }

  /** False: it was not among those of this name. */
  remove(server: Member["server"]): boolean {
    const at = this.#members.findIndex((member) => member.server === server);
    if (at >= 0) this.#members.splice(at, 1);
    return at >= 0;
  }

  get empty(): boolean {
    return this.#members.length === 0;
  }

  /** Asks now, and then each `timeout resolve`. */
  async ask(): Promise<void> {
    if (this.#running || this.#stopped) return;
    this.#running = true;
    const answer = await this.#resolver.resolve(this.#name, this.#prefer);
    this.#running = false;
    if (this.#stopped) return;
    if (answer.status === "valid") this.#apply(answer);
    else this.#fail(answer.status);
    this.#timer.set(this.#resolver.config.timeoutResolve);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer.clear();
  }

  #apply({ addresses, nameserver }: Resolved): void {
    const { config } = this.#resolver;
    const now = this.#wheel.now();
    this.#lastValid = now;
    for (const address of addresses) this.#seen.set(address, now);
    for (const [address, at] of this.#seen) {
      if (at !== now && now - at >= config.hold.obsolete) this.#seen.delete(address);
    }
    const by = `${config.name}/${nameserver!.config.name}`;
    const before = this.#members.map(({ server }) => server.address.host);
    const kept = [...addresses, ...[...this.#seen.keys()].filter((a) => !addresses.includes(a))];
    for (const member of distribute(this.#members, kept, by)) {
      displace(member, "No IP for server ");
    }
    if (this.#members.some(({ server }, i) => server.address.host !== before[i])) {
      nameserver!.counters.update++;
    }
  }

  #fail(status: Exclude<Resolved["status"], "valid">): void {
    const { hold, words } = failureOf(status, this.#resolver.config.hold);
    if (this.#wheel.now() - this.#lastValid < hold) return;
    this.#seen.clear();
    for (const member of this.#members) displace(member, words);
  }
}
