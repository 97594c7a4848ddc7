import assert from "node:assert/strict";
import { freePort } from "../support/ports.ts";
import { startProxy } from "../support/sluice.ts";
import { connect, ok, startHttpOrigin } from "../support/tcp.ts";
import { waitFor } from "../support/poll.ts";
import { DEFAULTS, row } from "./tutorial.ts";

row(
  "A13: with balance first the second server gets requests only while the first is full",
  {},
  async (scope, form) => {
    const held: (() => void)[] = [];
    const origin = (name: string) =>
      startHttpOrigin(scope, async ({ line }) => {
        if (line.startsWith("GET /hold")) await new Promise<void>((go) => held.push(go));
        return ok(name);
      });
    const [one, two] = [await origin("one"), await origin("two")];
    const address = `127.0.0.1:${freePort()}`;
    const text = {
      cfg: `${DEFAULTS.cfg}
listen web
    bind ${address}
    balance first
    server one ${one.address} maxconn 1
    server two ${two.address} maxconn 10
`,
      yaml: `${DEFAULTS.yaml}
listens:
  web:
    bind: "${address}"
    balance: first
    servers:
      one: { address: "${one.address}", maxconn: 1 }
      two: { address: "${two.address}", maxconn: 10 }
`,
    };
    await startProxy(scope, text[form], { form, listening: [address] });
    const send = async (target: string) => {
      const peer = await connect(scope, address);
      await peer.write(`GET ${target} HTTP/1.1\r\nHost: www.yu.com\r\nConnection: close\r\n\r\n`);
      return peer;
    };
    const answer = async (target: string) => (await (await send(target)).toEnd()).slice(-3);
    assert.deepEqual([await answer("/"), await answer("/"), await answer("/")], [
      "one",
      "one",
      "one",
    ]);
    const first = await send("/hold");
    await waitFor("the first server to be busy", () => held.length === 1);
    assert.deepEqual([await answer("/"), await answer("/"), await answer("/")], [
      "two",
      "two",
      "two",
    ]);
    held[0]();
    assert.equal((await first.toEnd()).slice(-3), "one");
    assert.deepEqual([await answer("/"), await answer("/")], ["one", "one"]);
  },
);
