/** Stick tables that several nodes share: with the real HAProxy, and among sluices (manual 3.5). */
import assert from "node:assert/strict";
import { Authority } from "../support/certificates.ts";
import { waitFor } from "../support/poll.ts";
import { freePort, waitListening } from "../support/ports.ts";
import { mustRun, type Running, start } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { type Form, forms, startProxy, writeConfig } from "../support/sluice.ts";
import { commandUnderTest, underTest } from "../support/under_test.ts";

const needs = { programs: ["haproxy", "socat", "curl"] };

/** Two nodes: what they are called, where they listen for each other and for clients. */
interface Node {
  readonly name: string;
  readonly peer: number;
  readonly front: number;
  readonly socket: string;
}

function nodes(scope: Scope, ...names: string[]): Node[] {
  return names.map((name) => ({
    name,
    peer: freePort(),
    front: freePort(),
    socket: scope.path(`${name}.socket`),
  }));
}

interface Shape {
  readonly global?: string;
  /** of the `peers` section, in place of one `peer` line for each node */
  readonly peers?: readonly string[];
}

function configuration(node: Node, all: readonly Node[], shape: Shape = {}): string {
  const peers = shape.peers ?? all.map(({ name, peer }) => `peer ${name} 127.0.0.1:${peer}`);
  return `global
    stats socket ${node.socket} level admin
    ${shape.global ?? ""}
defaults
    mode http
    timeout connect 5s
    timeout client 10s
    timeout server 10s
peers p
${peers.map((line) => `    ${line}`).join("\n")}
    table t1 type integer size 1k expire 5m store gpc(3),gpc_rate(2,10s),gpt(2)
backend st
    stick-table type ip size 1k expire 10m peers p store gpc0,http_req_cnt,http_req_rate(10s),conn_cur
backend ss
    stick-table type string len 20 size 1k expire 10m peers p store gpt0,bytes_out_cnt
frontend f
    bind 127.0.0.1:${node.front}
    http-request track-sc0 src table st
    http-request track-sc1 path table ss
    http-request track-sc2 int(77) table p/t1
    http-request sc-inc-gpc(1,2)
    http-request return status 200 content-type text/plain string ok
`;
}

function yamlOf(node: Node, all: readonly Node[]): string {
  return `
global:
  stats: { socket: "${node.socket} level admin" }
defaults:
  mode: http
  timeout: { connect: 5s, client: 10s, server: 10s }
peers:
  p:
    peers:
${all.map(({ name, peer }) => `      ${name}: { address: "127.0.0.1:${peer}" }`).join("\n")}
    tables:
      t1: { type: integer, size: 1k, expire: 5m, store: ["gpc(3)", "gpc_rate(2,10s)", "gpt(2)"] }
backends:
  st:
    stick-table: { type: ip, size: 1k, expire: 10m, peers: p, store: [gpc0, http_req_cnt, http_req_rate(10s), conn_cur] }
  ss:
    stick-table: { type: string, len: 20, size: 1k, expire: 10m, peers: p, store: [gpt0, bytes_out_cnt] }
frontends:
  f:
    bind: "127.0.0.1:${node.front}"
    http-request:
      - track-sc0 src table st
      - track-sc1 path table ss
      - track-sc2 int(77) table p/t1
      - sc-inc-gpc(1,2)
      - return status 200 content-type text/plain string ok
`;
}

async function command({ socket }: Node, line: string): Promise<string> {
  return await mustRun(["socat", "-t", "5", "-", socket], { stdin: `${line}\n` });
}

/** Waits until a node has an entry that says all of this. */
async function knows(node: Node, table: string, key: string, ...says: string[]): Promise<void> {
  let text = "";
  await waitFor(`${node.name} to know of '${key}' that ${says.join(", ")}`, async () => {
    text = await command(node, `show table ${table}`);
    const line = text.split("\n").find((line) => line.includes(`key=${key} `)) ?? "";
    return says.every((each) => `${line} `.includes(` ${each} `));
  }, { limit: 20_000, explain: () => text });
}

async function ask({ front }: Node, path: string): Promise<void> {
  assert.equal(await mustRun(["curl", "-s", `http://127.0.0.1:${front}${path}`]), "ok");
}

const front = ({ front }: Node) => `127.0.0.1:${front}`;

