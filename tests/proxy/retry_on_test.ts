/** `retry-on` (manual 4.2): which failures a request is sent again after, and that it is not after others. */
import assert from "node:assert/strict";
import { SC } from "../../lib/state/traffic.ts";
import { type Rig, S1, S2 } from "../support/proxy_rig.ts";
import { type Case, get, line, message, ok, page, post, testCases } from "./support.ts";

const TWO = `server s1 ${S1}\nserver s2 ${S2}`;

/** `sessions retries redispatches response-errors answers` of each server. */
function counted(rig: Rig): string[] {
  const { servers } = rig.process.generation.backends.get("be")!.pool;
  const fields = [SC.stot, SC.wretr, SC.wredis, SC.eresp, SC.req_tot];
  return servers.map((s) => fields.map((field) => s.counters.total(field)).join(" "));
}

type Peer = Awaited<ReturnType<Rig["server"]>>;

/** What a server may do instead of answering, and what the client gets when it is not tried again. */
const failures: readonly {
  readonly word: string;
  readonly what: string;
  fail(server: Peer, rig: Rig): Promise<void> | void;
  readonly status: number;
  readonly page?: string;
}[] = [
  {
    word: "empty-response",
    what: "closes without a word",
    fail: (server) => server.close(),
    status: 502,
  },
  {
    word: "junk-response",
    what: "answers what is no HTTP",
    fail: (server) => server.send("hello world\r\n\r\n"),
    status: 502,
  },
  {
    word: "junk-response",
    what: "closes in the middle of its head",
    fail(server) {
      server.send("HTTP/1.1 200 OK\r\nServ");
      server.finish();
    },
    status: 502,
  },
  {
    word: "response-timeout",
    what: "says nothing in its time",
    fail: (_, rig) => rig.pass(5100),
    status: 504,
  },
  ...[401, 403, 404, 408, 425, 500, 501, 502, 503, 504].map((status) => ({
    word: `${status}`,
    what: `answers ${status}`,
    fail: (server: Peer) =>
      server.send(message(`HTTP/1.1 ${status} No`, ["Content-Length: 2"]) + "no"),
    status,
    page: message(`HTTP/1.1 ${status} No`, ["Content-Length: 2"]) + "no",
  })),
];

const defaults = "retries 2\ntimeout server 5s";

