/** Rules on the sockets themselves: `silent-drop`, TOS, marks, TCP_INFO; what the kernel has of it is asked of `ss`. */
import assert from "node:assert/strict";
import { hasSocketCalls, mayMark } from "../../lib/net/live_socket.ts";
import { delay, waitFor } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { mustRun } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { reloadedProxy } from "../support/reloaded_proxy.ts";
import { connect, ok, startHttpOrigin } from "../support/tcp.ts";
import { underTest } from "../support/under_test.ts";

const startProxy = reloadedProxy();

const needs = {
  programs: ["ss"],
  root: true,
  unless: hasSocketCalls() && mayMark() ? undefined : "no rights to change sockets",
};
/** HAProxy 2.6 does not have these. */
const newer = { ...needs, unless: underTest === "haproxy" ? "of HAProxy 3.0" : needs.unless };

const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

/** What `ss` says of TCP connections with this port at their own end, or at the other. */
async function sockets(which: "sport" | "dport", port: number): Promise<string[]> {
  const said = await mustRun(["ss", "-tneOH", "--tos", `${which} = :${port}`]);
  return said.split("\n").filter((line) => line !== "");
}

async function start(scope: Scope, rules: string, more = "", mode = "http") {
  const port = freePort();
  await startProxy(
    scope,
    `defaults
    mode ${mode}
    timeout client 10s
    timeout server 10s
    timeout connect 5s
frontend fe
    bind 127.0.0.1:${port}
${rules}
${more}
`,
    { listening: [`127.0.0.1:${port}`] },
  );
  return { port, client: () => connect(scope, `127.0.0.1:${port}`) };
}

/** The proxy has no connection of this listener any more, and its client has not heard of it. */
async function vanished(port: number, clients: number): Promise<void> {
  await waitFor("the proxy's sockets to go", async () => {
    const left = await sockets("sport", port);
    return left.length === 0 ? true : undefined;
  });
  const there = (await sockets("dport", port)).filter((line) => line.startsWith("ESTAB"));
  assert.equal(there.length, clients);
}

for (
  const [kind, rules, more] of [
    ["http-request", "    http-request silent-drop if { path /x }", ""],
    ["http-response", "    http-response silent-drop\n    default_backend be", "BACKEND"],
    ["tcp-request connection", "    tcp-request connection silent-drop", ""],
    ["tcp-request session", "    tcp-request session silent-drop", ""],
    [
      "tcp-request content",
      "    tcp-request inspect-delay 5s\n    tcp-request content silent-drop if { method GET }",
      "",
    ],
  ] as const
) {
  scopedTest(
    `${kind} silent-drop: the client goes on with a connection that is none`,
    needs,
    async (scope) => {
      const origin = await startHttpOrigin(scope, () => ok("x"));
      const backend = `backend be\n    server s1 ${origin.address}`;
      const { port, client } = await start(scope, rules, more === "" ? "" : backend);
      const peer = await client();
      // What is sent to a connection that is gone already is answered with a reset, by nobody's will.
      if (!/connection|session/.test(kind)) await peer.write(request("/x"));
      await vanished(port, 1);
      assert.equal(await peer.silentFor(50), true);
    },
  );
}

scopedTest(
  "tcp-response content silent-drop ends the client's connection in mode tcp",
  needs,
  async (scope) => {
    const origin = await startHttpOrigin(scope, () => ok("x"));
    const backend = `backend be
    tcp-response inspect-delay 5s
    tcp-response content silent-drop if { res.payload(0,4) -m str HTTP }
    server s1 ${origin.address}`;
    const { port, client } = await start(scope, "    default_backend be", backend, "tcp");
    const peer = await client();
    await peer.write(request("/x"));
    await vanished(port, 1);
    assert.equal(await peer.silentFor(50), true);
  },
);

scopedTest(
  "silent-drop rst-ttl sends a reset, which reaches a client that is near",
  newer,
  async (scope) => {
    const { client } = await start(scope, "    http-request silent-drop rst-ttl 1");
    const peer = await client();
    await peer.write(request("/x"));
    assert.equal(await peer.closed(), true);
  },
);

