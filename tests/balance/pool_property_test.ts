/** Random histories: no slot is lost, none is given twice, queues and counters always add up. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Waiting } from "../../lib/balance/queue.ts";
import type { Server } from "../../lib/balance/server.ts";
import { OpState } from "../../lib/state/server_fields.ts";
import { type Backend, serverConfig } from "./support.ts";
import { client, VARIANTS } from "./variants.ts";

type Operation =
  | {
    readonly do: "assign";
    readonly preferred: number | undefined;
    readonly client: number | undefined;
  }
  | { readonly do: "release" | "cancel" | "toggle"; readonly which: number }
  | { readonly do: "weight"; readonly which: number; readonly weight: number };

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("assign" as const),
      preferred: fc.option(fc.nat(4), { nil: undefined, freq: 3 }),
      client: fc.option(fc.nat(9), { nil: undefined, freq: 5 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("release" as const), which: fc.nat() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("cancel" as const), which: fc.nat() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("toggle" as const), which: fc.nat() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("weight" as const),
      which: fc.nat(),
      weight: fc.integer({ min: 0, max: 10 }),
    }),
  },
);

const server = fc.record({
  maxconn: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined, freq: 6 }),
  maxqueue: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  weight: fc.integer({ min: 0, max: 5 }),
  backup: fc.boolean(),
});

interface World {
  readonly b: Backend;
  readonly held: Server[];
  waiting: Waiting[];
}

/** Takes note of what the pool has granted since. */
async function settle(world: World): Promise<void> {
  const still: Waiting[] = [];
  for (const w of world.waiting) {
    if (!w.settled) still.push(w);
    else {
      const granted = await w.granted;
      if (granted !== undefined) world.held.push(granted);
    }
  }
  world.waiting = still;
}

function addsUp({ b, held, waiting }: World): void {
  let served = 0;
  let stuck = 0;
  for (const s of b.servers) {
    const mine = held.filter((h) => h === s).length;
    assert.equal(s.state.current, mine, `slots of ${s.name}`);
    assert.ok(s.maxconn === 0 || mine <= s.maxconn, `${s.name} is over its maxconn`);
    assert.equal(s.queue.length, s.state.queued);
    assert.ok(s.queue.length === 0 || s.maxconn > 0, "nobody waits for a server without limit");
    served += mine;
    stuck += s.queue.length;
    // Nobody waits while there is a slot for him.
    const free = s.maxconn === 0 || mine < s.maxconn;
    if (free && s.state.running) assert.equal(s.queue.length, 0, `${s.name} is free`);
    if (free && b.pool.candidates.includes(s)) assert.equal(b.pool.queued, 0, `${s.name} is free`);
  }
  assert.equal(b.state.served, served);
  assert.equal(b.state.queued, b.pool.queued);
  assert.equal(b.state.waiting, stuck + b.pool.queued);
  assert.equal(waiting.length, stuck + b.pool.queued);
  if (b.pool.candidates.length === 0) assert.equal(b.pool.queued, 0);
}

for (const { title, make } of VARIANTS) {
  Deno.test(`${title}: over random histories slots and queues add up`, async () => {
    const history = fc.record({
      servers: fc.array(server, { minLength: 1, maxLength: 5 }),
      allbackups: fc.boolean(),
      redispatch: fc.constantFrom<1 | false>(1, false),
      operations: fc.array(operation, { maxLength: 120 }),
    });
    await fc.assert(
      fc.asyncProperty(history, async ({ servers, allbackups, redispatch, operations }) => {
        const b = make(
          servers.map((s, i) => serverConfig(`s${i}`, s)),
          { allbackups, redispatch },
        );
        const world: World = { b, held: [], waiting: [] };
        for (const op of operations) {
          perform(world, op);
          await settle(world);
          addsUp(world);
        }
        // At the end everybody goes home.
        for (const w of world.waiting) w.cancel();
        await settle(world);
        while (world.held.length > 0) b.pool.release(world.held.pop()!);
        addsUp(world);
      }),
      { seed: 20240602, numRuns: 200 },
    );
  });
}

function perform(world: World, op: Operation): void {
  const { b, held, waiting } = world;
  switch (op.do) {
    case "assign": {
      const preferred = op.preferred === undefined ? undefined : b.servers[op.preferred];
      const usable = preferred?.state.running ? preferred : undefined;
      const stream = op.client === undefined ? undefined : client(op.client);
      const answer = b.pool.assign(stream, { preferred: usable });
      if (answer instanceof Waiting) {
        if (!answer.refused) waiting.push(answer);
      } else if (answer !== undefined) {
        held.push(answer);
      } else {
        assert.equal(b.pool.candidates.length, 0);
      }
      return;
    }
    case "release":
      if (held.length > 0) b.pool.release(held.splice(op.which % held.length, 1)[0]);
      return;
    case "cancel":
      if (waiting.length > 0) waiting[op.which % waiting.length].cancel();
      return;
    case "toggle": {
      const { state } = b.servers[op.which % b.servers.length];
      state.setOp(state.op === OpState.Running ? OpState.Stopped : OpState.Running, 0);
      b.pool.update();
      return;
    }
    case "weight":
      b.servers[op.which % b.servers.length].state.setWeight(op.weight);
      b.pool.update();
  }
}
