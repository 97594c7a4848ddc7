/** `mode udp`, sluice's own: datagrams through a pool. */
import assert from "node:assert/strict";
import { waitFor } from "../support/poll.ts";
import { freePort, isBoundUdp } from "../support/ports.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { type Proxy, startProxy } from "../support/sluice.ts";
import { startSyslogSink } from "../support/syslog_sink.ts";

/** Starting a program takes its time on a busy machine. */
const SLOW = { limit: 120_000 };

const latin1 = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

interface Party {
  readonly port: number;
  readonly got: string[];
  /** where each datagram came from */
  readonly from: Deno.NetAddr[];
  send(message: string | Uint8Array, to: { readonly port: number }): Promise<unknown>;
  /** The next datagram; a lost one is sent again. */
  ask(message: string, port: number): Promise<string>;
}

/** A UDP socket on loopback; `answer` makes it a server. */
function party(scope: Scope, answer?: (message: string) => string, host = "127.0.0.1"): Party {
  const socket = Deno.listenDatagram({ hostname: host, port: 0, transport: "udp" });
  const got: string[] = [];
  const from: Deno.NetAddr[] = [];
  const loop = (async () => {
    for (;;) {
      try {
        const [bytes, sender] = await socket.receive(new Uint8Array(65_536));
        const message = String.fromCharCode(...bytes);
        got.push(message);
        from.push(sender as Deno.NetAddr);
        if (answer !== undefined) await socket.send(latin1(answer(message)), sender);
      } catch {
        return;
      }
    }
  })();
  scope.defer("a UDP socket", async () => {
    socket.close();
    await loop;
  });
  const send: Party["send"] = (message, to) =>
    socket.send(typeof message === "string" ? latin1(message) : message, {
      transport: "udp",
      hostname: "127.0.0.1",
      port: to.port,
    });
  return {
    port: (socket.addr as Deno.NetAddr).port,
    got,
    from,
    send,
    async ask(message, port) {
      const before = got.length;
      for (let n = 0; n < 10 && got.length === before; n++) {
        await send(message, { port });
        await waitFor("an answer", () => got.length > before, { limit: 2000 }).catch(() => {});
      }
      return got[before];
    },
  };
}

const echo = (name: string) => (message: string) => `${name}:${message}`;

async function pool(
  scope: Scope,
  lines: string,
  log?: string,
): Promise<{ proxy: Proxy; port: number; config: string }> {
  const port = freePort();
  const config = `defaults
    mode udp
    timeout client 30s
    timeout server 30s
${log === undefined ? "" : `    log ${log} local0\n    option tcplog\n`}
listen pool
    bind 127.0.0.1:${port}
${lines.split("\n").map((line) => `    ${line.trim()}\n`).join("")}`;
  const proxy = await startProxy(scope, config, { listening: [] });
  await waitFor("the UDP port", () => isBoundUdp("127.0.0.1", port), {
    limit: 60_000,
    explain: () => proxy.process.output(),
  });
  return { proxy, port, config };
}

scopedTest(
  "a client keeps its server, and each client gets its own answers",
  SLOW,
  async (scope) => {
    const [one, two] = [party(scope, echo("one")), party(scope, echo("two"))];
    const { port } = await pool(
      scope,
      `server a 127.0.0.1:${one.port}\nserver b 127.0.0.1:${two.port}`,
    );
    const clients = Array.from({ length: 4 }, () => party(scope));
    const servers = new Set<string>();
    for (const [n, client] of clients.entries()) {
      const answers = [];
      for (let k = 0; k < 3; k++) answers.push(await client.ask(`${n}.${k}`, port));
      const server = answers[0].split(":")[0];
      assert.deepEqual(answers, [0, 1, 2].map((k) => `${server}:${n}.${k}`));
      servers.add(server);
    }
    assert.equal(servers.size, 2);
  },
);

scopedTest("an answer that does not come from the server is not passed on", SLOW, async (scope) => {
  const server = party(scope, echo("real"));
  const { port } = await pool(scope, `server a 127.0.0.1:${server.port}`);
  const client = party(scope);
  await client.ask("hello", port);
  const stranger = party(scope);
  await stranger.send("forged", { port: server.from[0].port });
  assert.equal(await client.ask("again", port), "real:again");
  assert.ok(!client.got.includes("forged"));
});

scopedTest(
  "a flood from one address leaves room for others, and ends no session",
  SLOW,
  async (scope) => {
    const server = party(scope, echo("s"));
    const { port } = await pool(scope, `maxconn 8\nserver a 127.0.0.1:${server.port}`);
    const first = party(scope, undefined, "127.0.0.2");
    await first.ask("first", port);
    const flood = Array.from({ length: 20 }, () => party(scope));
    for (const client of flood) for (let n = 0; n < 3; n++) await client.send("flood", { port });
    const other = party(scope, undefined, "127.0.0.3");
    assert.equal(await other.ask("other", port), "s:other");
    assert.equal(await first.ask("still", port), "s:still");
    assert.ok(flood.filter(({ got }) => got.length > 0).length <= 4);
  },
);

