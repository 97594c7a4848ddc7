import { deepEqual, equal, ok } from "node:assert/strict";
import { bytesOfLatin1 } from "../../lib/http1/bytes.ts";
import { findHeadEnd } from "../../lib/http1/find_end.ts";
import { Head } from "../../lib/http1/head.ts";
import { DEFAULT_PARSE_OPTIONS } from "../../lib/http1/parse_fields.ts";
import { parseRequest } from "../../lib/http1/parse_request.ts";

function parse(text: string): Head {
  const bytes = bytesOfLatin1(text);
  const end = findHeadEnd(bytes, 0, 0, bytes.length);
  ok(end > 0);
  const head = new Head();
  equal(parseRequest(head, bytes, 0, end, DEFAULT_PARSE_OPTIONS), 0);
  return head;
}

Deno.test("a request head gives its start line, fields, framing and connection options", () => {
  const head = parse(
    "POST /a?b=c HTTP/1.1\r\nHost: example.org:80\r\nX-One:  1 \r\nx-two:\r\n" +
      "Connection: Keep-Alive, upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nContent-Length: 5\r\n" +
      "Expect: 100-Continue\r\n\r\n",
  );
  equal(head.kind, "request");
  equal(head.method, "POST");
  equal(head.target, "/a?b=c");
  equal(head.version, 11);
  equal(head.host, "example.org:80");
  equal(head.framing, "length");
  equal(head.contentLength, 5);
  deepEqual([head.connectionClose, head.connectionKeepAlive, head.connectionUpgrade], [
    false,
    true,
    true,
  ]);
  equal(head.upgrade, "websocket");
  equal(head.expectContinue, true);
  equal(head.count, 8);
  deepEqual([head.name(1), head.value(1)], ["X-One", "1"]);
  equal(head.get("x-two"), "");
  equal(head.get("none"), undefined);
  equal(head.edited, false);
});

Deno.test("an unedited head is written as it came, an edited one differs only in the edits", () => {
  const text = "GET / HTTP/1.1\r\nHOST:a\r\nX-Long: " + "v".repeat(80) + "\r\nCookie: c \r\n\r\n";
  const head = parse(text);
  equal(head.toString(), text);
  head.setTarget("/x y");
  head.remove(head.find("host"));
  head.setValue(head.find("cookie"), "d\r\nEvil: 1");
  head.append("X-New", "1");
  head.append("x-gone", "2");
  equal(head.removeAll("x-gone"), 1);
  const want = "GET /x%20y HTTP/1.1\r\nX-Long: " + "v".repeat(80) +
    "\r\nCookie: d  Evil: 1\r\nX-New: 1\r\n\r\n";
  equal(head.toString(), want);
  head.release();
  equal(head.toString(), want);
  equal(head.write(new Uint8Array(40), 0), -1);
});

Deno.test("a head with bare LF line ends is written with CR LF", () => {
  equal(
    parse("GET / HTTP/1.1\nhost: a\nb: c\n\n").toString(),
    "GET / HTTP/1.1\r\nhost: a\r\nb: c\r\n\r\n",
  );
});
