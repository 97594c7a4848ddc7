/** Live requests are traced when somebody asks for it, and cost nothing when nobody does. */
import assert from "node:assert/strict";
import { PC } from "../../lib/state/traffic.ts";
import { type Rig, rigTest } from "../support/proxy_rig.ts";
import { ADMIN, ask, OPERATOR, SOCKETS, socketTest } from "./socket/support.ts";

const SECRET = "correct-horse-battery";

/** One request and its answer; answers what server and client got. */
async function request(
  rig: Rig,
  path: string,
  fields = "",
): Promise<{ sent: string; got: string }> {
  const client = await rig.client();
  client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
  let got = await client.take();
  let sent = "";
  if (got === "") {
    const server = (await rig.origin("127.0.0.1:8001").all())[0] ??
      (await rig.origin("127.0.0.1:8002").all())[0];
    sent = await server.take();
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    got = await client.take();
  }
  client.close();
  await rig.pass(1);
  return { sent, got };
}

const FRONTEND = `
    acl static path_end .png
    http-request deny if { path_beg /no }
    http-request set-header X-Kind static if static
`;

const ids = async (rig: Rig) =>
  [...(await ask(rig, "show trace")).matchAll(/^(\w+-\d+\.\d+) /gm)].map(([, id]) => id);
const idOf = (list: string) =>
  list.split("\n").find((line) => /^\w+-\d+\.\d+ /.test(line))!.split(" ")[0];

