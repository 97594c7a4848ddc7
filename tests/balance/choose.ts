/** What lib/balance chooses for the cases of hash_cases.ts and load_cases.ts. */
import type { StreamView } from "../../lib/expr/context.ts";
import { Server } from "../../lib/balance/server.ts";
import { weightFromText } from "../../lib/balance/weight.ts";
import { Admin } from "../../lib/state/server_fields.ts";
import { context, request, stream, told } from "../expr/support.ts";
import { HASH_KEYS, type HashCase, POSTED, serverName } from "./hash_cases.ts";
import { type LoadCase, loadSteps } from "./load_cases.ts";
import { type Backend, backend, balanceOf, serverConfig } from "./support.ts";

/** The streams of all keys. */
export const HASH_STREAMS: readonly StreamView[] = HASH_KEYS.map(
  ({ request: text, source, rdp }) => {
    const { session, ...rest } = stream({ request: request(text) });
    const family = source.includes(":") ? 6 as const : 4 as const;
    const arriving = { text: rdp, unsettled: false } as StreamView["arriving"];
    return {
      ...rest,
      arriving,
      session: { ...session, remote: { family, host: source, port: 1000 } },
    };
  },
);

/** The same as POST requests. */
const POST_STREAMS: readonly StreamView[] = HASH_KEYS.map(({ post: [head, body] }) => ({
  ...stream({ request: request(head) }),
  requestBody: () => ({ text: body, complete: true }),
}));

/** The case's backend as after the start. */
export function backendOf(c: HashCase): Backend {
  return compiled(backend(
    c.servers.map((s, i) =>
      serverConfig(serverName(i), {
        weight: s.weight,
        id: s.id,
        backup: s.backup ?? false,
        disabled: s.down ?? false,
        ...(s.at === undefined ? undefined : {
          hashKey: s.at.hashKey,
          address: { type: "tcp", host: s.at.host, port: s.at.port },
        }),
      })
    ),
    { ...balanceOf(c.balance, c.hashType), allbackups: c.allbackups },
  ));
}

/** Compiles the expression of `balance hash`. */
export function compiled(b: Backend): Backend {
  const ctx = context({ side: "backend" });
  b.pool.balancer.compile?.(ctx);
  if (ctx.diagnostics.failed) throw new Error(told(ctx).join("; "));
  return b;
}

/** The names of the servers chosen for all keys, as a word. */
export function chooseAll(c: HashCase): string {
  const { pool } = backendOf(c);
  let chosen = "";
  const streams = c.balance === POSTED ? POST_STREAMS : HASH_STREAMS;
  streams.forEach((stream, i) => {
    for (const change of c.changes?.filter((x) => x.at === i) ?? []) {
      const server = pool.server(serverName(change.server))!;
      if (change.weight === undefined) {
        server.state.setAdmin(change.down ? Admin.ForcedMaint : 0, 0);
      } else {
        const weight = weightFromText(change.weight, server, pool.dynamic);
        if (typeof weight === "string") throw new Error(weight);
        server.state.setWeight(weight);
      }
      pool.update();
    }
    chosen += pool.balancer.pick(stream)?.name ?? "!";
  });
  return chosen;
}

/** The names of the servers that the connections of a case go to, as a word. */
export function chooseLoads(c: LoadCase): string {
  const { pool } = compiled(backend(
    c.servers.map((s, i) => serverConfig(serverName(i), { weight: s.weight, maxconn: s.maxconn })),
    { ...balanceOf(c.balance, c.hashType), balanceFactor: c.factor },
  ));
  const held: Server[] = [];
  let chosen = "";
  for (const step of loadSteps(c)) {
    if ("close" in step) {
      pool.release(held[step.close]);
      continue;
    }
    const base = stream({ request: undefined });
    const remote = { family: 4 as const, host: step.open, port: 1000 };
    const server = pool.assign({ ...base, session: { ...base.session, remote } }, {});
    if (!(server instanceof Server)) throw new Error(`${c.balance}: no server at once`);
    held.push(server);
    chosen += server.name;
  }
  return chosen;
}
