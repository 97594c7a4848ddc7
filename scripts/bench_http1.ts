/**
 * Micro-benchmark of the HTTP/1 codec: µs per operation, best of several runs.
 *
 *   deno run scripts/bench_http1.ts
 */
import { BodyReader } from "../lib/http1/body.ts";
import { bytesOfLatin1 } from "../lib/http1/bytes.ts";
import { findHeadEnd } from "../lib/http1/find_end.ts";
import { Head } from "../lib/http1/head.ts";
import { DEFAULT_PARSE_OPTIONS } from "../lib/http1/parse_fields.ts";
import { parseRequest } from "../lib/http1/parse_request.ts";
import { parseResponse } from "../lib/http1/parse_response.ts";

const REQUEST = "GET /index.html?page=2&sort=name HTTP/1.1\r\n" +
  "Host: www.example.org\r\n" +
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n" +
  "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n" +
  "Accept-Language: en-US,en;q=0.5\r\n" +
  "Accept-Encoding: gzip, deflate, br, zstd\r\n" +
  "Referer: http://www.example.org/index.html\r\n" +
  "Connection: keep-alive\r\n" +
  "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\n" +
  "Upgrade-Insecure-Requests: 1\r\n" +
  "Sec-Fetch-Dest: document\r\n" +
  "Sec-Fetch-Mode: navigate\r\n" +
  "Priority: u=0, i\r\n\r\n";
const SMALL = "GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";
const RESPONSE = "HTTP/1.1 200 OK\r\n" +
  "Server: nginx/1.22.1\r\n" +
  "Date: Sun, 22 Nov 2026 02:43:14 GMT\r\n" +
  "Content-Type: text/html; charset=utf-8\r\n" +
  "Content-Length: 1024\r\n" +
  "Last-Modified: Sat, 21 Nov 2026 12:00:00 GMT\r\n" +
  "Connection: keep-alive\r\n" +
  'ETag: "65b0c1d2-400"\r\n' +
  "Cache-Control: max-age=60\r\n" +
  "Accept-Ranges: bytes\r\n\r\n";

/** Runs `work` often and prints the best µs per call. */
function measure(name: string, work: () => number): void {
  let best = Infinity;
  let sink = 0;
  const rounds = 100_000;
  for (let run = 0; run < 7; run++) {
    const t = performance.now();
    for (let i = 0; i < rounds; i++) sink += work();
    best = Math.min(best, (performance.now() - t) * 1000 / rounds);
  }
  if (sink === 0.5) console.log(sink);
  console.log(`${name.padEnd(52)} ${best.toFixed(3)} µs`);
}

function inBuffer(text: string): { bytes: Uint8Array; end: number } {
  const bytes = new Uint8Array(16384);
  bytes.set(bytesOfLatin1(text));
  return { bytes, end: text.length };
}

const out = new Uint8Array(16384);
const head = new Head("request");
for (const [name, text] of [["12 fields", REQUEST], ["1 field", SMALL]]) {
  const { bytes, end } = inBuffer(text);
  measure(`request, ${name}, ${end} bytes: find end`, () => findHeadEnd(bytes, 0, 0, end));
  measure(`request, ${name}: parse`, () => {
    parseRequest(head, bytes, 0, end, DEFAULT_PARSE_OPTIONS);
    return head.count;
  });
  measure(`request, ${name}: write unedited`, () => head.write(out, 0));
  measure(`request, ${name}: find end, parse, 2 edits, write`, () => {
    parseRequest(head, bytes, 0, findHeadEnd(bytes, 0, 0, end), DEFAULT_PARSE_OPTIONS);
    head.removeAll("connection");
    head.append("x-forwarded-for", "192.0.2.17");
    return head.write(out, 0);
  });
}
const response = inBuffer(RESPONSE);
const answer = new Head("response");
measure(`response, 9 fields, ${response.end} bytes: find end`, () => {
  return findHeadEnd(response.bytes, 0, 0, response.end);
});
measure("response, 9 fields: parse", () => {
  parseResponse(answer, response.bytes, 0, response.end, "GET", DEFAULT_PARSE_OPTIONS);
  return answer.status;
});
measure("response, 9 fields: write unedited", () => answer.write(out, 0));
measure("find of a field that is the last of 12", () => head.find("accept-ranges"));

const chunk = inBuffer("2000\r\n" + "x".repeat(8192) + "\r\n0\r\n\r\n");
const body = new BodyReader();
measure("chunked body of one chunk of 8 kB", () => {
  body.start("chunked", -1, 502);
  return body.consume(chunk.bytes, 0, chunk.end);
});
