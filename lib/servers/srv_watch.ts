/**
 * A name of SRV records (RFC 2782): each record is a server, which takes one of the servers of the same
 * `server-template` (manual 5.3.1).
 */
import { Timer, type TimerWheel } from "../net/timers.ts";
import type { Service } from "../resolve/message.ts";
import type { Resolved, Resolver } from "../resolve/resolver.ts";
import { displace, failureOf, type Member, place } from "./members.ts";

/** What a server was given; it outlives a reload. */
export interface SrvMemory {
  /** undefined: the server is free for a record */
  target: string | undefined;
  port: number;
}

interface Slot {
  readonly member: Member;
  readonly memory: SrvMemory;
  /** clock ms when an answer had its record, and when its target had an address, last */
  seen: number;
  lastValid: number;
}

export class SrvWatch {
  readonly #resolver: Resolver;
  readonly #name: string;
  readonly #prefer: "ipv4" | "ipv6";
  readonly #wheel: TimerWheel;
  readonly #slots: Slot[] = [];
  readonly #timer: Timer;
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

  add(member: Member, memory: SrvMemory): void {
    const now = this.#wheel.now();
    if (memory.target !== undefined) member.server.fqdn = memory.target;
    this.#slots.push({ member, memory, seen: now, lastValid: now });
  }

  has(server: Member["server"]): boolean {
    return this.#slots.some(({ member }) => member.server === server);
  }

  async ask(): Promise<void> {
    if (this.#running || this.#stopped) return;
    this.#running = true;
    const answer = await this.#resolver.query(this.#name, "SRV");
    if (!this.#stopped) {
      if (answer.status === "valid") {
        this.#assign(answer.services);
        await this.#locate(answer);
      } else this.#fail(answer.status);
    }
    this.#running = false;
    if (!this.#stopped) this.#timer.set(this.#resolver.config.timeoutResolve);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer.clear();
  }

  /** Records to servers: who has one keeps it, new ones take free servers, servers without one become free. */
  #assign(services: readonly Service[]): void {
    const now = this.#wheel.now();
    this.#lastValid = now;
    const fresh = new Map(services.map((each) => [keyOf(each.target, each.port), each]));
    for (const slot of this.#slots) {
      const { target, port } = slot.memory;
      if (target === undefined) continue;
      const service = fresh.get(keyOf(target, port));
      if (service !== undefined) {
        fresh.delete(keyOf(target, port));
        slot.seen = now;
        weigh(slot.member, service);
      } else if (now - slot.seen >= this.#resolver.config.hold.obsolete) this.#free(slot);
    }
    for (const slot of this.#slots) {
      if (slot.memory.target !== undefined) continue;
      const [next] = fresh;
      if (next === undefined) return;
      const [key, service] = next;
      fresh.delete(key);
      slot.memory.target = service.target;
      slot.memory.port = service.port;
      slot.seen = now;
      slot.lastValid = now;
      const { server, status } = slot.member;
      status.note(status.rename(server, service.target, "SRV record"), server);
      weigh(slot.member, service);
    }
  }

  #free(slot: Slot): void {
    slot.memory.target = undefined;
    displace(slot.member, "entry removed from SRV record");
  }

  /** Targets to addresses: those that came with the records, else by asking. */
  async #locate({ additional, nameserver }: Resolved): Promise<void> {
    const before = this.#slots.map(({ member }) => member.server.address.host);
    await Promise.all(this.#slots.map(async (slot) => {
      const { target } = slot.memory;
      if (target === undefined) return;
      const here = this.#ofFamily(additional.get(target.toLowerCase()) ?? []);
      if (here.length > 0) return this.#move(slot, here, "DNS additional record");
      const answer = await this.#resolver.resolve(target, this.#prefer);
      if (this.#stopped || slot.memory.target !== target) return;
      if (answer.status === "valid") return this.#move(slot, answer.addresses, "DNS cache");
      const { hold, words } = failureOf(answer.status, this.#resolver.config.hold);
      if (this.#wheel.now() - slot.lastValid >= hold || !slot.member.server.hasAddress) {
        displace(slot.member, words);
      }
    }));
    if (this.#slots.some(({ member }, i) => member.server.address.host !== before[i])) {
      nameserver!.counters.update++;
    }
  }

  #move(slot: Slot, addresses: readonly string[], by: string): void {
    slot.lastValid = this.#wheel.now();
    const { server } = slot.member;
    const own = server.hasAddress && addresses.includes(server.address.host);
    place(slot.member, own ? server.address.host : addresses[0], slot.memory.port, by);
  }

  /** Those of the preferred family; all when there are none. */
  #ofFamily(addresses: readonly string[]): readonly string[] {
    const wanted = addresses.filter((each) => each.includes(":") === (this.#prefer === "ipv6"));
    return wanted.length > 0 ? wanted : addresses;
  }

  #fail(status: Exclude<Resolved["status"], "valid">): void {
    const { hold, words } = failureOf(status, this.#resolver.config.hold);
    if (this.#wheel.now() - this.#lastValid < hold) return;
    for (const slot of this.#slots) {
      if (slot.memory.target === undefined) continue;
      slot.memory.target = undefined;
      displace(slot.member, words);
    }
  }
}

function keyOf(target: string, port: number): string {
  return `${target.toLowerCase()}:${port}`;
}

/** A weight of 0 to 65535 as one of 0 to 256; only 0 becomes 0. */
function weigh({ server, status }: Member, { weight }: Service): void {
  if (server.config.ignoreSrvWeight === true) return;
  const own = Math.floor((weight + 255) / 256);
  if (server.weight !== own) status.setWeight(server, own);
}
