/**
 * Clients and servers that do anything at any time, while the configuration is reloaded: nothing is left behind, no
 * bug of ours is reported, and no byte of one client's request or answer reaches another.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { MemoryPeer } from "../support/memory_peer.ts";
import { Rig, type RigOptions, S1, S2 } from "../support/proxy_rig.ts";

type Side = "client" | "server";
type Step =
  | { readonly do: "connect"; readonly reading: boolean }
  | { readonly do: "send"; readonly side: Side; readonly who: number; readonly text: number }
  | { readonly do: "finish" | "close" | "reset" | "pause" | "resume"; side: Side; who: number }
  | { readonly do: "pass"; readonly ms: number }
  | { readonly do: "reload"; readonly which: number }
  | { readonly do: "kill"; readonly server: string }
  | { readonly do: "listen"; readonly address: string; readonly open: boolean };

const CHUNKED = "Transfer-Encoding: chunked\r\n";
/** What clients say; `#` stands for a mark of three bytes that names the client. */
const REQUESTS = [
  "GET /# HTTP/1.1\r\nHost: x\r\n\r\n",
  "GET /# HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  "HEAD /# HTTP/1.1\r\nHost: x\r\n\r\n",
  "GET /# HTTP/1.1\r\nHost: x\r\n\r\nGET /# HTTP/1.1\r\nHost: x\r\n\r\n",
  "GET /# HT",
  "POST /# HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\n",
  "##########",
  `POST /# HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n${"#".repeat(3000)}`,
  `PUT /# HTTP/1.1\r\nHost: x\r\n${CHUNKED}\r\nf\r\n#####\r\n`,
  "0\r\n\r\n",
  "GET /# HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n",
  "CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\nX: #\r\n\r\n",
  "\r\n",
  "nonsense\r\n\r\n",
] as const;
/** What servers say; `#` stands for the mark that they saw last. */
const ANSWERS = [
  "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n#",
  "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n#",
  "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n#",
  "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\n#",
  `HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n${"#".repeat(3000)}`,
  "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n#",
  "####",
  `HTTP/1.1 200 OK\r\n${CHUNKED}\r\n9\r\n###\r\n`,
  "0\r\n\r\n",
  "HTTP/1.1 100 Continue\r\n\r\n",
  "HTTP/1.1 204 None\r\n\r\n",
  "HTTP/1.1 200 OK\r\n\r\n#",
  "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n",
  "HTTP/1.1 2",
  "nonsense\r\n\r\n",
] as const;

const WHO = fc.nat(5);
const SIDE = fc.constantFrom<Side>("client", "server");
const STEP: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("connect"), reading: fc.boolean() }) },
  {
    weight: 14,
    arbitrary: fc.record({ do: fc.constant("send"), side: SIDE, who: WHO, text: fc.nat(14) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("finish", "close", "reset", "pause", "resume"),
      side: SIDE,
      who: WHO,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("pass"),
      ms: fc.oneof(fc.nat(5), fc.nat(300), fc.nat(2000)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reload"), which: fc.nat(3) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("kill"), server: fc.constantFrom("s1", "s2") }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("listen"),
      address: fc.constantFrom(S1, S2),
      open: fc.boolean(),
    }),
  },
) as fc.Arbitrary<Step>;

const OPTIONS = fc.record({
  capacity: fc.constantFrom(64, 2000, 65536),
  immediate: fc.boolean(),
  defaults: fc.subarray([
    "option abortonclose",
    "option http-server-close",
    "option redispatch",
    "http-reuse always",
    "http-reuse never",
    "timeout queue 400ms",
    "timeout http-request 480ms",
    "timeout http-keep-alive 320ms",
    "timeout tunnel 640ms",
    "timeout client-fin 160ms",
    "timeout server-fin 160ms",
    "retries 1",
    "option forwardfor",
  ]).map((lines) =>
    ["timeout client 800ms", "timeout server 800ms", "timeout connect 160ms", ...lines].join("\n")
  ),
  maxconn: fc.constantFrom("", "maxconn 1", "maxconn 2"),
  frontend: fc.constantFrom("", "maxconn 2", "http-response set-header X-Added yes"),
  mode: fc.constantFrom<"http" | "tcp">("http", "http", "http", "tcp"),
});