async function startHaproxy(
  scope: Scope,
  node: Node,
  text: string,
  more: readonly string[] = [],
): Promise<Running> {
  const path = scope.write(`${node.name}.cfg`, text);
  const running = start(scope, node.name, [
    "haproxy",
    "-db",
    "-L",
    node.name,
    "-f",
    path,
    ...more,
  ]);
  await waitListening(running, [front(node)]);
  return running;
}

const startSluice = (scope: Scope, node: Node, text: string, form: Form = "cfg") =>
  startProxy(scope, text, {
    form,
    args: ["-db", "-L", node.name],
    listening: [front(node)],
  });

for (const form of forms) {
  scopedTest(
    `sluice and HAProxy share tables in both directions, over restarts of either (${form})`,
    { ...needs, limit: 120_000 },
    async (scope) => {
      const all = nodes(scope, "ha", "sl");
      const [ha, sl] = all;
      const text = form === "cfg" ? configuration(sl, all) : yamlOf(sl, all);
      let sluice = await startSluice(scope, sl, text, form);
      const haproxy = await startHaproxy(scope, ha, configuration(ha, all));
      for (let i = 0; i < 3; i++) await ask(ha, "/from-haproxy");
      await knows(sl, "st", "127.0.0.1", "http_req_cnt=3", "http_req_rate(10000)=3", "conn_cur=0");
      await knows(sl, "ss", "/from-haproxy", "gpt0=0");
      await knows(sl, "p/t1", "77", "gpc1=3", "gpc1_rate(10000)=3");
      await ask(sl, "/from-sluice");
      await knows(ha, "st", "127.0.0.1", "http_req_cnt=4");
      await knows(ha, "ss", "/from-sluice", "gpt0=0");
      await knows(ha, "p/t1", "77", "gpc1=4");
      await command(ha, "set table st key 192.0.2.1 data.gpc0 11");
      await command(sl, "set table st key 192.0.2.2 data.gpc0 12");
      await knows(sl, "st", "192.0.2.1", "gpc0=11");
      await knows(ha, "st", "192.0.2.2", "gpc0=12");
      // HAProxy reloads: its new process has all from the old one, or from sluice.
      const next = await startHaproxy(scope, ha, configuration(ha, all), ["-sf", `${haproxy.pid}`]);
      await knows(ha, "st", "192.0.2.2", "gpc0=12");
      await command(ha, "set table st key 192.0.2.3 data.gpc0 13");
      await knows(sl, "st", "192.0.2.3", "gpc0=13");
      // As long as it is there, the process that was replaced is a node of the same name.
      await haproxy.stop();
      // HAProxy comes back with nothing: it asks sluice.
      await next.stop();
      const third = await startHaproxy(scope, ha, configuration(ha, all));
      await knows(ha, "st", "192.0.2.1", "gpc0=11");
      await knows(ha, "ss", "/from-sluice", "gpt0=0");
      // sluice reloads: nothing is lost, and it goes on.
      sluice.reload();
      await command(ha, "set table st key 192.0.2.4 data.gpc0 14");
      await knows(sl, "st", "192.0.2.4", "gpc0=14");
      await knows(sl, "st", "192.0.2.1", "gpc0=11");
      // sluice comes back with nothing: it asks HAProxy.
      await sluice.process.stop();
      sluice = await startSluice(scope, sl, text, form);
      await knows(sl, "st", "192.0.2.3", "gpc0=13");
      await knows(sl, "st", "192.0.2.4", "gpc0=14");
      await waitFor(
        "the lesson to be over",
        async () => /resync=done/.test(await command(sl, "show peers")),
        { limit: 20_000 },
      );
      await command(sl, "set table st key 192.0.2.5 data.gpc0 15");
      await knows(ha, "st", "192.0.2.5", "gpc0=15");
      const shown = await command(sl, "show peers p");
      assert.match(shown, /id=sl\(local,inactive\)/);
      assert.match(shown, /id=ha\(remote,active\) .* last_status=ESTA/);
      assert.match(shown, /table: id=p\/t1/);
      assert.match(await command(sl, "show peers q"), /No such peers/);
      assert.match(await command(sl, "show info"), /ConnectedPeers: 1/);
      await third.stop();
    },
  );
}

