/** `option clitcpka` and `srvtcpka` with their times, as the system shows them. */
import assert from "node:assert/strict";
import { freePort } from "../support/ports.ts";
import { mustRun } from "../support/process.ts";
import { scopedTest } from "../support/scope.ts";
import { startProxy } from "../support/sluice.ts";
import { connect, startOrigin } from "../support/tcp.ts";

const port = (address: string) => `:${address.split(":")[1]}`;

scopedTest(
  "connections of clients and to servers have keep-alive probes at the times that are configured",
  { programs: ["ss"] },
  async (scope) => {
    const origin = await startOrigin(scope, () => {});
    const address = `127.0.0.1:${freePort()}`;
    await startProxy(
      scope,
      `listen l
    bind ${address}
    timeout client 1m
    timeout server 1m
    timeout connect 5s
    option clitcpka
    clitcpka-idle 45s
    clitcpka-intvl 7s
    clitcpka-cnt 3
    option srvtcpka
    srvtcpka-idle 25s
    srvtcpka-intvl 7s
    srvtcpka-cnt 3
    server s ${origin.address}
`,
      { listening: [address] },
    );
    await connect(scope, address);
    await origin.connection(0);
    for (
      const [socket, idle] of [[`sport = ${port(address)}`, 45], [
        `dport = ${port(origin.address)}`,
        25,
      ]] as const
    ) {
      const shown = await mustRun(["ss", "-tnoH", "state", "established", socket]);
      const seconds = Number(/timer:\(keepalive,(\d+)sec/.exec(shown)?.[1] ?? NaN);
      assert.ok(seconds > idle - 15 && seconds <= idle, shown);
    }
  },
);
