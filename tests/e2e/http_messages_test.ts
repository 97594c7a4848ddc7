import assert from "node:assert/strict";
import { scopedTest } from "../support/scope.ts";
import { ok, startHttpOrigin, startOrigin } from "../support/tcp.ts";
import { underTest } from "../support/under_test.ts";
import { fieldsOf, reloadedSetUp } from "./setup.ts";

const setUp = reloadedSetUp();

/** One exchange: what the client sends, what the server answers, what each must see. */
interface Exchange {
  readonly name: string;
  readonly request: string;
  readonly answer: string;
  /** the request's line, fields (without those the proxy adds or removes) and body at the server */
  readonly serverSees?: {
    readonly line?: string;
    readonly fields?: string[];
    readonly body?: string;
  };
  readonly clientSees: {
    readonly line?: string;
    readonly fields?: string[];
    readonly body?: string;
    /** the client connection is closed afterwards */
    readonly closed?: boolean;
  };
  /** the request was HEAD: the answer has no body */
  readonly head?: boolean;
}

const EXCHANGES: readonly Exchange[] = [
  {
    name: "a GET and its 200 with a length pass with fields in order",
    request: "GET /a?b=c HTTP/1.1\r\nHost: x.y\r\nX-One: 1\r\nX-Two: 2\r\nX-One: 3\r\n\r\n",
    answer: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-B: 1\r\nX-A: 2\r\nX-B: 3\r\n\r\nhello",
    serverSees: {
      line: "GET /a?b=c HTTP/1.1",
      fields: ["host: x.y", "x-one: 1", "x-two: 2", "x-one: 3"],
    },
    clientSees: {
      line: "HTTP/1.1 200 OK",
      fields: ["content-length: 5", "x-b: 1", "x-a: 2", "x-b: 3"],
      body: "hello",
      closed: false,
    },
  },
  {
    name: "a POST with a length passes its body",
    request: "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello world",
    answer: ok("done"),
    serverSees: { line: "POST /p HTTP/1.1", body: "hello world" },
    clientSees: { line: "HTTP/1.1 200 OK", body: "done", closed: false },
  },
  {
    name: "a body of bytes above 127 passes unchanged",
    request: "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n\x00\x80\xff\r",
    answer: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\xfe\x00\n",
    serverSees: { body: "\x00\x80\xff\r" },
    clientSees: { body: "\xfe\x00\n" },
  },
  {
    name: "a chunked request passes its body",
    request:
      "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
    answer: ok("done"),
    serverSees: { fields: ["host: x", "transfer-encoding: chunked"], body: "hello world" },
    clientSees: { body: "done", closed: false },
  },
  {
    name: "a chunked answer passes its body",
    request: "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    answer:
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;ext=1\r\n!\r\n0\r\n\r\n",
    clientSees: { fields: ["transfer-encoding: chunked"], body: "hello!", closed: false },
  },
  {
    name: "an answer ended by close reaches an HTTP/1.1 client whole",
    request: "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    answer: "HTTP/1.1 200 OK\r\n\r\nuntil the end",
    clientSees: { body: "until the end" },
  },
  {
    name: "an HTTP/1.0 server's answer reaches the client whole, its version kept",
    request: "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    answer: "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nold",
    clientSees: { line: "HTTP/1.0 200 OK", body: "old" },
  },
  {
    name: "HEAD: the length passes and no body follows",
    request: "HEAD /h HTTP/1.1\r\nHost: x\r\n\r\n",
    answer: "HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n",
    head: true,
    serverSees: { line: "HEAD /h HTTP/1.1" },
    clientSees: { fields: ["content-length: 12345"], body: "", closed: false },
  },
  {
    name: "204 has no body and keeps the connection",
    request: "DELETE /d HTTP/1.1\r\nHost: x\r\n\r\n",
    answer: "HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n",
    clientSees: { line: "HTTP/1.1 204 No Content", fields: ["x-a: 1"], body: "", closed: false },
  },
  {
    name: "304 has no body, whatever length it gives",
    request: 'GET /n HTTP/1.1\r\nHost: x\r\nIf-None-Match: "a"\r\n\r\n',
    answer: 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 99\r\n\r\n',
    clientSees: { line: "HTTP/1.1 304 Not Modified", body: "", closed: false },
  },
  {
    name: "an answer with length 0 keeps the connection",
    request: "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    answer: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    clientSees: { fields: ["content-length: 0"], body: "", closed: false },
  },
  {
    name: "an unknown method passes",
    request: "FROBNICATE /x HTTP/1.1\r\nHost: x\r\n\r\n",
    answer: ok("ok"),
    serverSees: { line: "FROBNICATE /x HTTP/1.1" },
    clientSees: { body: "ok" },
  },
  {
    name: "OPTIONS * passes",
    request: "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    answer: ok("ok"),
    serverSees: { line: "OPTIONS * HTTP/1.1" },
    clientSees: { body: "ok" },
  },
  {
    name: "an unusual status and reason pass",
    request: "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    answer: "HTTP/1.1 499 Some  Reason!\r\nContent-Length: 2\r\n\r\nno",
    clientSees: { line: "HTTP/1.1 499 Some  Reason!", body: "no", closed: false },
  },
  {
    name: "Connection: close of the client is honoured",
    request: "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    answer: ok("bye"),
    clientSees: { fields: ["content-length: 3", "connection: close"], body: "bye", closed: true },
  },
  {
    name: "an HTTP/1.0 client's connection is closed",
    request: "GET / HTTP/1.0\r\nHost: x\r\n\r\n",
    answer: ok("bye"),
    clientSees: { body: "bye", closed: true },
  },
  {
    name: "an HTTP/1.0 client that asks for keep-alive gets it",
    request: "GET / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n",
    answer: ok("on"),
    clientSees: {
      fields: ["content-length: 2", "connection: keep-alive"],
      body: "on",
      closed: false,
    },
  },
  {
    name: "an HTTP/1.0 client gets a chunked answer without the coding",
    request: "GET / HTTP/1.0\r\n\r\n",
    answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    clientSees: { body: "abcde", closed: true },
  },
  {
    name: "a request without Host passes when it is HTTP/1.0",
    request: "GET /old HTTP/1.0\r\n\r\n",
    answer: ok("ok"),
    serverSees: { line: "GET /old HTTP/1.0" },
    clientSees: { body: "ok", closed: true },
  },
];

