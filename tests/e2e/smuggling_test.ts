import assert from "node:assert/strict";
import { scopedTest } from "../support/scope.ts";
import { ok, startOrigin } from "../support/tcp.ts";
import { underTest } from "../support/under_test.ts";
import { reloadedSetUp } from "./setup.ts";

const setUp = reloadedSetUp();

/**
 * What an attacker sends to make two readers disagree. In every case the law is the same: whatever reaches the
 * server is exactly the requests that the client's bytes mean, one by one, or nothing at all.
 */
interface Attack {
  readonly name: string;
  readonly bytes: string;
  /** the status of the first answer; 0: the connection may also be closed without one */
  readonly status: number;
  /** request lines that the server may see, in order (none: the attack is refused) */
  readonly forwarded: readonly string[];
  /** only sluice is asked: HAProxy 2.6 does otherwise */
  readonly stricter?: string;
  /** the client ends its side afterwards: without that the connection may stay open */
  readonly thenEnd?: boolean;
}

const HIDDEN = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n";

const ATTACKS: readonly Attack[] = [
  {
    name: "CL.CL: two different lengths",
    bytes:
      `POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
    status: 400,
    forwarded: [],
  },
  {
    name: "a list of different lengths in one field",
    bytes: `POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0, ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
    status: 400,
    forwarded: [],
  },
  {
    name: "a negative length",
    bytes: `POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n${HIDDEN}`,
    status: 400,
    forwarded: [],
  },
  {
    name: "a length with a plus",
    bytes: `POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd${HIDDEN}`,
    status: 400,
    forwarded: [],
  },
  {
    name: "a hexadecimal length",
    bytes: `POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0x10\r\n\r\n${HIDDEN}`,
    status: 400,
    forwarded: [],
  },
  {
    name: "an empty length",
    bytes: `POST /a HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n${HIDDEN}`,
    status: 400,
    forwarded: [],
  },
  {
    name: "a length beyond 64 bits",
    bytes: `POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551616\r\n\r\n${HIDDEN}`,
    status: 400,
    forwarded: [],
    stricter: "HAProxy 2.6 lets it overflow",
  },
  {
    name: "a space before the colon of Content-Length",
    bytes: `POST /a HTTP/1.1\r\nHost: x\r\nContent-Length : ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
    status: 400,
    forwarded: [],
  },
  {
    name: "a space before the colon of Transfer-Encoding",
    bytes: `POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
    status: 400,
    forwarded: [],
  },
  {
    name: "a field name with a control character",
    bytes: `GET /a HTTP/1.1\r\nHost: x\r\nX\x01Y: 1\r\n\r\n`,
    status: 400,
    forwarded: [],
  },
  {
    name: "a NUL in a value",
    bytes: `GET /a HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n`,
    status: 400,
    forwarded: [],
    stricter: "HAProxy 2.6 passes it on",
  },
  {
    name: "a bare CR in a value",
    bytes: `GET /a HTTP/1.1\r\nHost: x\r\nX: a\rTransfer-Encoding: chunked\r\n\r\n`,
    status: 400,
    forwarded: [],
  },
  {
    name: "no field name",
    bytes: `GET /a HTTP/1.1\r\nHost: x\r\n: value\r\n\r\n`,
    status: 400,
    forwarded: [],
  },
  {
    name: "a chunk size that is not hexadecimal",
    bytes:
      `POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n${HIDDEN}`,
    status: 400,
    forwarded: ["POST /a HTTP/1.1"],
  },
  {
    name: "a chunk size beyond 64 bits",
    bytes:
      `POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000003\r\nabc\r\n0\r\n\r\n${HIDDEN}`,
    status: 400,
    forwarded: ["POST /a HTTP/1.1"],
  },
  {
    name: "chunk data longer than its size",
    bytes:
      `POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n${HIDDEN}`,
    status: 400,
    forwarded: ["POST /a HTTP/1.1"],
  },
  {
    name: "Transfer-Encoding given twice (chunked, then identity)",
    bytes:
      `POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${HIDDEN}`,
    status: 400,
    forwarded: [],
  },
  {
    name: "Transfer-Encoding: xchunked",
    bytes: `POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
    status: 400,
    forwarded: [],
    stricter: "HAProxy 2.6 takes it for a message without a body",
  },
  {
    name: "chunked twice",
    bytes:
      `POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
    status: 400,
    forwarded: [],
  },
  {
    name: "a version that is not HTTP",
    bytes: "GET /a HTTQ/1.1\r\nHost: x\r\n\r\n",
    status: 400,
    forwarded: [],
  },
  {
    name: "a request line with a third space",
    bytes: "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
    status: 400,
    forwarded: [],
  },
  {
    name: "a control character in the target",
    bytes: "GET /a\x07b HTTP/1.1\r\nHost: x\r\n\r\n",
    status: 400,
    forwarded: [],
  },
  {
    name: "a TLS hello on a plain port",
    bytes: "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03abc\r\n\r\n",
    status: 400,
    forwarded: [],
  },
  {
    name: "the HTTP/2 preface is not taken for a request",
    bytes: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    status: 0,
    forwarded: [],
    thenEnd: true,
  },
];

