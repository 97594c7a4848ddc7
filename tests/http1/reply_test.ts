import { deepEqual, equal, ok } from "node:assert/strict";
import { latin1 } from "../../lib/http1/bytes.ts";
import { reasonPhrase } from "../../lib/http1/reason.ts";
import { errorPage, PAGE_STATUSES, reply, replyReason } from "../../lib/http1/reply.ts";
import { readMessage, REQUEST } from "./support.ts";

function text(bytes: Uint8Array): string {
  return latin1(bytes, 0, bytes.length);
}

Deno.test("every error page is a valid response with a body of the length it says", () => {
  for (const status of [...PAGE_STATUSES, 418]) {
    const bytes = errorPage(status);
    const result = readMessage(bytes, 0, bytes.length, [], { ...REQUEST, kind: "response" });
    equal(result.error, undefined);
    deepEqual([result.done, result.end], [true, bytes.length]);
    equal(result.head?.status, status);
    equal(result.head?.get("cache-control"), "no-cache");
    equal(result.head?.get("content-type"), "text/html");
    ok(result.content.startsWith(`<html><body><h1>${status} ${replyReason(status)}</h1>\n`));
    ok(result.content.endsWith("\n</body></html>\n"));
  }
});

Deno.test("an error page has HAProxy's status line and headers in its order", () => {
  equal(
    text(errorPage(503)),
    "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 107\r\ncache-control: no-cache\r\n" +
      "content-type: text/html\r\n\r\n<html><body><h1>503 Service Unavailable</h1>\n" +
      "No server is available to handle this request.\n</body></html>\n",
  );
  ok(text(errorPage(408)).startsWith("HTTP/1.1 408 Request Time-out\r\n"));
  ok(text(errorPage(504)).startsWith("HTTP/1.1 504 Gateway Time-out\r\n"));
});

Deno.test("the pages of requests that were not read whole close the connection, others on demand", () => {
  const closing = PAGE_STATUSES.filter((s) => /\r\nconnection: close\r\n/.test(text(errorPage(s))));
  deepEqual(closing, [400, 408, 431, 505]);
  ok(/\r\nconnection: close\r\n/.test(text(errorPage(503, true))));
  equal(errorPage(503), errorPage(503), "made once");
});

Deno.test("a reply has its headers in order and the length of its body in bytes", () => {
  equal(
    text(reply(200, "text/plain", "é", [["a", "b"], ["c", "d"]], true)),
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\na: b\r\nc: d\r\ncontent-type: text/plain\r\n" +
      "connection: close\r\n\r\n\xc3\xa9",
  );
});

Deno.test("a status without a phrase of its own has that of its class", () => {
  deepEqual([reasonPhrase(404), reasonPhrase(299), reasonPhrase(599)], [
    "Not Found",
    "Success",
    "Server Error",
  ]);
});
