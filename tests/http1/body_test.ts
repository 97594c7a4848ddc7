import { deepEqual, equal, ok } from "node:assert/strict";
import { BodyReader } from "../../lib/http1/body.ts";
import { bytesOfLatin1 } from "../../lib/http1/bytes.ts";
import { requestHead, responseHead } from "./support.ts";

const bytes = bytesOfLatin1("abcdefgh");

Deno.test("a body of a length ends after that many bytes", () => {
  const body = new BodyReader();
  body.begin(requestHead("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n"));
  deepEqual([body.done, body.remaining, body.framing], [false, 5, "length"]);
  equal(body.consume(bytes, 0, 2), 2);
  const pieces: number[][] = [];
  equal(body.consume(bytes, 2, 8, (a, b) => pieces.push([a, b])), 5);
  deepEqual(pieces, [[2, 5]]);
  deepEqual([body.done, body.bytes, body.rawBytes, body.finish()], [true, 5, 5, 0]);
  equal(body.consume(bytes, 5, 8), 5);
});

Deno.test("no body is done at once, and one of length 0 too", () => {
  const body = new BodyReader();
  for (const fields of ["", "Content-Length: 0\r\n"]) {
    body.begin(requestHead(`POST / HTTP/1.1\r\n${fields}\r\n`));
    deepEqual([body.done, body.consume(bytes, 3, 8)], [true, 3]);
  }
});

Deno.test("a body of a close ends when the peer does", () => {
  const body = new BodyReader();
  body.begin(responseHead("HTTP/1.1 200 OK\r\n\r\n"));
  equal(body.consume(bytes, 0, 8), 8);
  equal(body.done, false);
  equal(body.finish(), 0);
  equal(body.done, true);
});

Deno.test("an end inside a body is an error that knows its status", () => {
  const body = new BodyReader();
  body.begin(responseHead("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"));
  equal(body.consume(bytes, 0, 8), 8);
  const error = body.finish();
  ok(error !== 0);
  deepEqual([error.status, error.code, error.position], [502, "truncated", 8]);
  equal(body.consume(bytes, 0, 8), -1);
});

Deno.test("a chunked body counts content and wire bytes, and keeps its error", () => {
  const body = new BodyReader();
  body.start("chunked", -1, 400);
  const good = bytesOfLatin1("2\r\nab\r\n0\r\n\r\nrest");
  equal(body.consume(good, 0, good.length), good.length - 4);
  deepEqual([body.done, body.bytes, body.rawBytes], [true, 2, good.length - 4]);
  body.start("chunked", -1, 400);
  const bad = bytesOfLatin1("2\r\nabc");
  equal(body.consume(bad, 0, bad.length), -1);
  deepEqual([body.error?.status, body.error?.code, body.error?.position], [400, "chunk-end", 5]);
});
