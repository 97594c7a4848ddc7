/** Every algorithm with the hash types that it knows, and streams that it tells apart. */
import { algorithms } from "../../lib/balance/balancer.ts";
import type { Server } from "../../lib/balance/server.ts";
import type { StreamView } from "../../lib/expr/context.ts";
import { request, stream } from "../expr/support.ts";
import { compiled } from "./choose.ts";
import { rdpRequest } from "./hash_cases.ts";
import { type Backend, backend, type BackendShape, balanceOf } from "./support.ts";
import type { ServerConfig } from "../../lib/config/model.ts";

export interface Variant {
  readonly title: string;
  /** how its shares are met: by plan, by chance, or not at all (`first`) */
  readonly shares: "plan" | "chance" | "none";
  readonly keyed: boolean;
  readonly consistent: boolean;
  readonly dynamic: boolean;
  make(servers: readonly ServerConfig[], shape?: BackendShape): Backend;
}

/** What each algorithm's arguments are in these tests. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  url_param: "url_param id",
  hdr: "hdr(x-key)",
  hash: "hash req.hdr(x-key)",
  "rdp-cookie": "rdp-cookie(mstshash)",
};

/** `sticky` shares nothing out: it has a test of its own. */
const sharing = algorithms.filter(({ name }) => name !== "sticky");

export const VARIANTS: readonly Variant[] = sharing.flatMap(({ name, keyed, dynamic }) => {
  const types = keyed ? ["map-based", "consistent", "consistent wt6 avalanche"] : [undefined];
  return types.map((type): Variant => {
    const shape = balanceOf(ARGUMENTS[name] ?? name, type);
    const consistent = type !== undefined && type !== "map-based";
    return {
      title: type === undefined ? name : `${name}, ${type}`,
      shares: name === "first" ? "none" : keyed || name === "random" ? "chance" : "plan",
      keyed,
      consistent,
      dynamic: dynamic === "hash" ? consistent : dynamic,
      make: (servers, more) =>
        compiled(backend(servers, { ...shape, random: generator(), ...more })),
    };
  });
});

/** Numbers from 0 to below 1, the same in every run. */
function generator(): () => number {
  let state = 4711;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 0x100000000;
}

const made = new Map<number, StreamView>();

/** The stream of client `n`: its address, its URI, its parameter, its header and its RDP cookie are its own. */
export function client(n: number): StreamView {
  let one = made.get(n);
  if (one === undefined) {
    const key = (Math.imul(n + 1, 2654435761) >>> 0).toString(36);
    const { session, ...rest } = stream({
      request: request(`GET /page/${key}?id=${key} HTTP/1.1\r\nHost: h\r\nX-Key: ${key}\r\n\r\n`),
    });
    const host = [10, n >> 16 & 255, n >> 8 & 255, n & 255].join(".");
    const arriving = { text: rdpRequest(key), unsettled: false } as StreamView["arriving"];
    one = {
      ...rest,
      logLine: key,
      arriving,
      session: { ...session, remote: { family: 4, host, port: 1000 } },
    };
    made.set(n, one);
  }
  return one;
}

/** Assigns a stream of each of the clients 0 to n-1; none has to wait. Counts them by server. */
export function spread(b: Backend, n: number, stay = true): Map<string, number> {
  const counts = new Map<string, number>();
  const held: Server[] = [];
  for (let i = 0; i < n; i++) {
    const server = taken(b, client(i));
    counts.set(server.name, (counts.get(server.name) ?? 0) + 1);
    held.push(server);
  }
  if (!stay) { for (const s of held) b.pool.release(s); }
  return counts;
}

/** The server that takes the stream at once. */
export function taken(b: Backend, of: StreamView | undefined, excluded?: Server): Server {
  const answer = b.pool.assign(of, { excluded });
  if (answer === undefined || "granted" in answer) throw new Error("no server takes it at once");
  return answer;
}