const again: Case[] = failures.map(({ word, what, fail }) => ({
  name: `${word}: a server that ${what} gets the request again, whole and at once`,
  options: { defaults: `${defaults}\nretry-on ${word}` },
  async play(rig) {
    const client = await rig.client();
    client.send(post(5, "hello"));
    let server = await rig.server();
    await server.gets(post(5, "hello"));
    await fail(server, rig);
    server = await rig.server();
    await server.gets(post(5, "hello"));
    server.send(ok());
    await client.gets(ok());
    assert.deepEqual(counted(rig), ["2 1 0 0 1"]);
    const [log] = await rig.takeLog();
    assert.match(log, / 200 \d+ - - ---- 1\/1\/0\/0\/1 0\/0 "POST/);
  },
}));

const onlyOnce: Case[] = failures.map((
  { word, what, fail, status, page: answer },
) => ({
  name: `without ${word} a server that ${what} gets the request once`,
  options: { defaults: `${defaults}\nretry-on conn-failure` },
  async play(rig) {
    const client = await rig.client();
    client.send(get());
    const server = await rig.server();
    await server.gets(get());
    await fail(server, rig);
    await client.gets(answer ?? page(status));
    assert.equal(counted(rig)[0].split(" ").slice(0, 3).join(" "), "1 0 0");
    await rig.takeLog();
  },
}));

const BAD = message("HTTP/1.1 503 No", ["Content-Length: 2"]) + "no";

testCases("retry-on", [
  ...again,
  ...onlyOnce,
  {
    name: "the answer of the last attempt goes to the client as it is",
    options: { defaults: `${defaults}\nretry-on all-retryable-errors` },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      for (let n = 0; n < 3; n++) {
        const server = await rig.server();
        await server.gets(get());
        server.send(BAD);
      }
      await client.gets(BAD);
      assert.deepEqual(counted(rig), ["3 2 0 0 1"]);
      await rig.logged(line("0/0/0/0/0", 503, BAD.length, "--", undefined, { conns: "1/1/0/0/2" }));
    },
  },
  {
    name: "connection failures and bad answers share the same retries",
    options: { defaults: `${defaults}\nretry-on conn-failure 503` },
    async play(rig) {
      rig.origin(S1).shut();
      const client = await rig.client();
      client.send(get());
      await rig.pass(500);
      rig.origin(S1).open();
      await rig.pass(600);
      let server = await rig.server();
      await server.gets(get());
      server.send(BAD);
      server = await rig.server();
      await server.gets(get());
      server.send(BAD);
      await client.gets(BAD);
      await rig.takeLog();
    },
  },
  {
    name: "none: a refused connection is not tried again",
    options: { defaults: `${defaults}\nretry-on none` },
    async play(rig) {
      rig.origin(S1).shut();
      const client = await rig.client();
      client.send(get());
      await client.gets(page(503));
      await rig.logged(line("0/0/-1/-1/0", 503, page(503).length, "SC"));
    },
  },
  {
    name: "option redispatch leads to another server at once",
    options: { defaults: `${defaults}\nretry-on 503\noption redispatch`, backend: TWO },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const first = await rig.server(S1);
      await first.gets(get());
      first.send(BAD);
      const second = await rig.server(S2);
      await second.gets(get());
      second.send(ok());
      await client.gets(ok());
      assert.deepEqual(counted(rig), ["1 1 1 0 0", "1 0 0 0 1"]);
      await rig.logged(line("0/0/0/0/0", 200, ok().length, "--", undefined, {
        at: "be/s2",
        conns: "1/1/0/0/+1",
      }));
    },
  },
  {
    name: "without redispatch the same server is asked though there is another",
    options: { defaults: `${defaults}\nretry-on 503\nno option redispatch`, backend: TWO },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      for (let n = 0; n < 3; n++) {
        const server = await rig.server(S1);
        await server.gets(get());
        server.send(BAD);
      }
      await client.gets(BAD);
      assert.deepEqual(counted(rig), ["3 2 0 0 1", "0 0 0 0 0"]);
      await rig.takeLog();
    },
  },
  {
    name: "a request whose body is not complete when it is sent is never sent again",
    options: { defaults: `${defaults}\nretry-on all-retryable-errors` },
    async play(rig) {
      const client = await rig.client();
      client.send(post(5, "he"));
      const server = await rig.server();
      await server.gets(post(5, "he"));
      client.send("llo");
      await server.gets("llo");
      server.send(BAD);
      await client.gets(BAD);
      assert.deepEqual(counted(rig), ["1 0 0 0 1"]);
      await rig.takeLog();
    },
  },
  {
    name: "a request edited by rules is sent again as it was sent",
    options: {
      defaults: `${defaults}\nretry-on 503`,
      frontend: "http-request set-header X-One 1\nhttp-response set-header X-Two 2",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      for (let n = 0; n < 2; n++) {
        const server = await rig.server();
        await server.gets(get("/", "X-One: 1"));
        server.send(n === 0 ? BAD : ok());
      }
      await client.gets(ok("hi").replace("\r\n\r\n", "\r\nX-Two: 2\r\n\r\n"));
      await rig.takeLog();
    },
  },
  {
    name: "after an interim answer has reached the client nothing is sent again",
    options: { defaults: `${defaults}\nretry-on all-retryable-errors` },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      await server.gets(get());
      const interim = message("HTTP/1.1 103 Early Hints", ["Link: </a>"]);
      server.send(interim);
      await client.gets(interim);
      server.send(BAD);
      await client.gets(BAD);
      await rig.takeLog();
    },
  },
  {
    name: "a client that leaves meanwhile ends the attempts",
    options: {
      defaults: `${defaults}\nretry-on 503\noption abortonclose`,
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      await server.gets(get());
      client.close();
      await rig.pass(10);
      assert.equal(rig.process.state.shared.upstreams, 0);
      assert.deepEqual(counted(rig)[0].split(" ").slice(0, 2), ["1", "0"]);
      await rig.takeLog();
    },
  },
]);
