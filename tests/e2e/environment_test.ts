import assert from "node:assert/strict";
import { curl, curlTimes, tally } from "../support/curl.ts";
import { freePort, waitListening } from "../support/ports.ts";
import { start } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { ok, startHttpOrigin, startOrigin } from "../support/tcp.ts";
import { commandUnderTest, underTest } from "../support/under_test.ts";
import { connect } from "../support/tcp.ts";

const options = {
  programs: ["curl"],
  unless: underTest === "haproxy" ? "only sluice is configured by its environment" : undefined,
};

async function startFromEnvironment(
  scope: Scope,
  port: number,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const running = start(scope, "proxy", commandUnderTest([]), {
    env: { ...env, SLUICE_BIND: `127.0.0.1:${port}` },
  });
  await waitListening(running, [`127.0.0.1:${port}`]);
}

scopedTest(
  "without a file, SLUICE_BIND and SLUICE_SERVERS make a balancer",
  options,
  async (scope) => {
    const one = await startHttpOrigin(scope, () => ok("one"));
    const two = await startHttpOrigin(scope, () => ok("two"));
    const port = freePort();
    await startFromEnvironment(scope, port, {
      SLUICE_SERVERS: `web1=${one.address},web2=${two.address}`,
    });
    const bodies = await curlTimes(6, `http://127.0.0.1:${port}/`);
    assert.deepEqual(tally(bodies), { one: 3, two: 3 });
    assert.equal((await curl(`http://127.0.0.1:${port}/`)).status, 200);
  },
);

scopedTest("SLUICE_MODE=tcp balances connections", options, async (scope) => {
  const origin = await startOrigin(scope, async (peer) => {
    await peer.write("banner");
    peer.closeWrite();
  });
  const port = freePort();
  await startFromEnvironment(scope, port, {
    SLUICE_MODE: "tcp",
    SLUICE_SERVERS: `db=${origin.address}`,
  });
  const peer = await connect(scope, `127.0.0.1:${port}`);
  assert.equal(await peer.toEnd(), "banner");
});