scopedTest(
  "several threads of one node share with HAProxy what any of them counts",
  { ...needs, limit: 120_000 },
  async (scope) => {
    const all = nodes(scope, "ha", "sl");
    const [ha, sl] = all;
    await startHaproxy(scope, ha, configuration(ha, all));
    await startSluice(scope, sl, configuration(sl, all, { global: "nbthread 2" }));
    for (let i = 0; i < 20; i++) await ask(sl, "/");
    await knows(ha, "st", "127.0.0.1", "http_req_cnt=20");
    await ask(ha, "/");
    await knows(sl, "st", "127.0.0.1", "http_req_cnt=21");
    await ask(sl, "/");
    await knows(ha, "st", "127.0.0.1", "http_req_cnt=22");
  },
);

scopedTest(
  "two sluices share tables over TLS that each has verified",
  { ...needs, limit: 120_000 },
  async (scope) => {
    if (underTest === "haproxy") return;
    const authority = Authority.make("peers");
    const { pem } = authority.issue({ names: ["a", "b", "127.0.0.1"] });
    const crt = scope.write("peer.pem", pem);
    const ca = scope.write("ca.pem", authority.certificate);
    const all = nodes(scope, "a", "b");
    const [a, b] = all;
    const shape = (own: Node, other: Node): Shape => ({
      global: `localpeer ${own.name}`,
      peers: [
        `bind 127.0.0.1:${own.peer} ssl crt ${crt} verify required ca-file ${ca}`,
        `default-server ssl crt ${crt} verify required ca-file ${ca}`,
        `server ${own.name}`,
        `server ${other.name} 127.0.0.1:${other.peer}`,
      ],
    });
    const launch = (own: Node, other: Node) =>
      startProxy(scope, configuration(own, all, shape(own, other)), {
        args: ["-db"],
        listening: [front(own)],
      });
    await launch(a, b);
    const second = await launch(b, a);
    await ask(a, "/one");
    await knows(b, "ss", "/one", "gpt0=0");
    await ask(b, "/two");
    await knows(a, "ss", "/two", "gpt0=0");
    await knows(a, "st", "127.0.0.1", "http_req_cnt=2");
    assert.match(await command(a, "show peers"), /xprt=SSL/);
    await second.process.stop();
    await waitFor(
      "a to see that b is gone",
      async () => /id=b\(remote,inactive\)/.test(await command(a, "show peers")),
      { limit: 20_000 },
    );
    await ask(a, "/three");
    await launch(b, a);
    await knows(b, "ss", "/three", "gpt0=0");
    await knows(b, "ss", "/two", "gpt0=0");
  },
);

scopedTest(
  "a process that is replaced (-sf) hands its tables to the new one, without any other node",
  { ...needs, limit: 120_000 },
  async (scope) => {
    const all = nodes(scope, "only");
    const [only] = all;
    const text = configuration(only, all);
    const old = await startSluice(scope, only, text);
    await ask(only, "/kept");
    await command(only, "set table st key 192.0.2.9 data.gpc0 9");
    const path = writeConfig(scope, text);

    start(
      scope,
      "successor",
      commandUnderTest(["-db", "-L", only.name, "-f", path, "-sf", `${old.process.pid}`]),
    );
    await old.process.exited;
    await knows(only, "st", "192.0.2.9", "gpc0=9");
    await knows(only, "ss", "/kept", "gpt0=0");
  },
);

scopedTest(
  "whoever is not a peer of the section is refused, with HAProxy's numbers",
  { ...needs },
  async (scope) => {
    const all = nodes(scope, "ha", "sl");
    const [, sl] = all;
    await startSluice(scope, sl, configuration(sl, all));
    const hello = async (text: string): Promise<string> => {
      const conn = await Deno.connect({ hostname: "127.0.0.1", port: sl.peer });
      await conn.write(new TextEncoder().encode(text));
      const answer = new Uint8Array(100);
      const count = await conn.read(answer) ?? 0;
      conn.close();
      return new TextDecoder().decode(answer.subarray(0, count));
    };
    assert.equal(await hello("GET / HTTP/1.1\r\n\r\n"), "501\n");
    assert.equal(await hello("HAProxyS 1.0\nsl\nha 1 1\n"), "502\n");
    assert.equal(await hello("HAProxyS 2.1\nother\nha 1 1\n"), "503\n");
    assert.equal(await hello("HAProxyS 2.1\nsl\nstranger 1 1\n"), "504\n");
    assert.match(await hello("HAProxyS 2.1\nsl\nha 1 1\n"), /^200\n/);
    assert.match(await hello("HAProxyS 2.0\nsl\nha 1 1\n"), /^200\n/);
  },
);