scopedTest(
  "set-tos and set-mark are on the client's connection from then on",
  needs,
  async (scope) => {
    const { port, client } = await start(
      scope,
      `    http-request set-tos 0x20 if { path /tos }
    http-request set-mark 0xfffffffe if { path /mark }
    http-request return status 200`,
    );
    const peer = await client();
    const ask = async (path: string) => {
      await peer.write(request(path));
      await peer.response();
      return (await sockets("sport", port)).find((line) => line.startsWith("ESTAB"))!;
    };
    assert.doesNotMatch(await ask("/"), /tos:0x20|fwmark/);
    assert.match(await ask("/tos"), /tos:0x20/);
    assert.match(await ask("/mark"), /fwmark:0xfffffffe/);
  },
);

scopedTest(
  "set-fc-tos takes an expression, from the first rule of a connection on",
  newer,
  async (scope) => {
    const { port, client } = await start(
      scope,
      `    tcp-request connection set-fc-tos int(48)
    http-request set-fc-mark req.hdr_val(x-mark)
    http-request return status 200`,
    );
    const peer = await client();
    await waitFor("the TOS of the connection", async () => {
      return /tos:0x30/.test((await sockets("sport", port)).join("\n")) || undefined;
    });
    await peer.write("GET / HTTP/1.1\r\nHost: x\r\nX-Mark: 77\r\n\r\n");
    await peer.response();
    assert.match((await sockets("sport", port)).join("\n"), /fwmark:0x4d/);
  },
);

scopedTest(
  "set-bc-tos and set-bc-mark give a request a connection of its own to the server",
  newer,
  async (scope) => {
    const origin = await startHttpOrigin(scope, () => ok("x"));
    const { client } = await start(
      scope,
      `    http-request set-bc-tos 0x28 if { path /marked }
    http-request set-bc-mark 9 if { path /marked }
    default_backend be`,
      `backend be
    http-reuse always
    http-response set-header x-rtt "%[bc_rtt(us)]/%[fc_rtt(us)]"
    http-response set-header x-rttvar "%[bc_rttvar]/%[fc_rttvar]"
    server s1 ${origin.address}`,
    );
    const peer = await client();
    await peer.write(request("/"));
    const plain = await peer.response();
    assert.match(plain.get("x-rtt")!, /^[1-9][0-9]*\/[1-9][0-9]*$/);
    assert.match(plain.get("x-rttvar")!, /^[0-9]+\/[0-9]+$/);
    await peer.write(request("/marked"));
    await peer.response();
    assert.equal(origin.accepted, 2);
    await peer.write(request("/"));
    await peer.response();
    assert.equal(origin.accepted, 2);
  },
);

scopedTest("marks are on the server's connection while a request runs", newer, async (scope) => {
  const origin = await startHttpOrigin(scope, async () => {
    await delay(300);
    return ok("x");
  });
  const { client } = await start(
    scope,
    `    http-request set-bc-tos 0x28
    http-request set-bc-mark 9
    default_backend be`,
    `backend be\n    server s1 ${origin.address}`,
  );
  const peer = await client();
  await peer.write(request("/"));
  await waitFor("the marks", async () => {
    const seen = (await sockets("dport", origin.port)).join("\n");
    return /tos:0x28/.test(seen) && /fwmark:0x9/.test(seen) || undefined;
  });
  await peer.response();
});

scopedTest(
  "fetches of TCP_INFO give what the kernel counts on the client's connection",
  needs,
  async (scope) => {
    const { client } = await start(
      scope,
      `    http-request return status 200 hdr X "%[fc_rtt(us)] %[fc_rttvar(us)] %[fc_rtt(ms)] %[fc_rttvar] \
%[fc_unacked] %[fc_sacked] %[fc_retrans] %[fc_fackets] %[fc_lost] %[fc_reordering]"`,
    );
    const peer = await client();
    await peer.write(request("/"));
    const answer = await peer.response();
    // Nothing was lost on the way to this machine itself.
    assert.match(answer.get("x")!, /^[1-9]\d* \d+ \d+ \d+ 0 0 0 0 0 [1-9]\d*$/);
  },
);
