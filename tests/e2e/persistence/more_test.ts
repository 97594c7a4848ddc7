import assert from "node:assert/strict";
import { waitFor } from "../../support/poll.ts";
import { scopedTest } from "../../support/scope.ts";
import { ok, startHttpOrigin, startOrigin } from "../../support/tcp.ts";
import { underTest } from "../../support/under_test.ts";
import { reloadedSetUp, tcpLine } from "../setup.ts";

const setUp = reloadedSetUp();

scopedTest(
  "use-server chooses in TCP mode too, and forced persistence goes to servers that are down",
  {},
  async (scope) => {
    const named = (name: string) =>
      startOrigin(scope, async (peer) => {
        await peer.write(name);
        peer.closeWrite();
      });
    const [a, b] = [await named("a"), await named("b")];
    const { client, log } = await setUp(scope, {
      mode: "tcp",
      backend: `force-persist if { src 127.0.0.1 }
      use-server b if { src 127.0.0.0/8 }
      server a ${a.address}
      server b ${b.address} disabled`,
    });
    for (let n = 0; n < 3; n++) {
      const peer = await client();
      assert.equal(await peer.toEnd(), "b");
      peer.close();
    }
    const { server, termination } = await tcpLine(log);
    assert.deepEqual([server, termination], ["b", "--"]);
  },
);

scopedTest("capture cookie writes both sides' cookies to the log", {}, async (scope) => {
  const origin = await startHttpOrigin(
    scope,
    () => ok("x", "Set-Cookie: other=1\r\nSet-Cookie: SID=new; Path=/\r\n"),
  );
  const { client, log } = await setUp(scope, {
    frontend: `capture cookie SID len 8
      log-format "cookies %CC %CS end"
      http-request deny if { path /denied }`,
    backend: `server s1 ${origin.address}`,
  });
  const peer = await client();
  await peer.write("GET / HTTP/1.1\r\nHost: x\r\nCookie: a=b; SIDE=long value\r\n\r\n");
  await peer.response();
  await log.find(/cookies SIDE=lon SID=new end/);
  await peer.write("GET /denied HTTP/1.1\r\nHost: x\r\nCookie: SID=1\r\n\r\n");
  await peer.response();
  await log.find(/cookies SID=1 - end/);
});

// HAProxy keeps to a server only while the client's session owns a connection to it, which http-reuse takes away.
const reuse = underTest === "haproxy" ? "http-reuse never" : "";

scopedTest(
  "option prefer-last-server: requests of one connection stay on one server",
  {},
  async (scope) => {
    const named = (name: string) => startHttpOrigin(scope, () => ok(name));
    const [a, b] = [await named("a"), await named("b")];
    const { client } = await setUp(scope, {
      backend: `balance roundrobin
      option prefer-last-server
      ${reuse}
      server a ${a.address}
      server b ${b.address}`,
    });
    const bodies: string[] = [];
    for (let n = 0; n < 2; n++) {
      const peer = await client();
      for (let k = 0; k < 3; k++) {
        await peer.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        bodies.push((await peer.response()).body);
      }
    }
    assert.deepEqual(bodies, ["a", "a", "a", "b", "b", "b"]);
  },
);

if (underTest !== "haproxy") {
  scopedTest("option prefer-last-server never makes a request wait", {}, async (scope) => {
    let release = () => {};
    const slow = new Promise<void>((resolve) => release = resolve);
    let busy = false;
    const a = await startHttpOrigin(scope, async (request) => {
      if (request.line.includes("/slow")) {
        busy = true;
        await slow;
      }
      return ok("a");
    });
    const b = await startHttpOrigin(scope, () => ok("b"));
    const { client } = await setUp(scope, {
      backend: `balance roundrobin
        option prefer-last-server
        server a ${a.address} maxconn 1
        server b ${b.address}`,
    });
    const peer = await client();
    await peer.write("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
    assert.equal((await peer.response()).body, "a");
    const other = await client();
    await other.write("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
    assert.equal((await other.response()).body, "b");
    const third = await client();
    await third.write("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    await waitFor("the only slot of a to be taken", () => busy);
    await peer.write("GET /3 HTTP/1.1\r\nHost: x\r\n\r\n");
    assert.equal((await peer.response()).body, "b", "a is full");
    release();
    assert.equal((await third.response()).body, "a");
  });
}