for (const exchange of EXCHANGES) {
  scopedTest(exchange.name, {}, async (scope) => {
    let seen: Awaited<ReturnType<import("../support/peer.ts").Peer["request"]>> | undefined;
    const untilClose = !/content-length|chunked|HTTP\/1.. (204|304)/i.test(exchange.answer);
    const origin = await startOrigin(scope, async (peer) => {
      seen = await peer.request();
      await peer.write(exchange.answer);
      if (untilClose) peer.closeWrite();
    });
    const { client } = await setUp(scope, { backend: `server s1 ${origin.address}` });
    const peer = await client();
    await peer.write(exchange.request);
    const answer = await peer.response({ noBody: exchange.head });
    const { serverSees, clientSees } = exchange;
    if (serverSees?.line !== undefined) assert.equal(seen?.line, serverSees.line);
    if (serverSees?.fields !== undefined) {
      assert.deepEqual(fieldsOf(seen?.fields ?? []), serverSees.fields);
    }
    if (serverSees?.body !== undefined) assert.equal(seen?.body, serverSees.body);
    if (clientSees.line !== undefined) assert.equal(answer.line, clientSees.line);
    if (clientSees.fields !== undefined) {
      assert.deepEqual(fieldsOf(answer.fields), clientSees.fields);
    }
    if (clientSees.body !== undefined) assert.equal(answer.body, clientSees.body);
    if (clientSees.closed === true) assert.equal(await peer.closed(), true);
    if (clientSees.closed === false) assert.equal(await peer.silentFor(100), true, "kept open");
  });
}

scopedTest("requests of one client connection use one server connection", {}, async (scope) => {
  const origin = await startHttpOrigin(scope, (request) => ok(request.line));
  const { client } = await setUp(scope, { backend: `server s1 ${origin.address}` });
  const peer = await client();
  for (let n = 0; n < 20; n++) {
    await peer.write(`GET /${n} HTTP/1.1\r\nHost: x\r\n\r\n`);
    assert.equal((await peer.response()).body, `GET /${n} HTTP/1.1`);
  }
  assert.equal(origin.accepted, 1);
});

scopedTest("pipelined requests are answered in order", {}, async (scope) => {
  const origin = await startHttpOrigin(scope, (request) => ok(`${request.line}|${request.body}`));
  const { client } = await setUp(scope, { backend: `server s1 ${origin.address}` });
  const peer = await client();
  let all = "";
  for (let n = 0; n < 10; n++) {
    all += n % 2 === 0
      ? `GET /${n} HTTP/1.1\r\nHost: x\r\n\r\n`
      : `POST /${n} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na${n}b`;
  }
  await peer.write(all);
  for (let n = 0; n < 10; n++) {
    const wanted = n % 2 === 0 ? `GET /${n} HTTP/1.1|` : `POST /${n} HTTP/1.1|a${n}b`;
    assert.equal((await peer.response()).body, wanted);
  }
});

scopedTest("requests that arrive byte by byte are understood", {}, async (scope) => {
  const origin = await startHttpOrigin(scope, (request) => ok(`${request.line}|${request.body}`));
  const { client } = await setUp(scope, { backend: `server s1 ${origin.address}` });
  const peer = await client();
  const text = "POST /slow HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" +
    "4\r\nwiki\r\n5\r\npedia\r\n0\r\n\r\n";
  for (const byte of text) await peer.write(byte);
  assert.equal((await peer.response()).body, "POST /slow HTTP/1.1|wikipedia");
});

