/**
 * Fuzzing the HTTP/1 codec: with a fixed seed in the tests, for as long as one likes from `scripts/fuzz.ts`.
 *
 * What must hold for every message, valid or mutated:
 * - nothing throws, and nothing is read at or beyond the end (bytes there do not change the result);
 * - the result does not depend on how the bytes were split;
 * - a valid message is accepted with its content; a mutated one gets the verdict and the framing that the
 *   reference (reference.ts) finds by other means.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { bytesOfLatin1 } from "../../lib/http1/bytes.ts";
import { opinionOf } from "./reference.ts";
import { readMessage, type ReadOptions, REQUEST, type Result } from "./support.ts";
import { Random } from "../support/random.ts";

interface Message {
  readonly text: string;
  readonly content: string;
  readonly options: ReadOptions;
}

const WORD = "abcdefghijklmnopqrstuvwxyzABCDEF0123456789-_";
const VALUE = WORD + " ,;=\"'()/\\:@\t\xe9\xff";
const BINARY = "\0\x01\r\n :0aA\x7f\x80\xff";

/** A valid message; some are as odd as the RFCs allow. */
function validMessage(r: Random): Message {
  const request = r.below(2) === 0;
  const eol = () => r.below(12) === 0 ? "\n" : "\r\n";
  const method = r.pick([
    "GET",
    "POST",
    "HEAD",
    "OPTIONS",
    "PUT",
    "CONNECT",
    "X-" + r.text(3, WORD),
  ]);
  const lines: string[] = [];
  for (let n = r.below(8); n > 0; n--) {
    const value = r.text(r.below(30), VALUE).replace(/^[ \t]+|[ \t]+$/g, "");
    lines.push(`X-${r.text(1 + r.below(12), WORD)}:${r.pick(["", " ", "\t", "  "])}${value}`);
  }
  let content = r.text(r.below(200), BINARY + WORD);
  let body = content;
  const kind = r.below(3);
  let start: string;
  const status = r.pick([200, 200, 404, 100, 204, 304, 500]);
  const empty = !request &&
    (method === "HEAD" || status < 200 || status === 204 || status === 304 ||
      (method === "CONNECT" && status < 300));
  if (request) {
    const target = method === "CONNECT"
      ? "example.org:443"
      : r.pick(["/", "/a/b?c=d", "http://example.org/x", "/" + r.text(r.below(40), WORD)]);
    start = `${method} ${target} HTTP/1.${kind === 1 ? 1 : r.below(2)}`;
    if (r.below(4) > 0) {
      lines.push(`Host: ${method === "CONNECT" ? "example.org:443" : "example.org"}`);
    }
  } else {
    start = `HTTP/1.${r.below(2)} ${status} ${r.text(r.below(12), WORD + " ")}`;
  }
  if (kind === 0) lines.push(`Content-Length: ${content.length}`);
  if (kind === 1) {
    lines.push("Transfer-Encoding: chunked");
    body = chunksOf(content, r);
  }
  const noOldBody = start.endsWith(" HTTP/1.0") && /^(GET|HEAD|DELETE) /.test(start);
  if (request && kind === 0 && noOldBody) {
    body = content = "";
    lines[lines.length - 1] = "Content-Length: 0";
  }
  if (kind === 2 && request) body = content = "";
  if (empty) body = content = "";
  const shuffled = lines.map((line) => ({ line, at: r.below(1000) })).sort((a, b) => a.at - b.at);
  const text = r.pick(["", "", "", "\r\n", "\n"]) + start + eol() +
    shuffled.map(({ line }) => line + eol()).join("") + eol() + body;
  return {
    text,
    content,
    options: { ...REQUEST, kind: request ? "request" : "response", method },
  };
}

function chunksOf(content: string, r: Random): string {
  let out = "";
  let at = 0;
  while (at < content.length) {
    const n = Math.min(content.length - at, 1 + r.below(60));
    const size = r.pick([n.toString(16), n.toString(16).toUpperCase(), "0" + n.toString(16)]);
    out += size + r.pick(["", "", ";a=b", ' ; x="y"', " "]) + "\r\n" + content.slice(at, at + n) +
      "\r\n";
    at += n;
  }
  const trailers = r.below(4) === 0 ? `X-Sum: ${r.text(8, WORD)}\r\n` : "";
  return out + r.pick(["0", "000"]) + "\r\n" + trailers + "\r\n";
}

const DANGEROUS = [
  "\r",
  "\n",
  "\r\n",
  "\0",
  " ",
  "\t",
  ":",
  ",",
  ";",
  "0",
  "f",
  "\x7f",
  "\xff",
  "#",
  "\r\n ",
  "\r\n\r\n",
  "Content-Length: 5\r\n",
  "Content-Length: 0\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: identity\r\n",
  "Host: a\r\n",
  "chunked",
  ", chunked",
  "HTTP/1.0",
  "Connection: upgrade\r\nUpgrade: websocket\r\n",
  "Upgrade: h2c\r\n",
  "http://a@b/",
  "[::1]:80",
  "*",
];

