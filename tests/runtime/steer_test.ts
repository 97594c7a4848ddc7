import assert from "node:assert/strict";
import { waitFor } from "../support/poll.ts";
import { listeningSockets, steeringProgram } from "../../lib/runtime/steer.ts";

Deno.test("the steering program answers a random number of the sockets that are meant", () => {
  const view = new DataView(steeringProgram(3, 2).buffer);
  const instructions = Array.from(
    { length: 4 },
    (_, i) => [view.getUint16(i * 8, true), view.getUint32(i * 8 + 4, true)],
  );
  // Loads SKF_AD_RANDOM, then % 2, + 3, and that is the answer.
  assert.deepEqual(instructions, [[0x20, 0xfffff038], [0x94, 2], [0x04, 3], [0x16, 0]]);
});

Deno.test("sockets that listen are seen with how many connections wait", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = listener.addr.port.toString(16).toUpperCase().padStart(4, "0");
  const here = () =>
    [...listeningSockets().values()].filter(({ at }) => at === `tcp 0100007F:${port}`);
  assert.deepEqual(here().map(({ waiting }) => waiting), [0]);
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  await waitFor("the connection in the queue", () => here()[0].waiting === 1);
  const accepted = await listener.accept();
  await waitFor("the empty queue", () => here()[0].waiting === 0);
  conn.close();
  accepted.close();
  listener.close();
  // A program that another thread starts at this moment may hold a copy for a while.
  await waitFor("the closed socket", () => here().length === 0);
});
