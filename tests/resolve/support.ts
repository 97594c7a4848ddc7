/** A scripted nameserver: datagrams in memory, answers made by npm:dns-packet. */
import { Buffer } from "node:buffer";
// @ts-types="../../lib/resolve/dns_packet.d.ts"
import packet from "dns-packet";
import type { NameserverConfig, ResolversConfig } from "../../lib/config/model_resolvers.ts";
import { TimerWheel } from "../../lib/net/timers.ts";
import { Resolver } from "../../lib/resolve/resolver.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { MemoryTransport } from "../support/memory_transport.ts";

const span = { file: "test.cfg", line: 1, column: 1, length: 1 };

/** A question as it came. */
export interface Asked {
  readonly id: number;
  readonly name: string;
  readonly type: string;
}

/** Bytes of an answer to `asked`; `more` overrides any part of the packet. */
export function answerTo(asked: Asked, answers: readonly object[] = [], more: object = {}) {
  return new Uint8Array(packet.encode({
    type: "response",
    id: asked.id,
    questions: [{ type: asked.type, name: asked.name }],
    answers,
    ...more,
  }));
}

/** Flags that make the response code `code`. */
export const rcode = (code: number) => ({ flags: code });

export const a = (name: string, data: string) => ({ type: "A", name, ttl: 1, data });
export const aaaa = (name: string, data: string) => ({ type: "AAAA", name, ttl: 1, data });
export const cname = (name: string, data: string) => ({ type: "CNAME", name, ttl: 1, data });
export const srv = (name: string, target: string, port: number, weight = 1, priority = 0) => ({
  type: "SRV",
  name,
  ttl: 1,
  data: { target, port, weight, priority },
});

/** What one server does with a question; undefined: nothing. */
export type Script = (asked: Asked, n: number) => Uint8Array | undefined;

export interface Rig {
  readonly resolver: Resolver;
  readonly clock: FakeClock;
  readonly transport: MemoryTransport;
  readonly wheel: TimerWheel;
  /** questions that came, `server type name` */
  readonly asked: string[];
  /** datagram sockets that are open now */
  open(): number;
  /** A message that nobody asked for, from `server`. */
  inject(server: string, bytes: Uint8Array): void;
  pass(ms: number): Promise<void>;
}

const settled = async () => {
  for (let n = 0; n < 50; n++) await Promise.resolve();
};

export function resolverRig(
  scripts: Readonly<Record<string, Script>>,
  more: Partial<ResolversConfig> = {},
): Rig {
  const clock = new FakeClock();
  const wheel = new TimerWheel(clock);
  const transport = new MemoryTransport(clock, {});
  const asked: string[] = [];
  const sockets = new Map<string, (bytes: Uint8Array) => void>();
  const counts: Record<string, number> = {};
  const nameservers = Object.keys(scripts).map((name, i): NameserverConfig => ({
    name,
    transport: "udp",
    host: `127.0.1.${i + 1}`,
    port: 53,
    span,
  }));
  let id = 1000;
  const resolver = new Resolver({
    name: "r",
    span,
    nameservers,
    payloadSize: 512,
    retries: 3,
    timeoutResolve: 1000,
    timeoutRetry: 1000,
    hold: { nx: 3000, refused: 4000, timeout: 5000, other: 6000, valid: 10_000, obsolete: 2000 },
    ...more,
  }, {
    wheel,
    transport,
    id: () => id++,
    openDatagrams({ host }, onMessage) {
      const { name } = nameservers.find((each) => each.host === host)!;
      sockets.set(name, onMessage);
      return {
        send(bytes) {
          const { id, questions: [question] } = packet.decode(Buffer.from(bytes));
          const one = { id, ...question };
          asked.push(`${name} ${one.type} ${one.name}`);
          counts[name] = (counts[name] ?? 0) + 1;
          const answer = scripts[name](one, counts[name]);
          if (answer !== undefined) queueMicrotask(() => sockets.get(name)?.(answer));
          return true;
        },
        close: () => void sockets.delete(name),
      };
    },
  });
  return {
    resolver,
    clock,
    transport,
    wheel,
    asked,
    open: () => sockets.size,
    inject: (server, bytes) => sockets.get(server)?.(bytes),
    async pass(ms) {
      await settled();
      let left = ms;
      for (let next = clock.next; next !== undefined && next <= left; next = clock.next) {
        clock.advance(next);
        left -= next;
        await settled();
      }
      clock.advance(left);
      await settled();
    },
  };
}