scopedTest("an answer that arrives byte by byte is understood", {}, async (scope) => {
  const answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwiki\r\n0\r\n\r\n";
  const origin = await startOrigin(scope, async (peer) => {
    for (;;) {
      await peer.request(30_000);
      for (const byte of answer) await peer.write(byte);
    }
  });
  const { client } = await setUp(scope, { backend: `server s1 ${origin.address}` });
  const peer = await client();
  for (let n = 0; n < 2; n++) {
    await peer.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert.equal((await peer.response()).body, "wiki");
  }
});

scopedTest("trailers pass in both directions", {}, async (scope) => {
  let trailers: readonly string[] = [];
  const origin = await startOrigin(scope, async (peer) => {
    await peer.head();
    trailers = (await peer.chunked()).trailers;
    await peer.write(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n" +
        "2\r\nok\r\n0\r\nX-Sum: 42\r\nX-More: yes\r\n\r\n",
    );
  });
  const { client } = await setUp(scope, { backend: `server s1 ${origin.address}` });
  const peer = await client();
  await peer.write(
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-In\r\n\r\n" +
      "3\r\nabc\r\n0\r\nX-In: 7\r\n\r\n",
  );
  await peer.head();
  const { body, trailers: received } = await peer.chunked();
  assert.equal(body, "ok");
  assert.deepEqual(fieldsOf(trailers), ["x-in: 7"]);
  assert.deepEqual(fieldsOf(received), ["x-sum: 42", "x-more: yes"]);
});

scopedTest("Expect: 100-continue reaches the server and its 100 the client", {}, async (scope) => {
  const origin = await startOrigin(scope, async (peer) => {
    const head = await peer.head();
    assert.match(head.get("expect") ?? "", /100-continue/i);
    await peer.write("HTTP/1.1 100 Continue\r\n\r\n");
    const body = await peer.exactly(5);
    await peer.write(ok(`got ${body}`));
  });
  const { client } = await setUp(scope, { backend: `server s1 ${origin.address}` });
  const peer = await client();
  await peer.write(
    "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
  );
  assert.equal((await peer.head()).status, 100);
  await peer.write("hello");
  assert.equal((await peer.response()).body, "got hello");
  assert.deepEqual(origin.failures, []);
});

scopedTest("a server may refuse a body that waits for 100", {}, async (scope) => {
  const origin = await startOrigin(scope, async (peer) => {
    await peer.head();
    await peer.write("HTTP/1.1 417 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
    peer.closeWrite();
  });
  const { client } = await setUp(scope, { backend: `server s1 ${origin.address}` });
  const peer = await client();
  await peer.write(
    "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
  );
  const answer = await peer.response();
  assert.equal(answer.status, 417);
  assert.equal(answer.body, "no");
});

scopedTest("interim answers (102, 103) pass before the final one", {}, async (scope) => {
  const origin = await startOrigin(scope, async (peer) => {
    for (;;) {
      await peer.request(30_000);
      await peer.write(
        "HTTP/1.1 102 Processing\r\n\r\n" +
          "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" + ok("final"),
      );
    }
  });
  const { client } = await setUp(scope, { backend: `server s1 ${origin.address}` });
  const peer = await client();
  for (let n = 0; n < 2; n++) {
    await peer.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert.equal((await peer.head()).status, 102);
    const hints = await peer.head();
    assert.equal(hints.status, 103);
    assert.equal(hints.get("link"), "</a.css>; rel=preload");
    assert.equal((await peer.response()).body, "final");
  }
});

scopedTest("an answer before the whole request body is passed at once", {}, async (scope) => {
  const origin = await startOrigin(scope, async (peer) => {
    await peer.head();
    await peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
    assert.equal(await peer.exactly(4), "more");
    await peer.write("3\r\ntwo\r\n0\r\n\r\n");
  });
  const { client } = await setUp(scope, { backend: `server s1 ${origin.address}` });
  const peer = await client();
  await peer.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n");
  await peer.head();
  assert.equal(await peer.line(), "3");
  assert.equal(await peer.line(), "one");
  await peer.write("more");
  assert.equal(await peer.line(), "3");
  assert.equal(await peer.line(), "two");
  assert.deepEqual(origin.failures, []);
});

scopedTest("names of fields keep their case", {
  unless: underTest === "haproxy" ? "HAProxy writes names in lower case" : undefined,
}, async (scope) => {
  let fields: readonly string[] = [];
  const origin = await startHttpOrigin(scope, (request) => {
    fields = request.fields;
    return ok("x", "X-ODD-name: 1\r\n");
  });
  const { client } = await setUp(scope, { backend: `server s1 ${origin.address}` });
  const peer = await client();
  await peer.write("GET / HTTP/1.1\r\nHOST: x\r\nx-OTHER-Name: 2\r\n\r\n");
  const answer = await peer.response();
  assert.deepEqual(fields, ["HOST: x", "x-OTHER-Name: 2"]);
  assert.deepEqual(answer.fields, ["Content-Length: 1", "X-ODD-name: 1"]);
});
