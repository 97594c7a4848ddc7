import assert from "node:assert/strict";
import { connectRefusal, connectRequest, headEnd } from "../../lib/net/http_connect.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("CONNECT names the server, IPv6 in brackets", () => {
  assert.equal(
    text(connectRequest("db.example", 5432, undefined)),
    "CONNECT db.example:5432 HTTP/1.1\r\nHost: db.example:5432\r\n\r\n",
  );
  assert.match(text(connectRequest("::1", 80, undefined)), /^CONNECT \[::1\]:80 HTTP/);
});

Deno.test("only an answer with 2xx is a permission", () => {
  for (
    const good of ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.0 200\r\n\r\n", "HTTP/1.1 204 x\r\n\r\n"]
  ) {
    assert.equal(connectRefusal(good), undefined, good);
  }
  assert.equal(connectRefusal("HTTP/1.1 403 Forbidden\r\n\r\n"), "it answered 403 Forbidden");
  for (
    const bad of ["HTTP/2 200\r\n\r\n", "220 ready\r\n\r\n", "HTTP/1.1 20\r\n\r\n", "\r\n\r\n"]
  ) {
    assert.equal(connectRefusal(bad), "it does not speak HTTP/1", bad);
  }
});

Deno.test("the end of a head is found wherever it is cut", () => {
  const head = new TextEncoder().encode("HTTP/1.1 200 OK\r\nA: b\r\n\r\nrest");
  for (let n = 0; n < head.length - 4; n++) assert.equal(headEnd(head, n), -1, `${n}`);
  assert.equal(headEnd(head, head.length), head.length - 4);
  assert.equal(headEnd(new TextEncoder().encode("a\n\nb"), 4), 3);
});
