import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { bytesOfLatin1 } from "../../lib/http1/bytes.ts";
import { Http1Misuse } from "../../lib/http1/error.ts";
import { Head } from "../../lib/http1/head.ts";
import { DEFAULT_PARSE_OPTIONS } from "../../lib/http1/parse_fields.ts";
import { parseRequest } from "../../lib/http1/parse_request.ts";
import { requestHead, responseHead } from "./support.ts";

Deno.test("a request head gives its start line, fields, framing and connection options", () => {
  const head = requestHead(
    "POST /a?b=c HTTP/1.1\r\nHost: example.org:80\r\nX-One:  1 \r\nx-two:\r\n" +
      "Connection: Keep-Alive, upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n" +
      "Content-Length: 5\r\nExpect: 100-Continue\r\n\r\n",
  );
  equal(head.kind, "request");
  equal(head.method, "POST");
  equal(head.target, "/a?b=c");
  equal(head.version, 11);
  equal(head.host, "example.org:80");
  equal(head.framing, "length");
  equal(head.contentLength, 5);
  const options = [head.connectionClose, head.connectionKeepAlive, head.connectionUpgrade];
  deepEqual(options, [false, true, true]);
  equal(head.upgrade, "websocket");
  equal(head.expectContinue, true);
  equal(head.count, 8);
  deepEqual([head.name(1), head.value(1)], ["X-One", "1"]);
  equal(head.get("x-two"), "");
  equal(head.get("none"), undefined);
  equal(head.edited, false);
});

Deno.test("a response head gives its status and reason, and no method or target", () => {
  const head = responseHead("HTTP/1.0 404 Not here\r\nConnection: close\r\nA: 1\r\na: 2\r\n\r\n");
  deepEqual([head.kind, head.version, head.status, head.reason], ["response", 10, 404, "Not here"]);
  deepEqual([head.method, head.target], ["", ""]);
  equal(head.connectionClose, true);
  deepEqual([head.framing, head.closeAfter, head.contentLength], ["close", true, -1]);
  deepEqual([head.get("a"), head.getLast("a")], ["1", "2"]);
});

Deno.test("find goes through all fields of a name, appended ones too, and leaves out removed ones", () => {
  const head = requestHead("GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\na: 3\r\nAB: 4\r\n\r\n");
  head.append("A", "5");
  deepEqual([head.find("a"), head.find("a", 1), head.find("a", 3), head.find("a", 5)], [
    0,
    2,
    4,
    -1,
  ]);
  head.remove(0);
  head.remove(4);
  deepEqual([head.find("a"), head.find("a", 3)], [2, -1]);
  deepEqual([head.count, head.isRemoved(0), head.isRemoved(2)], [5, true, false]);
  equal(head.removeAll("a"), 1);
  equal(head.toString(), "GET / HTTP/1.1\r\nB: 2\r\nAB: 4\r\n\r\n");
});

Deno.test("names that have length and some letters in common are told apart", () => {
  const head = requestHead("GET / HTTP/1.1\r\nabXcd: 1\r\nazXzd: 2\r\n\r\n");
  equal(head.get("azxzd"), "2");
  equal(head.find("aqxqd"), -1);
  equal(head.find(""), -1);
});

Deno.test("an unedited head is written as it came, an edited one differs only in the edits", () => {
  const text = "GET / HTTP/1.1\r\nHOST:a\r\nX-Long: " + "v".repeat(80) + "\r\nCookie: c \r\n\r\n";
  const head = requestHead(text);
  equal(head.toString(), text);
  head.setTarget("/x");
  head.remove(head.find("host"));
  head.setValue(head.find("cookie"), "d");
  head.append("X-New", "1");
  head.append("x-gone", "2");
  equal(head.removeAll("x-gone"), 1);
  deepEqual([head.target, head.get("cookie"), head.get("x-new")], ["/x", "d", "1"]);
  const want = "GET /x HTTP/1.1\r\nX-Long: " + "v".repeat(80) +
    "\r\nCookie: d\r\nX-New: 1\r\n\r\n";
  equal(head.toString(), want);
  head.release();
  equal(head.toString(), want);
});

Deno.test("every part of a start line can be edited", () => {
  const head = requestHead("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n");
  equal(head.setMethod("POST"), true);
  equal(head.setMethod("a b"), false);
  equal(head.setMethod(""), false);
  head.setTarget("");
  head.setVersion(10);
  deepEqual([head.method, head.target, head.version], ["POST", "/", 10]);
  equal(head.toString(), "POST / HTTP/1.0\r\nHost: a\r\n\r\n");
  const answer = responseHead("HTTP/1.0 200 OK\r\n\r\n");
  answer.setVersion(11);
  equal(answer.toString(), "HTTP/1.1 200 OK\r\n\r\n");
  answer.setStatus(503, "No");
  deepEqual([answer.status, answer.reason], [503, "No"]);
  equal(answer.toString(), "HTTP/1.1 503 No\r\n\r\n");
});

