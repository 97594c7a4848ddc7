import assert from "node:assert/strict";
import { tally } from "../support/curl.ts";
import type { Peer } from "../support/peer.ts";
import { waitFor } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { startProxy } from "../support/sluice.ts";
import { connect, startOrigin } from "../support/tcp.ts";
import { row } from "./tutorial.ts";

row(
  "A15: leastconn sends new connections where the fewest long ones are",
  {},
  async (scope, form) => {
    let ended = 0;
    const origin = (name: string) =>
      startOrigin(scope, async (peer) => {
        await peer.write(name);
        await peer.toEnd(60_000);
        peer.close();
        ended++;
      });
    const [a, b] = [await origin("A"), await origin("B")];
    const address = `127.0.0.1:${freePort()}`;
    const text = {
      cfg: `listen db
    mode tcp
    bind ${address}
    balance leastconn
    timeout connect 5s
    timeout client 1m
    timeout server 1m
    server a ${a.address}
    server b ${b.address}
`,
      yaml: `listens:
  db:
    mode: tcp
    bind: "${address}"
    balance: leastconn
    timeout: { connect: 5s, client: 1m, server: 1m }
    servers:
      a: "${a.address}"
      b: "${b.address}"
`,
    };
    await startProxy(scope, text[form], { form, listening: [address] });
    const opened: { peer: Peer; name: string }[] = [];
    const open = async () => {
      const peer = await connect(scope, address);
      const name = await peer.exactly(1);
      opened.push({ peer, name });
      return name;
    };
    for (let n = 0; n < 8; n++) await open();
    assert.deepEqual(tally(opened.map((o) => o.name)), { A: 4, B: 4 });
    // Three of A's go: the next three are A's, then both in turn again.
    const before = ended;
    const gone = opened.filter((o) => o.name === "A").slice(0, 3);
    for (const { peer } of gone) peer.close();
    await waitFor("the connections to have ended", () => ended === before + 3);
    assert.deepEqual([await open(), await open(), await open()], ["A", "A", "A"]);
    assert.deepEqual([await open(), await open()].toSorted(), ["A", "B"]);
  },
);