for (const attack of ATTACKS) {
  scopedTest(`refused: ${attack.name}`, {
    unless: underTest === "haproxy" ? attack.stricter : undefined,
  }, async (scope) => {
    const seen: string[] = [];
    const origin = await startOrigin(scope, async (peer) => {
      for (;;) {
        const head = await peer.head(3000).catch(() => undefined);
        if (head === undefined) return peer.close();
        seen.push(head.line);
        if (/chunked/i.test(head.get("transfer-encoding") ?? "")) {
          if (await peer.chunked(3000).catch(() => undefined) === undefined) return peer.close();
        } else await peer.exactly(Number(head.get("content-length") ?? 0));
        await peer.tryWrite(ok(head.line));
      }
    });
    const { client } = await setUp(scope, { backend: `server s1 ${origin.address}` });
    const peer = await client();
    await peer.tryWrite(attack.bytes);
    if (attack.thenEnd === true) peer.closeWrite();
    const all = await peer.toEnd(8000);
    const answers = all.match(/HTTP\/1\.[01] \d{3}/g) ?? [];
    if (attack.status !== 0) {
      assert.equal(answers[0]?.slice(9), String(attack.status), all);
    }
    assert.ok(answers.length <= 1, `one answer at most: ${all}`);
    assert.ok(
      seen.every((line, n) => attack.forwarded[n] === line),
      `the server saw ${seen.join(" and ")}`,
    );
  });
}

/** What is allowed, and must be read by the server as the proxy read it. */
interface Disarmed {
  readonly name: string;
  readonly bytes: string;
  /** `line|body` of each request at the server, or a refusal of the whole */
  readonly server: readonly string[];
  /** refusing (400) is right as well */
  readonly mayRefuse?: boolean;
}

const DISARMED: readonly Disarmed[] = [
  {
    name: "CL.TE: Transfer-Encoding wins and Content-Length does not reach the server",
    bytes:
      "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
    server: ["POST /a HTTP/1.1|"],
    mayRefuse: true,
  },
  {
    name: "the same length twice counts once",
    bytes: "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    server: ["POST /a HTTP/1.1|abc"],
    mayRefuse: true,
  },
  {
    name: "a list of equal lengths counts once",
    bytes: "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 3\r\n\r\nabc",
    server: ["POST /a HTTP/1.1|abc"],
    mayRefuse: true,
  },
  {
    name: "Transfer-Encoding in another case",
    bytes: `POST /a HTTP/1.1\r\nHost: x\r\nTRANSFER-encoding: ChUnKeD\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
    server: ["POST /a HTTP/1.1|abc"],
  },
  {
    name: "chunk extensions are no data",
    bytes:
      `POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0;c\r\n\r\n`,
    server: ["POST /a HTTP/1.1|abc"],
  },
  {
    name: "leading zeros in a chunk size",
    bytes:
      `POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0003\r\nabc\r\n0000\r\n\r\n`,
    server: ["POST /a HTTP/1.1|abc"],
    mayRefuse: true,
  },
  {
    name: "a folded field stays one field",
    bytes: "GET /a HTTP/1.1\r\nHost: x\r\nX: one\r\n two\r\n\r\n",
    server: ["GET /a HTTP/1.1|"],
    mayRefuse: true,
  },
  {
    name: "a body that looks like a request is a body",
    bytes: `POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
    server: [`POST /a HTTP/1.1|${HIDDEN}`],
  },
  {
    name: "an empty line before a request is skipped",
    bytes: "\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n",
    server: ["GET /a HTTP/1.1|"],
  },
  {
    name: "bytes after a complete GET are the next request",
    bytes: "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n",
    server: ["GET /a HTTP/1.1|", "GET /b HTTP/1.1|"],
  },
];

for (const each of DISARMED) {
  scopedTest(`understood alike: ${each.name}`, {}, async (scope) => {
    const seen: string[] = [];
    const raw: string[] = [];
    const origin = await startOrigin(scope, async (peer) => {
      for (;;) {
        const request = await peer.request(6000).catch(() => undefined);
        if (request === undefined) return peer.close();
        seen.push(`${request.line}|${request.body}`);
        raw.push(request.raw);
        await peer.tryWrite(ok("x"));
      }
    });
    const { client } = await setUp(scope, { backend: `server s1 ${origin.address}` });
    const peer = await client();
    await peer.write(each.bytes);
    const first = await peer.response();
    if (each.mayRefuse === true && first.status === 400) {
      assert.deepEqual(seen, []);
      return;
    }
    assert.equal(first.status, 200);
    for (let n = 1; n < each.server.length; n++) assert.equal((await peer.response()).status, 200);
    assert.deepEqual(seen, each.server);
    for (const head of raw) {
      const lengths = head.match(/^content-length:/gim) ?? [];
      const codings = head.match(/^transfer-encoding:/gim) ?? [];
      assert.ok(lengths.length + codings.length <= 1, `one framing only: ${head}`);
    }
  });
}

scopedTest(
  "a head larger than the buffer is refused and nothing reaches the server",
  {},
  async (scope) => {
    const origin = await startOrigin(scope, () => undefined);
    const { client } = await setUp(scope, { backend: `server s1 ${origin.address}` });
    const peer = await client();
    await peer.tryWrite(`GET / HTTP/1.1\r\nHost: x\r\nX: ${"a".repeat(40_000)}\r\n\r\n`);
    const all = await peer.toEnd();
    assert.match(all, /^HTTP\/1\.1 (400|431) /);
    assert.equal(origin.accepted, 0);
  },
);

scopedTest("too many fields are refused and nothing reaches the server", {}, async (scope) => {
  const origin = await startOrigin(scope, () => undefined);
  const { client } = await setUp(scope, { backend: `server s1 ${origin.address}` });
  const peer = await client();
  await peer.tryWrite(`GET / HTTP/1.1\r\nHost: x\r\n${"X: 1\r\n".repeat(150)}\r\n`);
  const all = await peer.toEnd();
  assert.match(all, /^HTTP\/1\.1 (400|431) /);
  assert.equal(origin.accepted, 0);
});
