import assert from "node:assert/strict";
import { delay } from "../support/poll.ts";
import { scopedTest } from "../support/scope.ts";
import { ok, startHttpOrigin } from "../support/tcp.ts";
import { httpLine, reloadedSetUp } from "./setup.ts";

const setUp = reloadedSetUp();

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

interface ConnectionCase {
  readonly option: string;
  /** server connections after three requests of one client, as far as it may send them */
  readonly serverConnections: number;
  /** what the server is told */
  readonly toServer: RegExp;
  /** the client connection stays */
  readonly clientStays: boolean;
}

const CONNECTION: readonly ConnectionCase[] = [
  { option: "option http-keep-alive", serverConnections: 1, toServer: /^$/, clientStays: true },
  {
    option: "option http-server-close",
    serverConnections: 3,
    toServer: /close/,
    clientStays: true,
  },
  { option: "option httpclose", serverConnections: 1, toServer: /close/, clientStays: false },
];

for (const each of CONNECTION) {
  scopedTest(`${each.option}: what stays open on either side`, {}, async (scope) => {
    const told: string[] = [];
    const origin = await startHttpOrigin(scope, (request) => {
      told.push(request.get("connection") ?? "");
      return ok("x");
    });
    const { client } = await setUp(scope, {
      defaults: each.option,
      backend: `server s1 ${origin.address}`,
    });
    const peer = await client();
    const requests = each.clientStays ? 3 : 1;
    for (let n = 0; n < requests; n++) {
      await peer.write(GET);
      const answer = await peer.response();
      assert.equal(answer.body, "x");
      if (each.clientStays) assert.doesNotMatch(answer.get("connection") ?? "", /close/i);
      else assert.match(answer.get("connection") ?? "", /close/i);
    }
    if (each.clientStays) assert.equal(await peer.silentFor(100), true);
    else assert.equal(await peer.closed(), true);
    assert.equal(origin.accepted, each.serverConnections);
    for (const value of told) assert.match(value, each.toServer);
  });
}

interface HeaderCase {
  readonly name: string;
  readonly defaults: string;
  readonly fields?: string;
  /** the field at the server, all values */
  readonly field: string;
  readonly value: string | undefined;
}

const HEADERS: readonly HeaderCase[] = [
  {
    name: "option forwardfor adds the client's address",
    defaults: "option forwardfor",
    field: "x-forwarded-for",
    value: "127.0.0.1",
  },
  {
    name: "option forwardfor adds after what is there",
    defaults: "option forwardfor",
    fields: "X-Forwarded-For: 1.2.3.4\r\n",
    field: "x-forwarded-for",
    value: "1.2.3.4, 127.0.0.1",
  },
  {
    name: "option forwardfor if-none adds nothing to what is there",
    defaults: "option forwardfor if-none",
    fields: "X-Forwarded-For: 1.2.3.4\r\n",
    field: "x-forwarded-for",
    value: "1.2.3.4",
  },
  {
    name: "option forwardfor if-none adds where nothing is",
    defaults: "option forwardfor if-none",
    field: "x-forwarded-for",
    value: "127.0.0.1",
  },
  {
    name: "option forwardfor except leaves out a network",
    defaults: "option forwardfor except 127.0.0.0/8",
    field: "x-forwarded-for",
    value: undefined,
  },
  {
    name: "option forwardfor header uses another name",
    defaults: "option forwardfor header X-Client",
    field: "x-client",
    value: "127.0.0.1",
  },
  {
    name: "option originalto adds the address that the client reached",
    defaults: "option originalto",
    field: "x-original-to",
    value: "127.0.0.1",
  },
  {
    name: "option originalto header and except",
    defaults: "option originalto except 127.0.0.0/8 header X-To",
    field: "x-to",
    value: undefined,
  },
  {
    name: "fields that Connection names are not passed on by keep-alive alone",
    defaults: "",
    fields: "Connection: keep-alive\r\nKeep-Alive: timeout=5\r\n",
    field: "connection",
    value: undefined,
  },
];