Deno.test("whatever clients and servers do, nothing is left behind and nothing is mixed up", async () => {
  const plan = fc.record({
    options: OPTIONS,
    steps: fc.array(STEP, { minLength: 5, maxLength: 80, size: "max" }),
  });
  await fc.assert(
    fc.asyncProperty(plan, ({ options, steps }) => run(options, steps)),
    { seed: 20240608, numRuns: 500 },
  );
});

async function run(
  { maxconn, ...options }: RigOptions & { maxconn: string },
  steps: readonly Step[],
): Promise<void> {
  const base = {
    ...options,
    frontend: options.mode === "tcp" && options.frontend?.startsWith("http")
      ? ""
      : options.frontend,
    backend: `server s1 ${S1} ${maxconn}\nserver s2 ${S2} ${maxconn}`,
  };
  const rig = new Rig(base);
  await rig.start();
  const peers: { client: MemoryPeer[]; server: MemoryPeer[] } = { client: [], server: [] };
  const seen = new Map<MemoryPeer, string>();
  const shut = new Set<string>();
  for (const step of steps) {
    switch (step.do) {
      case "connect":
        if (peers.client.length < 6) {
          peers.client.push(await rig.client(undefined, step.reading));
        }
        break;
      case "pass":
        await rig.pass(step.ms);
        break;
      case "reload":
        assert.deepEqual(await rig.reload({ ...base, more: more[step.which] }), []);
        break;
      case "kill":
        rig.process.acceptor.killStreams("be", step.server);
        break;
      case "listen":
        if (step.open !== shut.has(step.address)) break;
        if (step.open) {
          shut.delete(step.address);
          rig.origin(step.address).open();
        } else {
          shut.add(step.address);
          rig.origin(step.address).shut();
        }
        break;
      default:
        act(step, peers, seen);
    }
    for (const address of [S1, S2]) peers.server.push(...await rig.origin(address).all());
    for (const server of peers.server) {
      seen.set(server, (seen.get(server) ?? "") + await server.take());
    }
    for (const [n, client] of peers.client.entries()) {
      const text = await client.take();
      assert.ok(!text.includes("*"), "memory that was given back");
      for (const found of text.match(/~\d~/g) ?? []) assert.equal(found, mark(n));
    }
  }
  for (const address of shut) rig.origin(address).open();
  for (const peer of [...peers.client, ...peers.server]) peer.resume();
  await rig.pass(5000);
  await rig.stop();
}

const more = ["", "backend other\n", "backend third\n    server t 127.0.0.1:8009\n", ""];

/** The mark of a client. */
function mark(n: number): string {
  return `~${n}~`;
}

function act(
  step: Exclude<Step, { do: "connect" | "pass" | "reload" | "kill" | "listen" }>,
  peers: { readonly client: MemoryPeer[]; readonly server: MemoryPeer[] },
  seen: ReadonlyMap<MemoryPeer, string>,
): void {
  const list = peers[step.side];
  const peer = list[list.length - 1 - step.who] ?? list.at(-1);
  if (peer === undefined || peer.ended) return;
  switch (step.do) {
    case "send": {
      const texts = step.side === "client" ? REQUESTS : ANSWERS;
      const own = step.side === "client"
        ? mark(peers.client.indexOf(peer))
        : seen.get(peer)?.match(/~\d~/g)?.at(-1) ?? "~-~";
      peer.send(texts[step.text % texts.length].replaceAll("#", own));
      break;
    }
    case "finish":
      peer.finish();
      break;
    case "close":
      peer.close();
      break;
    case "reset":
      peer.reset();
      break;
    case "pause":
      peer.pause();
      break;
    case "resume":
      peer.resume();
  }
}
