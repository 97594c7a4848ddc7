/** `do-resolve` with a real DNS server, in rules of HTTP and of connections (manual 4.2). */
import assert from "node:assert/strict";
import { dnsPrograms, startDnsmasq } from "../support/dnsmasq.ts";
import { freePort } from "../support/ports.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { reloadedProxy } from "../support/reloaded_proxy.ts";
import { connect, startOrigin } from "../support/tcp.ts";

const startProxy = reloadedProxy();

const needs = { programs: dnsPrograms };
const HOSTS = { "one.test": "127.0.0.11", "two.test": "127.0.0.12" };

/** Servers that say their name, under names of a DNS server; a proxy whose rules choose between them. */
async function setUp(
  scope: Scope,
  mode: "http" | "tcp",
  rules: string,
  answer: (n: string) => string,
) {
  const [port, back] = [freePort(), freePort()];
  for (const [name, host] of Object.entries(HOSTS)) {
    await startOrigin(scope, async (peer) => {
      await peer.write(answer(name));
      peer.closeWrite();
    }, { host, port: back });
  }
  const dns = await startDnsmasq(scope, {
    hosts: Object.fromEntries(Object.entries(HOSTS).map(([name, host]) => [name, [host]])),
  });
  await startProxy(
    scope,
    `defaults
    mode ${mode}
    timeout client 10s
    timeout server 10s
    timeout connect 5s
resolvers dns
    nameserver ns ${dns.host}:${dns.port}
    timeout resolve 200ms
    timeout retry 200ms
    hold valid 1s
frontend fe
    bind 127.0.0.1:${port}
${rules}
    default_backend be
backend be
    server any 0.0.0.0:${back}
`,
    { listening: [`127.0.0.1:${port}`] },
  );
  return () => connect(scope, `127.0.0.1:${port}`);
}

scopedTest(
  "do-resolve of tcp-request content waits for the name that a client asks for",
  needs,
  async (scope) => {
    const client = await setUp(
      scope,
      "tcp",
      `    tcp-request inspect-delay 5s
    tcp-request content do-resolve(sess.ip,dns,ipv4) req.payload(0,8) if { req.len ge 8 }
    tcp-request content reject if { req.len ge 8 } !{ var(sess.ip) -m found }
    tcp-request content set-dst var(sess.ip) if { var(sess.ip) -m found }
    tcp-request content accept if { req.len ge 8 }`,
      (name) => `I am ${name}`,
    );
    for (const name of Object.keys(HOSTS)) {
      const peer = await client();
      await peer.write(name.slice(0, 3));
      assert.equal(await peer.silentFor(50), true);
      await peer.write(name.slice(3));
      assert.equal(await peer.toEnd(), `I am ${name}`);
    }
    const nobody = await client();
    await nobody.write("six.test");
    assert.equal(await nobody.toEnd(), "");
  },
);

scopedTest(
  "do-resolve of http-request leads requests to where their host is",
  needs,
  async (scope) => {
    const client = await setUp(
      scope,
      "http",
      `    http-request do-resolve(txn.ip,dns,ipv4) req.hdr(host),host_only
    http-request deny deny_status 404 unless { var(txn.ip) -m found }
    http-request set-dst var(txn.ip)`,
      (name) =>
        `HTTP/1.1 200 OK\r\nContent-Length: ${name.length}\r\nConnection: close\r\n\r\n${name}`,
    );
    for (const name of Object.keys(HOSTS)) {
      const peer = await client();
      await peer.write(`GET / HTTP/1.1\r\nHost: ${name}:80\r\n\r\n`);
      assert.equal((await peer.response()).body, name);
    }
    const nobody = await client();
    await nobody.write("GET / HTTP/1.1\r\nHost: none.test\r\n\r\n");
    assert.equal((await nobody.response()).status, 404);
  },
);
