/** `source … usesrc` (manual 4.2): servers see the client's address, in a network of namespaces. */
import assert from "node:assert/strict";
import { makeLab } from "../support/lab.ts";
import { waitFor } from "../support/poll.ts";
import { mustRun, run, start } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { checkConfig, startProxy, writeConfig } from "../support/sluice.ts";
import { commandUnderTest } from "../support/under_test.ts";

const needs = { programs: ["curl", "ip", "setpriv"], namespaces: true, limit: 180_000 };

/** A web server that tells whom it sees. */
const SERVER = `Deno.serve({ hostname: "192.168.0.10", port: 80 }, (_, { remoteAddr }) =>
  new Response("", {
    headers: { "X-Peer": remoteAddr.hostname, "X-Port": String(remoteAddr.port) },
  }))`;

/** A client and a web server in two networks; the proxy is in both, and what the server answers goes by it. */
async function transparentLab(scope: Scope) {
  const lab = await makeLab(scope, {
    client: "10.9.0.1/24",
    proxy: "10.9.0.100/24",
    web: "192.168.0.10/24",
  });
  const [proxy, web] = [lab.namespace("proxy"), lab.namespace("web")];
  const ip = (...args: string[]) => mustRun(["ip", ...args]);
  await ip("-n", proxy, "addr", "add", "192.168.0.100/24", "dev", "eth0");
  await ip("-n", web, "route", "add", "default", "via", "192.168.0.100");
  // Answers to clients are for the proxy itself (in the field: iptables -m socket, or this).
  await ip(
    "-n",
    proxy,
    "rule",
    "add",
    "iif",
    "eth0",
    "ipproto",
    "tcp",
    "sport",
    "80",
    "lookup",
    "100",
  );
  await ip("-n", proxy, "route", "add", "local", "0.0.0.0/0", "dev", "lo", "table", "100");
  start(scope, "web", [Deno.execPath(), "eval", SERVER], { namespace: web });
  return lab;
}

const config = (mode: string, server: string) =>
  `defaults
    mode ${mode}
    timeout connect 5s
    timeout client 5s
    timeout server 5s
listen web
    bind 10.9.0.100:8080
    server w 192.168.0.10:80 ${server}
`;

scopedTest(
  "usesrc: servers see the client's address, that of a field, or a given one",
  needs,
  async (scope) => {
    const lab = await transparentLab(scope);
    const seen = async (mode: string, server: string, ...args: string[]) => {
      const proxy = await startProxy(scope, config(mode, server), {
        namespace: lab.namespace("proxy"),
        listening: [],
      });
      const curl = ["curl", "-sSi", "-m", "5", ...args, "http://10.9.0.100:8080/"];
      let answer = "";
      await waitFor("an answer", async () => {
        answer = (await run(curl, { namespace: lab.namespace("client") })).stdout;
        return /x-peer/i.test(answer);
      }, { limit: 60_000, explain: () => answer + proxy.process.output() });
      await proxy.process.stop();
      const [, peer] = /x-peer: (\S+)/i.exec(answer)!;
      return { peer, port: /x-port: (\S+)/i.exec(answer)![1] };
    };
    assert.equal((await seen("http", "")).peer, "192.168.0.100");
    assert.equal((await seen("http", "source 0.0.0.0 usesrc clientip")).peer, "10.9.0.1");
    assert.deepEqual(
      await seen("tcp", "source 0.0.0.0 usesrc client", "--local-port", "41000-41500")
        .then(({ peer, port }) => [peer, Number(port) >= 41000 && Number(port) <= 41500]),
      ["10.9.0.1", true],
    );
    assert.equal((await seen("http", "source 0.0.0.0 usesrc 10.77.0.5")).peer, "10.77.0.5");
    const header = "source 192.168.0.100 usesrc hdr_ip(x-real,-1) interface eth0";
    assert.equal((await seen("http", header, "-H", "X-Real: 10.55.0.1")).peer, "10.55.0.1");
    assert.equal((await seen("http", header)).peer, "192.168.0.100", "without the field");
  },
);

scopedTest(
  "usesrc and transparent: the start is refused where the system does not permit it",
  needs,
  async (scope) => {
    for (
      const text of [
        config("tcp", "source 0.0.0.0 usesrc clientip").replace("10.9.0.100:8080", "127.0.0.1:0"),
        config("tcp", "").replace("10.9.0.100:8080", "10.200.0.1:8080 transparent"),
      ]
    ) {
      const path = writeConfig(scope, text.replace("127.0.0.1:0", "127.0.0.1:18099"));
      const bounded = ["setpriv", "--bounding-set=-net_admin,-net_raw", "--inh-caps=-all"];
      const ran = await run([...bounded, ...commandUnderTest(["-db", "-f", path])]);
      assert.equal(ran.code, 1);
      assert.match(ran.stderr, /not possible here: .*it needs root or CAP_NET_ADMIN/);
    }
    const kept = await checkConfig(
      scope,
      "global\n    user nobody\n" + config("tcp", "source 0.0.0.0 usesrc clientip"),
    );
    assert.match(kept.stderr, /'usesrc' and 'user' exclude each other/);
  },
);
