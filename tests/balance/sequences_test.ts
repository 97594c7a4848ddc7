import assert from "node:assert/strict";
import type { Server } from "../../lib/balance/server.ts";
import { Admin } from "../../lib/state/server_fields.ts";
import { backend, weighted } from "./support.ts";

interface Recorded {
  readonly roundrobin: readonly { readonly weights: number[]; readonly sequence: string }[];
  readonly changes: readonly {
    readonly weights: number[];
    readonly changes: readonly {
      readonly at: number;
      readonly server: string;
      readonly weight?: number;
      readonly maintenance?: boolean;
    }[];
    readonly sequence: string;
  }[];
  readonly leastconn: readonly { readonly weights: number[]; readonly ops: (string | number)[] }[];
}

const recorded: Recorded = JSON.parse(
  await Deno.readTextFile(new URL("./golden/haproxy_sequences.json", import.meta.url)),
);

for (const { weights, sequence } of recorded.roundrobin) {
  Deno.test(`roundrobin takes servers of weights ${weights} in HAProxy's order`, () => {
    const { balancer } = backend(weighted(weights)).pool;
    let got = "";
    for (let i = 0; i < sequence.length; i++) got += balancer.pick(undefined)!.name;
    assert.equal(got, sequence);
  });
}

for (const { weights, changes, sequence } of recorded.changes) {
  const what = changes.map((c) =>
    c.weight === undefined
      ? `${c.server} ${c.maintenance ? "goes" : "returns"}`
      : `${c.server} becomes ${c.weight}`
  );
  Deno.test(`roundrobin of ${weights} goes on as HAProxy's when ${what.join(", ")}`, () => {
    const { pool } = backend(weighted(weights));
    let got = "";
    for (let i = 0; i < sequence.length; i++) {
      for (const change of changes.filter((c) => c.at === i)) {
        const { state } = pool.server(change.server)!;
        if (change.weight !== undefined) state.setWeight(change.weight);
        else state.setAdmin(change.maintenance ? Admin.ForcedMaint : 0, 0);
        pool.update();
      }
      got += pool.balancer.pick(undefined)!.name;
    }
    assert.equal(got, sequence);
  });
}

for (const { weights, ops } of recorded.leastconn) {
  const closes = ops.some((op) => typeof op === "number");
  const doing = closes ? "while connections open and close" : "while connections open";
  Deno.test(`leastconn of ${weights} chooses as HAProxy ${doing}`, () => {
    const { pool } = backend(weighted(weights), { algorithm: "leastconn" });
    const held: Server[] = [];
    const got = ops.map((op) => {
      if (typeof op === "number") {
        pool.release(held[-op - 1]);
        return op;
      }
      const server = pool.assign(undefined, {}) as Server;
      held.push(server);
      return server.name;
    });
    assert.deepEqual(got, ops);
  });
}