scopedTest("rules choose the backend, and reject", SLOW, async (scope) => {
  const [one, two] = [party(scope, echo("one")), party(scope, echo("two"))];
  const { port } = await pool(
    scope,
    `tcp-request connection reject if { src 127.0.0.9 }
     use_backend other if { req.payload(0,1) -m str x }
     server a 127.0.0.1:${one.port}
     backend other
     server b 127.0.0.1:${two.port}`,
  );
  assert.equal(await party(scope).ask("abc", port), "one:abc");
  assert.equal(await party(scope).ask("xyz", port), "two:xyz");
  const refused = party(scope, undefined, "127.0.0.9");
  await refused.send("abc", { port });
  await party(scope).ask("a later one", port);
  assert.deepEqual(refused.got, []);
});

scopedTest("a reload keeps sessions and their servers", SLOW, async (scope) => {
  const [one, two] = [party(scope, echo("one")), party(scope, echo("two"))];
  const { proxy, port, config } = await pool(scope, `server a 127.0.0.1:${one.port}`);
  const client = party(scope);
  assert.equal(await client.ask("1", port), "one:1");
  Deno.writeTextFileSync(proxy.configPath, config.replaceAll(`:${one.port}`, `:${two.port}`));
  proxy.reload();
  await waitFor(
    "new clients on the new server",
    async () => (await party(scope).ask("new", port)) === "two:new",
  );
  assert.equal(await client.ask("2", port), "one:2");
});

scopedTest("a session is logged with its bytes when both sides are silent", SLOW, async (scope) => {
  const log = startSyslogSink(scope);
  const server = party(scope, echo("s"));
  const { port } = await pool(
    scope,
    `timeout client 300ms\ntimeout server 300ms\nserver a 127.0.0.1:${server.port}`,
    log.address,
  );
  await party(scope).ask("12345", port);
  await log.find(/pool pool\/a \d+\/\d+\/\d+ 7 -- /);
});

scopedTest("a client of QUIC keeps its server when its address changes", SLOW, async (scope) => {
  const LONG = 0xc3;
  const SHORT = 0x43;
  const bytes = (...list: number[]) => String.fromCharCode(...list);
  // Each server chooses an id of its own, and tells its name in every packet.
  const servers = ["one", "two", "three"].map((name, n) =>
    party(
      scope,
      (packet) =>
        packet.charCodeAt(0) === LONG
          ? bytes(LONG, 0, 0, 0, 1, 1, 5, 4, 90, 91, 92, n) + name
          : bytes(SHORT, 5) + name,
    )
  );
  const { port } = await pool(
    scope,
    `option udp-quic\n${
      servers.map((server, n) => `server s${n} 127.0.0.1:${server.port}`).join("\n")
    }`,
  );
  const nameOf = (packet: string) => /(one|two|three)$/.exec(packet)![1];
  const hello = bytes(LONG, 0, 0, 0, 1, 2, 1, 2, 1, 5, 0);
  const first = nameOf(await party(scope).ask(hello, port));
  const id = [90, 91, 92, ["one", "two", "three"].indexOf(first)];
  for (let n = 0; n < 5; n++) {
    assert.equal(nameOf(await party(scope).ask(bytes(SHORT, ...id, 1, 2, 3), port)), first);
  }
});

scopedTest(
  "with nbthread every thread serves UDP: clients are spread, each gets its own answers",
  SLOW,
  async (scope) => {
    const server = party(scope, echo("s"));
    const port = freePort();
    const socket = scope.path("cli.sock");
    const proxy = await startProxy(
      scope,
      `global
    nbthread 2
    stats socket ${socket} level admin
defaults
    mode udp
    timeout client 30s
    timeout server 30s
listen pool
    bind 127.0.0.1:${port}
    server a 127.0.0.1:${server.port}
`,
      { listening: [] },
    );
    await waitFor("both sockets", () => boundTwice(port), {
      limit: 60_000,
      explain: () => proxy.process.output(),
    });
    const clients = Array.from({ length: 24 }, () => party(scope));
    const answers = await Promise.all(clients.map((client, n) => client.ask(`${n}`, port)));
    assert.deepEqual(answers, clients.map((_, n) => `s:${n}`));
    assert.equal(new Set(server.from.map((from) => from.port)).size, 24);
  },
);

/** Whether two sockets are bound to this UDP port of loopback. */
function boundTwice(port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return Deno.readTextFileSync("/proc/net/udp").split(`0100007F:${hex} `).length === 3;
}