socketTest(
  "a request that is traced tells every rule, and why it went where it did",
  async (rig) => {
    const frontend = rig.process.generation.frontends[0];
    const compiled = frontend.handle;
    assert.equal(
      await ask(rig, "trace start src 127.0.0.0/8 count 2 time 10s"),
      "Tracing at most 2 requests from 127.0.0.0/8 for 10 s. 'show trace' tells what was traced.\n\n",
    );
    assert.notEqual(frontend.handle, compiled);
    const { sent } = await request(rig, "/a.png", "Authorization: Basic eHg6eXk=\r\n");
    assert.match(sent, /^X-Kind: static\r$/m);
    const list = await ask(rig, "show trace");
    assert.match(list, /^# tracing at most 2 requests .*, 1 left\n/);
    assert.match(list, /127\.0\.0\.1 GET \/a\.png -> server be\/s1 .*; the client gets 200\n/);
    const text = await ask(rig, `show trace ${idOf(list)}`);
    assert.match(text, /^GET \/a\.png from 127\.0\.0\.1$/m);
    assert.match(text, /^ {2}because {2}default_backend be/m);
    assert.match(
      text,
      /http-request deny if \{ path_beg \/no \}\n +path "\/a\.png" does not begin/,
    );
    assert.match(text, /static: path "\/a\.png" ends with \.png/);
    assert.match(text, / X-Kind: static$/m);
    assert.match(text, /the server gets\n {2}GET \/a\.png HTTP\/1\.1\n/);
    assert.match(text, /Authorization: \*\*\*/);
    assert.ok(!text.includes("eHg6eXk="));
    assert.ok(!text.slice(0, -2).includes("\n\n"), "no empty line before the end");
    await request(rig, "/no/x");
    // The second was the last one.
    assert.equal(frontend.handle, compiled);
    await request(rig, "/later");
    const after = await ask(rig, "show trace");
    assert.match(after, /^# traced at most 2 requests/);
    assert.match(after, /GET \/no\/x -> the client gets 403; no server is asked/);
    assert.ok(!after.includes("/later"));
    const json = JSON.parse(await ask(rig, `show trace ${idOf(after)} json`));
    assert.equal(json.report.backend.name, "be");
  },
  { frontend: FRONTEND, backend: "server s1 127.0.0.1:8001" },
);

socketTest("only requests that fit are traced: by header and by frontend", async (rig) => {
  await ask(rig, "trace start hdr X-Debug yes frontend fe");
  await request(rig, "/one");
  await request(rig, "/two", "X-Debug: no\r\n");
  await request(rig, "/three", "X-Debug: oh yes\r\n");
  const list = await ask(rig, "show trace");
  assert.match(list, /GET \/three/);
  assert.ok(!/GET \/(one|two)/.test(list));
  assert.equal(await ask(rig, "trace stop"), "\n");
  assert.equal(await ask(rig, "trace stop"), "Nothing is being traced.\n\n");
  await request(rig, "/four", "X-Debug: yes\r\n");
  assert.ok(!(await ask(rig, "show trace")).includes("/four"));
});

socketTest("tracing ends when its time is over", async (rig) => {
  const frontend = rig.process.generation.frontends[0];
  const compiled = frontend.handle;
  await ask(rig, "trace start time 5s");
  await rig.pass(4999);
  assert.notEqual(frontend.handle, compiled);
  await rig.pass(1);
  assert.equal(frontend.handle, compiled);
});

socketTest("a reload ends tracing; what was traced is still told", async (rig) => {
  await ask(rig, "trace start");
  await request(rig, "/before");
  assert.deepEqual(await rig.reload({ global: SOCKETS }), []);
  await request(rig, "/after");
  const list = await ask(rig, "show trace");
  assert.match(list, /^# nothing is being traced\n/);
  assert.match(list, /GET \/before/);
  assert.ok(!list.includes("/after"));
});

socketTest("what is asked for wrongly is told, and who may not ask is refused", async (rig) => {
  assert.match(await ask(rig, "trace start src nowhere"), /^'nowhere' is no address or network/);
  assert.match(await ask(rig, "trace start count 0"), /^Usage: trace start/);
  assert.match(await ask(rig, "trace start time 2d"), /^Usage: trace start/);
  assert.match(await ask(rig, "trace start src"), /^Usage: trace start/);
  assert.match(await ask(rig, "trace start frontend nobody"), /^No such frontend/);
  assert.match(await ask(rig, "show trace none"), /^No such trace/);
  assert.match(await ask(rig, "trace start", OPERATOR), /^Permission denied/);
  assert.match(await ask(rig, "show trace", OPERATOR), /^Permission denied/);
});

rigTest("a connection of TCP is traced from its rules to its server", {
  mode: "tcp",
  global: SOCKETS,
  frontend: "tcp-request content reject if { src 127.0.0.9 }",
}, async (rig) => {
  await ask(rig, "trace start", ADMIN);
  const client = await rig.client();
  const server = await rig.server();
  client.send("hello");
  assert.equal(await server.take(), "hello");
  const list = await ask(rig, "show trace");
  assert.match(list, /a connection -> server be\/s1/);
  const text = await ask(rig, `show trace ${idOf(list)}`);
  assert.match(text, /tcp-request content reject if .*\n +src 127\.0\.0\.1 is not 127\.0\.0\.9/);
  server.close();
  client.close();
});

rigTest("rules of connections and sessions are told with what comes on the connection", {
  global: SOCKETS,
  frontend: `tcp-request connection reject if { src 127.0.0.9 }
    tcp-request session set-var(sess.door) str(front)
    http-request set-header X-Door %[var(sess.door)]`,
}, async (rig) => {
  const frontend = rig.process.generation.frontends[0];
  const { admitConnection, admitSession } = frontend;
  await ask(rig, "trace start count 3", ADMIN);
  const client = await rig.client();
  let server: Awaited<ReturnType<typeof rig.server>> | undefined;
  for (const path of ["/one", "/two"]) {
    client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    server ??= await rig.server();
    assert.match(await server.take(), /^X-Door: front\r$/m);
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    await client.take();
    const text = await ask(rig, `show trace ${(await ids(rig)).at(-1)}`);
    assert.match(
      text,
      /tcp-request connection reject if .*\n +src 127\.0\.0\.1 is not 127\.0\.0\.9\n[^]*tcp-request session set-var\(sess\.door\) str\(front\)[^]*http-request set-header/,
    );
  }
  await ask(rig, "trace stop");
  assert.equal(frontend.admitConnection, admitConnection);
  assert.equal(frontend.admitSession, admitSession);
});

rigTest("a connection that is refused at its beginning has a trace of its own", {
  global: SOCKETS,
  frontend: "tcp-request connection reject if { src 127.0.0.0/8 }",
}, async (rig) => {
  await ask(rig, "trace start count 1", ADMIN);
  const client = await rig.client();
  await client.getsEnd();
  const list = await ask(rig, "show trace");
  assert.match(list, /127\.0\.0\.1 a connection -> /);
  const text = await ask(rig, `show trace ${idOf(list)}`);
  assert.match(text, /because {2}tcp-request connection reject/);
  assert.match(list, /^# traced one request for/);
  const frontend = rig.process.generation.frontends[0];
  assert.equal(frontend.counters.total(PC.dcon), 1);
});

rigTest(
  "what is left of a wish is told to a thread that begins now",
  { global: SOCKETS },
  async (rig) => {
    const { tracing } = rig.process.generation;
    assert.equal(tracing.remaining, undefined);
    await ask(rig, "trace start src 127.0.0.0/8 count 5 time 10s", ADMIN);
    await request(rig, "/x");
    const left = tracing.remaining!;
    assert.equal(left.count, 4);
    assert.equal(left.source, "127.0.0.0/8");
    assert.ok(left.time < 10_000 && left.time > 9000, String(left.time));
    await ask(rig, "trace stop", ADMIN);
    assert.equal(tracing.remaining, undefined);
  },
);

const HEADER = `${SOCKETS}\n trace-header X-Trace secret ${SECRET}`;
const CAPTURES = `
    capture request header X-Trace len 40
    http-request set-var(txn.seen) req.hdr(x-trace)
    log-format "fe %HM %HU {%hr} %[var(txn.seen)]"
`;

socketTest(
  "who knows the secret is told the name of the trace; nobody else sees the secret",
  async (rig) => {
    const { sent, got } = await request(rig, "/x", `X-Trace: ${SECRET}\r\n`);
    const id = /^X-Sluice-Trace-Id: (\S+)\r$/m.exec(got)?.[1];
    assert.ok(id !== undefined, got);
    const text = await ask(rig, `show trace ${id}`);
    assert.match(text, /^GET \/x from 127\.0\.0\.1$/m);
    for (const seen of [sent, got, text, ...await rig.takeLog()]) {
      assert.ok(!seen.includes(SECRET), seen);
      assert.ok(!/^x-trace:/im.test(seen), seen);
    }
  },
  { global: HEADER, frontend: CAPTURES },
);

socketTest(
  "a wrong secret traces nothing, and does not reach the server either",
  async (rig) => {
    for (const wrong of ["", "x", `${SECRET}x`, SECRET.slice(1)]) {
      const { sent, got } = await request(rig, "/x", `X-Trace: ${wrong}\r\n`);
      assert.ok(!/x-sluice-trace-id/i.test(got), got);
      assert.ok(!/^x-trace:/im.test(sent), sent);
    }
    assert.equal(await ask(rig, "show trace"), "# nothing is being traced\n\n");
  },
  { global: HEADER, frontend: CAPTURES },
);

socketTest("an answer of the proxy itself is named as well", async (rig) => {
  const { got } = await request(rig, "/no", `X-Trace: ${SECRET}\r\n`);
  assert.match(got, /^HTTP\/1\.1 403 /);
  assert.match(got, /^X-Sluice-Trace-Id: /m);
}, { global: HEADER, frontend: FRONTEND });

rigTest("a traced request passes the options of the frontend that it came in at", {
  text: `global
${SOCKETS}
    maxconn 100
defaults
    mode http
    timeout connect 1s
    timeout client 10s
    timeout server 10s
frontend fe
    bind 127.0.0.1:80
    option forwardfor
    default_backend be
frontend other
    bind 127.0.0.1:81
    default_backend be
backend be
    server s1 127.0.0.1:8001
`,
}, async (rig) => {
  await ask(rig, "trace start");
  const { sent } = await request(rig, "/x");
  assert.match(sent, /^X-Forwarded-For: 127\.0\.0\.1\r$/m);
  assert.match(await ask(rig, "show trace"), /GET \/x -> server be\/s1/);
});