function mutate(text: string, r: Random): string {
  let t = text;
  for (let n = 1 + r.below(4); n > 0; n--) {
    const at = r.below(t.length + 1);
    switch (r.below(8)) {
      case 0:
        t = t.slice(0, at) + String.fromCharCode(r.below(256)) + t.slice(at + 1);
        break;
      case 1:
        t = t.slice(0, at) + t.slice(at + 1 + r.below(3));
        break;
      case 2:
        t = t.slice(0, at) + r.pick(DANGEROUS) + t.slice(at);
        break;
      case 3: { // at the start of a line, where fields stand
        const line = t.indexOf("\n", at) + 1;
        t = t.slice(0, line) + r.pick(DANGEROUS) + t.slice(line);
        break;
      }
      case 4: {
        const length = r.below(20);
        t = t.slice(0, at) + t.slice(at, at + length) + t.slice(at);
        break;
      }
      case 5: { // another line end
        const line = t.indexOf("\r\n", at);
        if (line < 0) break;
        t = t.slice(0, line) + r.pick(["\n", "\r", "\r\r\n", "\r\n\r\n", ""]) + t.slice(line + 2);
        break;
      }
      case 6: { // before the last empty line, where trailers stand
        const last = t.lastIndexOf("\r\n");
        if (last >= 0) t = t.slice(0, last) + r.pick(DANGEROUS) + t.slice(last);
        break;
      }
      default:
        t = t.slice(0, at);
    }
  }
  return t;
}

function cutsOf(length: number, r: Random): number[] {
  const cuts: number[] = [];
  const most = r.pick([1, 1, 7, 64]);
  for (let at = 1 + r.below(most); at < length; at += 1 + r.below(most)) cuts.push(at);
  return cuts;
}

/** What two readings of the same bytes must have in common. */
function essence(result: Result): unknown {
  const { head, error, content, done, end } = result;
  return {
    error: error && [error.status, error.code, error.message],
    framing: error === undefined ? head?.framing : undefined,
    written: error === undefined ? head?.toString() : undefined,
    content,
    done,
    end: error === undefined ? end : undefined,
  };
}

/** Reads `text` in all the ways that must agree; answers one of the results. */
function readAllWays(text: string, options: ReadOptions, r: Random): Result {
  const exact = bytesOfLatin1(text);
  const whole = readMessage(exact.slice(), 0, exact.length, [], options);
  const split = readMessage(exact.slice(), 0, exact.length, cutsOf(exact.length, r), options);
  deepEqual(essence(split), essence(whole));
  for (const poison of ["\r\n\r\n0\r\n\r\n", "1234567890", "\xff\xff\xff\xff"]) {
    const before = r.below(20);
    const bytes = bytesOfLatin1("\n".repeat(before) + text + poison);
    const result = readMessage(bytes, before, before + exact.length, [], options);
    deepEqual(essence({ ...result, end: result.end - before }), essence(whole));
    ok(result.end <= before + exact.length);
    equal(bytes.length, before + text.length + poison.length);
  }
  return whole;
}

/** One valid message, then mutations of it. Throws an AssertionError, with the message in it, on a failure. */
export function fuzzOnce(r: Random): void {
  const message = validMessage(r);
  let text = message.text;
  try {
    const { error, content, done, head } = readAllWays(text, message.options, r);
    equal(error, undefined);
    equal(content, message.content);
    ok(done);
    const bytes = bytesOfLatin1(head!.toString());
    const again = readMessage(bytes, 0, bytes.length, [], message.options, false);
    equal(again.error, undefined, "a written head can be read");
    for (let n = 0; n < 6; n++) {
      text = mutate(message.text, r);
      readAllWays(text, { ...message.options, acceptInvalid: true }, r);
      const result = readAllWays(text, message.options, r);
      const opinion = opinionOf(text, message.options.kind, message.options.method);
      compare(result, opinion);
    }
  } catch (error) {
    const where = `${message.options.kind} (${message.options.method}) ${JSON.stringify(text)}`;
    throw new Error(`${where}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

function compare(result: Result, opinion: ReturnType<typeof opinionOf>): void {
  const { head, error, content, done } = result;
  const bodyError = error !== undefined &&
    (error.code === "truncated" || /chunk|trailer/.test(error.code));
  if (opinion.framing === "incomplete") {
    equal(head, undefined);
    equal(error, undefined);
  } else if (opinion.framing === "refused") {
    ok(error !== undefined && !bodyError, `accepted: ${head?.framing}`);
  } else {
    ok(error === undefined || bodyError, `refused: ${error?.code} ${error?.message}`);
    equal(head?.framing, opinion.framing);
    if (opinion.framing === "length") equal(head?.contentLength, opinion.length);
    equal(done, opinion.whole);
    if (opinion.content === undefined) ok(error !== undefined && error.code !== "truncated");
    else equal(content, opinion.content);
    if (opinion.content !== undefined && !opinion.whole) equal(error?.code, "truncated");
  }
}

/** Fuzzes `rounds` messages and six mutations of each; answers how many readings were compared. */
export function fuzz(rounds: number, seed: number): number {
  const r = new Random(seed);
  for (let n = 0; n < rounds; n++) fuzzOnce(r);
  return rounds * 7;
}
