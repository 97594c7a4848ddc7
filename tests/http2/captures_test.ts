/**
 * What real clients and servers have said to each other (tests/http2/captures, in hexadecimal): the codec in the other
 * role understands every byte of it, however it is split.
 */
import assert from "node:assert/strict";
import { Random } from "../support/random.ts";
import { Recorder } from "./support.ts";

const DIRECTORY = new URL("captures/", import.meta.url);

function bytesOf(file: string): Uint8Array {
  const text = Deno.readTextFileSync(new URL(file, DIRECTORY));
  return Uint8Array.fromHex(text.replace(/\s/g, ""));
}

/** Feeds in pieces; `requests`: streams that a client has opened before. */
function play(bytes: Uint8Array, role: "client" | "server", requests: number, random?: Random) {
  const peer = new Recorder(role);
  // HAProxy opens its window by exactly what it has got: it must have got something.
  if (role === "server") {
    peer.onHead = (stream) => {
      peer.connection.beginHead();
      peer.connection.field(":status", "200");
      peer.connection.endHead(stream, false);
      peer.connection.sendData(stream, new Uint8Array(6), 0, 6, true);
    };
  }
  for (let n = 0; n < requests; n++) {
    const stream = peer.connection.open();
    peer.connection.beginHead();
    peer.connection.field(":method", "GET");
    peer.connection.endHead(stream, true);
  }
  for (let at = 0; at < bytes.length;) {
    const size = random === undefined ? bytes.length : 1 + random.below(20);
    peer.connection.feed(bytes, at, Math.min(at + size, bytes.length), 0);
    at += size;
  }
  assert.equal(peer.connection.failed, undefined, String(peer.connection.failed));
  assert.equal(peer.connection.glitches, 0);
  return peer;
}

/** What each conversation was. */
const CONVERSATIONS: readonly {
  readonly name: string;
  readonly requests: readonly RegExp[];
  readonly answers: readonly RegExp[];
  /** streams that the client had opened when the server answered: nghttp skips the numbers of its priority tree */
  readonly opened: number;
}[] = [
  {
    name: "curl-nginx",
    requests: [/^head 1 :method=POST :path=\/hi .*user-agent=curl/],
    answers: [/^head 1 :status=200 server=nginx/],
    opened: 1,
  },
  {
    name: "nghttp-nginx",
    requests: [13, 15, 17].map((id) => new RegExp(`^head ${id} :method=GET .*nghttp2/.* end$`)),
    answers: [13, 15, 17].map((id) => new RegExp(`^head ${id} :status=200 server=nginx`)),
    opened: 9,
  },
  {
    name: "h2load-nginx",
    requests: [1, 3, 5].map((id) => new RegExp(`^head ${id} .*user-agent=h2load.* end$`)),
    answers: [1, 3, 5].map((id) => new RegExp(`^head ${id} :status=200`)),
    opened: 3,
  },
  {
    name: "haproxy",
    requests: [/^head 1 :method=GET .*:path=\/hi/],
    answers: [/^head 1 :status=200 server=nginx/],
    opened: 1,
  },
  {
    name: "grpc-js",
    requests: [/^head 1 .*\/test\.Echo\/unary .*te=trailers/, /^head 3 .*\/test\.Echo\/unary/],
    answers: [/^head 1 :status=200 .*application\/grpc/, /^trailers 1 grpc-status=0/, /^head 3 /],
    opened: 2,
  },
];

for (const { name, requests, answers, opened } of CONVERSATIONS) {
  for (
    const [file, role, expected, streams] of [
      [`${name}.client.hex`, "server", requests, 0],
      [`${name}.server.hex`, "client", answers, opened],
    ] as const
  ) {
    Deno.test(`${file} is understood to the last byte, whole and in pieces`, () => {
      const bytes = bytesOf(file);
      const whole = play(bytes, role, streams);
      for (const pattern of expected) {
        assert.ok(
          whole.events.some((each) => pattern.test(each)),
          `${pattern}\n${whole.events.join("\n")}`,
        );
      }
      for (let seed = 0; seed < 20; seed++) {
        const pieces = play(bytes, role, streams, new Random(seed));
        assert.deepEqual(pieces.events, whole.events);
        assert.deepEqual(pieces.content, whole.content);
      }
    });
  }
}