Deno.test("no edit can break out of its place", () => {
  const head = requestHead("GET / HTTP/1.1\r\nA: 1\r\n\r\n");
  head.setTarget("/x HTTP/1.1\r\nEvil: 1");
  head.setValue(0, "b\r\nEvil: 1\0");
  head.append("B", "c\nEvil: 1");
  equal(
    head.toString(),
    "GET /x%20HTTP/1.1%0D%0AEvil:%201 HTTP/1.1\r\nA: b  Evil: 1 \r\nB: c Evil: 1\r\n\r\n",
  );
  throws(() => head.append("B:", "c"), Http1Misuse);
  throws(() => head.setValue(9, "c"), Http1Misuse);
  throws(() => head.remove(-1), Http1Misuse);
  const answer = responseHead("HTTP/1.1 200 OK\r\n\r\n");
  answer.setStatus(200, "a\r\nEvil: 1");
  equal(answer.toString(), "HTTP/1.1 200 a  Evil: 1\r\n\r\n");
});

Deno.test("write answers -1 when there is no room, and writes nothing outside its place", () => {
  const text = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const head = requestHead(text);
  equal(head.write(new Uint8Array(text.length - 1), 0), -1);
  equal(head.write(new Uint8Array(text.length), 1), -1);
  const out = new Uint8Array(text.length + 2).fill(7);
  equal(head.write(out, 1), text.length + 1);
  deepEqual([out[0], out[text.length + 1]], [7, 7]);
  head.append("B", "c");
  equal(head.sizeBound() >= text.length + 6, true);
});

Deno.test("a reused head keeps nothing of the message before", () => {
  const head = new Head("request");
  const read = (text: string) => {
    const bytes = bytesOfLatin1(text);
    equal(parseRequest(head, bytes, 0, bytes.length, DEFAULT_PARSE_OPTIONS), 0);
  };
  read(
    "POST /a HTTP/1.0\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\nExpect: x\r\n\r\n",
  );
  head.setTarget("/b");
  head.setMethod("PUT");
  head.setValue(0, "b");
  head.remove(1);
  head.append("C", "d");
  const text = "GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\n\r\n";
  read(text);
  equal(head.toString(), text);
  deepEqual([head.method, head.target, head.version, head.host], ["GET", "/", 11, ""]);
  deepEqual([head.framing, head.contentLength, head.connectionClose], ["none", -1, false]);
  deepEqual([head.count, head.edited, head.isRemoved(1), head.value(0)], [2, false, false, "1"]);
  head.clear();
  deepEqual([head.text, head.count, head.method], ["", 0, ""]);
});

Deno.test("a head can be written from where its bytes were moved to", () => {
  const text = "GET / HTTP/1.1\r\nHost: a\r\nX: " + "y".repeat(60) + "\r\n\r\n";
  const bytes = bytesOfLatin1("POST" + text);
  const head = new Head();
  equal(parseRequest(head, bytes, 4, bytes.length, DEFAULT_PARSE_OPTIONS), 0);
  bytes.copyWithin(0, 4);
  head.rebase(bytes, 0);
  head.append("A", "b");
  equal(head.toString(), text.slice(0, -2) + "A: b\r\n\r\n");
});

Deno.test("a head of 100 fields and more appended ones is held", () => {
  const lines = Array.from({ length: 100 }, (_, i) => `N${i}: ${i}\r\n`).join("");
  const head = requestHead(`GET / HTTP/1.1\r\n${lines}\r\n`);
  for (let i = 0; i < 100; i++) head.append(`M${i}`, String(i));
  deepEqual([head.count, head.get("n99"), head.get("m99"), head.name(150)], [
    200,
    "99",
    "99",
    "M50",
  ]);
  ok(head.toString().endsWith("M99: 99\r\n\r\n"));
});

Deno.test("errors say where: the offset of the offending byte in the head", () => {
  const bytes = bytesOfLatin1("\0\0GET / HTTP/1.1\r\nHost: a\r\nB\0: c\r\n\r\n");
  const error = parseRequest(new Head(), bytes, 2, bytes.length, DEFAULT_PARSE_OPTIONS);
  ok(error !== 0);
  deepEqual([error.status, error.code, error.position], [400, "field-name", 26]);
});

Deno.test("a range that is not a whole head is the caller's mistake, not the peer's", () => {
  const bytes = bytesOfLatin1("GET / HTTP/1.1\r\n\r\n");
  throws(() => parseRequest(new Head(), bytes, 0, 5, DEFAULT_PARSE_OPTIONS), Http1Misuse);
  throws(() => parseRequest(new Head(), bytes, 0, 99, DEFAULT_PARSE_OPTIONS), Http1Misuse);
});

Deno.test("going back to a mark undoes every edit since, and none before", () => {
  const head = requestHead("GET /a HTTP/1.1\r\nA: 1\r\nB: 2\r\n\r\n");
  head.append("C", "3");
  head.remove(1);
  const before = head.toString();
  const mark = head.mark();
  head.setTarget("/other");
  head.setMethod("PUT");
  head.setValue(0, "changed");
  head.remove(2);
  for (let i = 0; i < 100; i++) head.append("D", String(i));
  head.goBack(mark);
  equal(head.toString(), before);
  head.append("E", "5");
  equal(head.toString(), before.replace(/\r\n$/, "E: 5\r\n\r\n"));
});

Deno.test("going back to a mark without edits leaves a head that was never edited", () => {
  const head = responseHead("HTTP/1.1 200 OK\r\nA: 1\r\n\r\n");
  const mark = head.mark();
  head.setStatus(404, "No");
  head.remove(0);
  head.goBack(mark);
  deepEqual([head.edited, head.status, head.get("a")], [false, 200, "1"]);
});
