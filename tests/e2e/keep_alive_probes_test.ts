/** `option clitcpka` with its times, as the system shows them. */
import assert from "node:assert/strict";
import { freePort } from "../support/ports.ts";
import { mustRun } from "../support/process.ts";
import { scopedTest } from "../support/scope.ts";
import { startProxy } from "../support/sluice.ts";
import { connect, startOrigin } from "../support/tcp.ts";

scopedTest(
  "a client's connection has keep-alive probes at the times that are configured",
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
    server s ${origin.address}
`,
      { listening: [address] },
    );
    await connect(scope, address);
    await origin.connection(0);
    const port = address.split(":")[1];
    const shown = await mustRun(["ss", "-tnoH", "state", "established", `sport = :${port}`]);
    const seconds = Number(/timer:\(keepalive,(\d+)sec/.exec(shown)?.[1] ?? NaN);
    assert.ok(seconds > 30 && seconds <= 45, shown);
  },
);
