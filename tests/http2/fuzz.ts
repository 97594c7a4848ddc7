/**
 * Fuzzing the HTTP/2 codec: however bytes are split, the same events come; whatever bytes come, nothing throws, hangs,
 * or reads beyond what it was given, and what is held stays within its bounds.
 */
import assert from "node:assert/strict";
import { Random } from "../support/random.ts";
import { HOSTILE_CASES } from "./hostile_cases.ts";
import {
  concat,
  data,
  type Fields,
  frame,
  GET,
  headers,
  HELLO,
  POST,
  Recorder,
  settings,
} from "./support.ts";
import { FieldList } from "../../lib/http2/field_list.ts";
import { HpackDecoder } from "../../lib/http2/hpack/decoder.ts";
import { HpackEncoder } from "../../lib/http2/hpack/encoder.ts";
import { block } from "./support.ts";

const NAMES = [
  "accept",
  "cookie",
  "x-a",
  "user-agent",
  "content-type",
  "date",
  "server",
  "x-long-name",
];

/** A conversation that is right: some requests, interleaved, with bodies and trailers. */
function conversation(random: Random): Uint8Array {
  const parts = [HELLO];
  const open: number[] = [];
  const encoder = new HpackEncoder(4096);
  let next = 1;
  for (let n = random.below(20) + 1; n > 0; n--) {
    switch (random.below(6)) {
      case 0:
      case 1: {
        const more: [string, string][] = [];
        for (let i = random.below(5); i > 0; i--) {
          more.push([random.pick(NAMES), random.text(random.below(40), "abcXYZ0189-_/;=")]);
        }
        const bytes = block([...POST, ...more], encoder);
        const cut = random.below(bytes.length);
        const split = random.below(2) === 0;
        parts.push(frame(1, split ? 0 : 4, next, split ? bytes.subarray(0, cut) : bytes));
        if (split) parts.push(frame(9, 4, next, bytes.subarray(cut)));
        open.push(next);
        next += 2;
        break;
      }
      case 2:
        if (open.length === 0) break;
        parts.push(data(random.pick(open), random.text(random.below(300), "0123456789")));
        break;
      case 3: {
        if (open.length === 0) break;
        const [id] = open.splice(random.below(open.length), 1);
        parts.push(
          random.below(2) === 0
            ? data(id, random.text(random.below(20), "abc"), true)
            : frame(1, 5, id, block([["x-trailer", "1"]], encoder)),
        );
        break;
      }
      case 4: {
        if (open.length === 0) break;
        const padding = random.below(20);
        const content = random.below(50);
        parts.push(
          frame(0, 8, random.pick(open), [padding, ...new Uint8Array(content + padding).fill(65)]),
        );
        break;
      }
      default:
        parts.push(
          random.pick([
            settings([4, 1000 + random.below(100000)], [1, random.below(8192)]),
            frame(6, 0, 0, new Uint8Array(8)),
            frame(8, 0, 0, [0, 0, 1, 0]),
            frame(77, 3, 5, new Uint8Array(random.below(40))),
            frame(2, 0, 1, [0, 0, 0, 0, 9]),
          ]),
        );
    }
  }
  return concat(...parts);
}

/** Feeds in pieces of random length; each piece lies in a buffer of its own, so that nothing can be read beyond it. */
function play(bytes: Uint8Array, random: Random | undefined): { events: string[]; sent: string[] } {
  const peer = new Recorder();
  peer.onHead = (stream, end) => {
    if (!end || stream.id % 4 !== 1) return;
    peer.connection.beginHead();
    peer.connection.field(":status", "204");
    peer.connection.endHead(stream, true);
  };
  const sent: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = random === undefined ? bytes.length : 1 + random.below(random.pick([1, 8, 200]));
    const piece = bytes.slice(at, at + size);
    peer.connection.feed(piece, 0, piece.length, 0);
    piece.fill(0xee);
    at += size;
  }
  sent.push(...peer.sent().filter((each) => !each.startsWith("WINDOW_UPDATE")));
  const content = [...peer.content].map(([id, text]) => `${id}:${text}`);
  return { events: [...peer.events, ...content], sent };
}

function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  const out = bytes.slice();
  for (let n = 1 + random.below(5); n > 0; n--) {
    const at = HELLO.length + random.below(Math.max(1, out.length - HELLO.length));
    if (at >= out.length) break;
    switch (random.below(4)) {
      case 0:
        out[at] ^= 1 << random.below(8);
        break;
      case 1:
        out[at] = random.below(256);
        break;
      case 2:
        out.copyWithin(at, HELLO.length + random.below(at - HELLO.length + 1));
        break;
      default:
        out.fill(random.pick([0, 255, 128]), at, at + random.below(6));
    }
  }
  return out;
}

/** Runs `rounds` rounds from this seed; throws at the first thing that is wrong. */
export function fuzzHttp2(rounds: number, seed: number): void {
  const random = new Random(seed);
  for (let round = 0; round < rounds; round++) {
    const right = conversation(random);
    const whole = play(right, undefined);
    assert.ok(!whole.sent.some((each) => each.startsWith("GOAWAY")), `right: ${whole.sent}`);
    assert.deepEqual(play(right, random), whole, `splits, seed ${seed} round ${round}`);
    const base = random.below(4) === 0 ? concat(HELLO, random.pick(HOSTILE_CASES).bytes) : right;
    const wrong = mutate(base.subarray(0, 20_000), random);
    assert.deepEqual(play(wrong, random), play(wrong, undefined), `mutation, round ${round}`);
    fuzzClient(random);
    fuzzHpack(random);
  }
}

/** The client's role on rubbish. */
function fuzzClient(random: Random): void {
  const peer = new Recorder("client");
  const stream = peer.connection.open();
  peer.connection.beginHead();
  for (const [name, value] of GET) peer.connection.field(name, value);
  peer.connection.endHead(stream, true);
  const answer = concat(
    settings(),
    headers(1, [[":status", "200"], ["content-length", "5"]], false),
    data(1, "hello", true),
  );
  const bytes = random.below(3) === 0
    ? answer
    : mutate(concat(HELLO, answer), random).subarray(HELLO.length);
  for (let at = 0; at < bytes.length;) {
    const piece = bytes.slice(at, at + 1 + random.below(30));
    peer.connection.feed(piece, 0, piece.length, 0);
    at += piece.length;
  }
}

/** What is encoded is decoded as it was, whatever the sizes of the table on the way; rubbish is an error at most. */
function fuzzHpack(random: Random): void {
  const encoder = new HpackEncoder(4096);
  const decoder = new HpackDecoder(4096);
  for (let n = 0; n < 5; n++) {
    if (random.below(3) === 0) encoder.setTableSize(random.pick([0, 60, 200, 4096]));
    const fields: Fields = Array.from({ length: random.below(8) }, () => [
      random.pick(NAMES),
      random.text(random.below(60), "abc\xe9\x00\xff019 "),
    ]);
    const bytes = block(fields, encoder);
    const list = new FieldList();
    assert.equal(decoder.decode(bytes, 0, bytes.length, list), 0);
    assert.deepEqual(
      fields,
      Array.from({ length: list.count }, (_, i) => [list.names[i], list.values[i]]),
    );
    assert.ok(decoder.table.size <= 4096);
  }
  const rubbish = Uint8Array.from({ length: random.below(60) }, () => random.below(256));
  const list = new FieldList(1000);
  new HpackDecoder(4096).decode(rubbish, 0, rubbish.length, list);
  assert.ok(list.count <= 1000 / 32);
}