for (const each of HEADERS) {
  scopedTest(each.name, {}, async (scope) => {
    const seen: (string | undefined)[] = [];
    const origin = await startHttpOrigin(scope, (request) => {
      seen.push(request.get(each.field));
      return ok("x");
    });
    const { client } = await setUp(scope, {
      defaults: each.defaults,
      backend: `server s1 ${origin.address}`,
    });
    const peer = await client();
    // Twice: the edits of one request must not stay for the next.
    for (let n = 0; n < 2; n++) {
      await peer.write(`GET / HTTP/1.1\r\nHost: x\r\n${each.fields ?? ""}\r\n`);
      await peer.response();
    }
    assert.deepEqual(seen, [each.value, each.value]);
  });
}

for (const [option, lines] of [["", 1], ["option dontlognull", 0]] as const) {
  scopedTest(
    `a connection without a byte: ${lines} log lines with "${option}"`,
    {},
    async (scope) => {
      const origin = await startHttpOrigin(scope, () => ok("x"));
      const { client, log } = await setUp(scope, {
        defaults: option,
        backend: `server s1 ${origin.address}`,
      });
      (await client()).close();
      await delay(150);
      const peer = await client();
      await peer.write(GET);
      await peer.response();
      await log.atLeast(1, / be\/s1 /);
      assert.equal(log.messages.filter((line) => line.includes("<NOSRV>")).length, lines);
      if (lines === 1) {
        assert.match(log.messages.find((l) => l.includes("<NOSRV>")) ?? "", / CR-- .*"<BADREQ>"/);
      }
    },
  );
}

scopedTest(
  "option dontlog-normal leaves out what went well and keeps what did not",
  {},
  async (scope) => {
    const origin = await startHttpOrigin(
      scope,
      (request) =>
        request.line.includes("bad") ? "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n" : ok("x"),
    );
    const { client, log } = await setUp(scope, {
      defaults: "option dontlog-normal",
      backend: `server s1 ${origin.address}`,
    });
    const peer = await client();
    await peer.write(GET);
    await peer.response();
    await peer.write("GET /bad HTTP/1.1\r\nHost: x\r\n\r\n");
    await peer.response();
    const line = await httpLine(log, /bad/);
    assert.equal(line.status, 500);
    assert.equal(
      log.messages.filter((each) => each.includes(" be/s1 ")).length,
      1,
    );
  },
);

interface ReuseCase {
  readonly mode: string;
  /** server connections after two clients, one after the other, each two requests */
  readonly connections: number;
}

for (
  const { mode, connections } of [
    { mode: "never", connections: 2 },
    { mode: "safe", connections: 2 },
    { mode: "aggressive", connections: 1 },
    { mode: "always", connections: 1 },
  ] satisfies ReuseCase[]
) {
  scopedTest(
    `http-reuse ${mode}: ${connections} server connections for two clients`,
    {},
    async (scope) => {
      const origin = await startHttpOrigin(scope, () => ok("x"));
      const { client } = await setUp(scope, {
        defaults: `http-reuse ${mode}`,
        backend: `server s1 ${origin.address}`,
      });
      for (let n = 0; n < 2; n++) {
        const peer = await client();
        for (let m = 0; m < 2; m++) {
          await peer.write(GET);
          assert.equal((await peer.response()).body, "x");
        }
        peer.close();
        await delay(60);
      }
      assert.equal(origin.accepted, connections);
    },
  );
}

scopedTest(
  "http-request deny, set-header and use_backend if do what they say",
  {},
  async (scope) => {
    const origin = await startHttpOrigin(scope, (request) => ok(`main ${request.get("x-added")}`));
    const other = await startHttpOrigin(scope, () => ok("other"));
    const { client } = await setUp(scope, {
      frontend: `acl admin path_beg /admin
      acl api path_beg /api/
      http-request deny deny_status 403 if admin
      http-request set-header X-Added yes
      use_backend api if api`,
      backend: `server s1 ${origin.address}

      backend api
      server s2 ${other.address}`,
    });
    const peer = await client();
    for (
      const [path, status, body] of [
        ["/", 200, /^main yes$/],
        ["/api/x", 200, /^other$/],
        ["/admin", 403, /Forbidden/],
      ] as const
    ) {
      const one = await client();
      await one.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
      const answer = await one.response();
      assert.equal(answer.status, status);
      assert.match(answer.body, body);
    }
    peer.close();
  },
);
