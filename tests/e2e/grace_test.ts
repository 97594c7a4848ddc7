import assert from "node:assert/strict";
import { isListening } from "../support/ports.ts";
import { waitFor } from "../support/poll.ts";
import { scopedTest } from "../support/scope.ts";
import { ok, startHttpOrigin } from "../support/tcp.ts";
import { setUp } from "./setup.ts";

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

scopedTest("grace: after SIGUSR1 all goes on as before for that time", {}, async (scope) => {
  const origin = await startHttpOrigin(scope, () => ok("x"));
  const { client, proxy, port } = await setUp(scope, {
    global: "grace 1500ms",
    frontend: "http-response set-header X-Stopping %[stopping]",
    backend: `server s1 ${origin.address}`,
  });
  const old = await client();
  await old.write(GET);
  assert.equal((await old.response()).get("x-stopping"), "0");
  const begin = performance.now();
  proxy.process.signal("SIGUSR1");
  const young = await client();
  await waitFor("the process to know that it is stopping", async () => {
    await young.write(GET);
    const answer = await young.response();
    assert.equal(answer.get("connection"), undefined);
    return answer.get("x-stopping") === "1";
  });
  await old.write(GET);
  assert.equal((await old.response()).status, 200);
  old.close();
  young.close();
  assert.equal((await proxy.process.exited).code, 0);
  const took = performance.now() - begin;
  assert.ok(took >= 1400 && took < 5000, `${took} ms`);
  assert.equal(isListening("127.0.0.1", port), false);
});

scopedTest("SIGTERM does not wait for grace", {}, async (scope) => {
  const origin = await startHttpOrigin(scope, () => ok("x"));
  const { proxy } = await setUp(scope, {
    global: "grace 30s",
    backend: `server s1 ${origin.address}`,
  });
  proxy.process.signal("SIGUSR1");
  proxy.process.signal("SIGTERM");
  assert.equal((await proxy.process.exited).code, 143);
});
