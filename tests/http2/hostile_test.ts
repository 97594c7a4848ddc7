import assert from "node:assert/strict";
import { PREFACE } from "../../lib/http2/codes.ts";
import { HOSTILE_CASES } from "./hostile_cases.ts";
import { concat, data, GET, headers, HELLO, POST, Recorder, settings } from "./support.ts";

for (const { name, bytes, scope, code } of HOSTILE_CASES) {
  const ends = scope === "connection" ? "the connection" : "the stream only";
  Deno.test(`${name}: ${code} for ${ends}`, () => {
    const peer = new Recorder();
    // With this one the first frame is what is wrong.
    peer.feed(name === "no SETTINGS first" ? PREFACE : HELLO);
    const sent = peer.feed(bytes);
    const said = sent.join(", ").slice(-300);
    if (scope === "connection") {
      assert.equal(sent.at(-1), `GOAWAY ${code}`, said);
      assert.ok(peer.connection.failed !== undefined);
      return;
    }
    assert.equal(peer.connection.failed, undefined, said);
    if (scope === "answer") assert.ok(sent.includes(`HEADERS 1 :status=${code} end`), said);
    else assert.ok(sent.some((each) => each.endsWith(` ${code}`) && each.startsWith("RST")), said);
    // The next stream is served as if nothing had been.
    peer.events.length = 0;
    peer.feed(headers(1001, GET), 60_000);
    if (!name.includes("limit")) {
      assert.match(peer.events.join(), /^head 1001 :method=GET .* end$/, "the next request");
    }
  });
}

Deno.test("no head of a malformed request reaches anybody", () => {
  for (const { name, bytes, scope, code } of HOSTILE_CASES) {
    if (scope !== "stream" || code !== "PROTOCOL_ERROR" || name.includes("body")) continue;
    const peer = new Recorder();
    peer.feed(HELLO);
    peer.feed(bytes);
    const heads = peer.events.filter((each) => each.startsWith("head"));
    for (const head of heads) assert.doesNotMatch(head, /evil|\r|\n|\0/, name);
  }
});

Deno.test("what is sent on a stream before the peer knows of its reset is no mistake", () => {
  const peer = new Recorder();
  peer.feed(HELLO);
  peer.onHead = (stream) => peer.connection.reset(stream, 8);
  peer.feed(headers(1, POST, false));
  assert.deepEqual(peer.feed(concat(data(1, "x".repeat(1000)), headers(1, [["x", "y"]]))), []);
  assert.equal(peer.connection.failed, undefined);
});

Deno.test("more than a stream's window ends the stream, more than the connection's the connection", () => {
  const held = new Recorder("server", { initialWindowSize: 1000 });
  held.data = () => {};
  held.feed(HELLO);
  assert.deepEqual(
    held.feed(concat(headers(1, POST, false), data(1, new Uint8Array(1001)))),
    ["RST_STREAM 1 FLOW_CONTROL_ERROR"],
  );
  const small = new Recorder("server", { initialWindowSize: 2 ** 20, connectionWindow: 65535 });
  small.data = () => {};
  small.feed(HELLO);
  const flood = Array.from(
    { length: 5 },
    (_, n) => concat(headers(n * 2 + 1, POST, false), data(n * 2 + 1, new Uint8Array(16384))),
  );
  // The connection's window is opened as bytes arrive: it cannot be exceeded by whole frames of a fair size.
  assert.ok(!small.feed(concat(...flood)).some((each) => each.startsWith("GOAWAY")));
});

Deno.test("a threshold of glitches ends the connection", () => {
  const peer = new Recorder();
  peer.connection.glitchesThreshold = 3;
  peer.feed(HELLO);
  assert.deepEqual(peer.feed(headers(1, [...GET, ["x y", "z"]])), ["RST_STREAM 1 PROTOCOL_ERROR"]);
  assert.equal(peer.connection.glitches, 1);
  peer.feed(headers(3, [...GET, ["x y", "z"]]));
  assert.equal(peer.feed(headers(5, [...GET, ["x y", "z"]])).at(-1), "GOAWAY ENHANCE_YOUR_CALM");
});

Deno.test("streams that are reset count until their user lets them go", () => {
  const peer = new Recorder("server", { maxConcurrentStreams: 2 });
  peer.reset = () => {};
  peer.feed(HELLO);
  const cancel = (id: number) => Uint8Array.from([0, 0, 4, 3, 0, 0, 0, 0, id, 0, 0, 0, 8]);
  peer.feed(concat(headers(1, GET), cancel(1), headers(3, GET), cancel(3)));
  assert.deepEqual(peer.feed(headers(5, GET)), ["RST_STREAM 5 REFUSED_STREAM"]);
});

Deno.test("settings of the peer change open streams", () => {
  const peer = new Recorder();
  peer.feed(concat(HELLO, settings([4, 10])));
  let sent = -1;
  peer.onHead = (stream) => {
    peer.connection.beginHead();
    peer.connection.field(":status", "200");
    peer.connection.endHead(stream, false);
    sent = peer.connection.sendData(stream, new Uint8Array(100), 0, 100, true);
  };
  assert.deepEqual(peer.feed(headers(1, GET)), ["HEADERS 1 :status=200", "DATA 1 10"]);
  assert.equal(sent, 10);
  // Smaller: the window is negative, and must grow by more than that.
  peer.feed(settings([4, 5]));
  const stream = peer.connection.streams.get(1)!;
  assert.equal(stream.send.available, -5);
  assert.equal(peer.connection.sendData(stream, new Uint8Array(90), 0, 90, true), 0);
  peer.feed(settings([4, 200]));
  assert.equal(peer.connection.sendData(stream, new Uint8Array(90), 0, 90, true), 90);
  assert.deepEqual(peer.sent(), ["DATA 1 90 end"]);
  assert.equal(peer.connection.active, 0);
});
