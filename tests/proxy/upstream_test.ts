/** A connection to a server, from one request to the next. */
import assert from "node:assert/strict";
import { IoStatus, LATER } from "../../lib/net/conn.ts";
import { connPair } from "../../lib/net/memory_conn.ts";
import { UpstreamConn } from "../../lib/proxy/upstream.ts";
import { writeBytes } from "../net/conformance.ts";
import { waitFor } from "../support/poll.ts";
import { Rig } from "../support/proxy_rig.ts";

const CLIENT = { family: 4, host: "127.0.0.1", port: 1 } as const;
const SERVER = { family: 4, host: "127.0.0.1", port: 2 } as const;

/** A connection that rests, the server's end of it, and what its keeper and who waits for it were told. */
async function resting(immediate: boolean) {
  const rig = new Rig({});
  await rig.start();
  const { client, server } = connPair(CLIENT, SERVER, { local: SERVER, remote: CLIENT }, {
    capacity: 100,
    immediate,
  });
  const [to] = rig.process.generation.backends.get("be")!.servers;
  const upstream = new UpstreamConn(client, to, undefined, rig.process.state);
  const moved: UpstreamConn[] = [];
  const came: number[] = [];
  assert.ok(upstream.rest({ moved: (conn) => void moved.push(conn) }));
  const waiter = { came: (count: number) => void came.push(count) };
  const stop = async () => {
    upstream.close();
    await rig.stop();
  };
  return { upstream, server, moved, came, waiter, stop };
}

for (const immediate of [false, true]) {
  const how = immediate ? " (immediate)" : "";

  Deno.test(`an idle connection tells its keeper when the server closes it${how}`, async () => {
    const { upstream, server, moved, came, stop } = await resting(immediate);
    server.close();
    await waitFor("the keeper to be told", () => moved.length > 0);
    assert.deepEqual([moved[0] === upstream, moved.length, came], [true, 1, []]);
    await stop();
  });

  Deno.test(`the read that waits since it was idle is the next request's${how}`, async () => {
    const { upstream, server, moved, came, waiter, stop } = await resting(immediate);
    upstream.idle = false;
    assert.equal(upstream.readFor(waiter), LATER);
    await writeBytes(server, new Uint8Array(7));
    await waitFor("an answer", () => came.length > 0);
    assert.deepEqual([came, moved], [[7], []]);
    assert.equal(upstream.inbox.took(7), 7);
    await stop();
  });

  Deno.test(`what comes before anybody waits is kept for whoever does${how}`, async () => {
    const { upstream, server, moved, came, waiter, stop } = await resting(immediate);
    upstream.idle = false;
    server.close();
    await waitFor("the end", () => upstream.inbox.pending === IoStatus.Eof);
    assert.equal(upstream.readFor(waiter), IoStatus.Eof);
    assert.deepEqual([came, moved], [[], []]);
    await stop();
  });

  Deno.test(`who waits is told when the connection is closed${how}`, async () => {
    const { upstream, moved, came, waiter, stop } = await resting(immediate);
    upstream.idle = false;
    assert.equal(upstream.readFor(waiter), LATER);
    upstream.close();
    assert.deepEqual(came, []);
    await waitFor("an answer", () => came.length > 0);
    assert.deepEqual([came, moved], [[IoStatus.Aborted], []]);
    await stop();
  });
}
