/**
 * What a hostile client may send after its preface, and the error that it gets: one table. It runs on the codec
 * (tests/http2/hostile_test.ts) and, over a real connection, on the whole program.
 */
import { Flag, FrameType } from "../../lib/http2/codes.ts";
import {
  block,
  concat,
  data,
  type Fields,
  frame,
  GET,
  headers,
  int32,
  POST,
  settings,
} from "./support.ts";

export interface HostileCase {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** `connection`: GOAWAY with this code; `stream`: RST_STREAM with it, and the connection lives on */
  readonly scope: "connection" | "stream" | "answer";
  /** the RFC's name of the error; with `answer` a status */
  readonly code: string;
}

const many = (count: number, make: (n: number) => Uint8Array): Uint8Array =>
  concat(...Array.from({ length: count }, (_, n) => make(n)));

const rst = (stream: number, code = 8) => frame(FrameType.RstStream, 0, stream, int32(code));
const windowUpdate = (stream: number, n: number) =>
  frame(FrameType.WindowUpdate, 0, stream, int32(n));
const without = (name: string): Fields => GET.filter(([each]) => each !== name);
const replaced = (name: string, value: string): Fields =>
  GET.map(([each, was]) => [each, each === name ? value : was]);

/** A request with these fields is malformed. */
function malformed(name: string, fields: Fields, end = true): HostileCase {
  return { name, bytes: headers(1, fields, end), scope: "stream", code: "PROTOCOL_ERROR" };
}

function fatal(name: string, code: string, ...frames: readonly Uint8Array[]): HostileCase {
  return { name, bytes: concat(...frames), scope: "connection", code };
}

function fails(name: string, code: string, ...frames: readonly Uint8Array[]): HostileCase {
  return { name, bytes: concat(...frames), scope: "stream", code };
}

const BOMB = (() => {
  // One large entry in the table, then a reference to it again and again.
  const first = block([...GET]);
  const value = new Uint8Array(4000).fill(97);
  const entry = concat(Uint8Array.of(0x40, 1, 120, 0x7f, 0xa1, 0x1e), value);
  return concat(first, entry, new Uint8Array(4000).fill(0xbe));
})();

export const HOSTILE_CASES: readonly HostileCase[] = [
  // Floods
  fatal(
    "rapid reset: streams opened and reset at once",
    "ENHANCE_YOUR_CALM",
    many(3000, (n) => concat(headers(n * 2 + 1, GET), rst(n * 2 + 1))),
  ),
  fatal(
    "the server made to reset streams by mistakes on them (MadeYouReset)",
    "ENHANCE_YOUR_CALM",
    many(3000, (n) => concat(headers(n * 2 + 1, GET), windowUpdate(n * 2 + 1, 0))),
  ),
  fatal("a flood of SETTINGS", "ENHANCE_YOUR_CALM", many(200, () => settings([4, 65535]))),
  fatal("a flood of empty SETTINGS", "ENHANCE_YOUR_CALM", many(200, () => settings())),
  fatal(
    "a flood of PING",
    "ENHANCE_YOUR_CALM",
    many(3000, () => frame(FrameType.Ping, 0, 0, new Uint8Array(8))),
  ),
  fatal(
    "a flood of PRIORITY",
    "ENHANCE_YOUR_CALM",
    many(3000, () => frame(FrameType.Priority, 0, 1, [0, 0, 0, 0, 1])),
  ),
  fatal(
    "a flood of frames of unknown type",
    "ENHANCE_YOUR_CALM",
    many(3000, () => frame(0xbe, 0, 0, [])),
  ),
  fatal(
    "a flood of RST_STREAM on streams that have ended",
    "ENHANCE_YOUR_CALM",
    concat(headers(1, GET), rst(1)),
    many(3000, () => rst(1)),
  ),
  fatal(
    "a flood of empty DATA",
    "ENHANCE_YOUR_CALM",
    headers(1, POST, false),
    many(500, () => data(1, "")),
  ),
  fatal(
    "a flood of DATA that is padding only",
    "ENHANCE_YOUR_CALM",
    headers(1, POST, false),
    many(500, () => frame(FrameType.Data, Flag.Padded, 1, [3, 0, 0, 0])),
  ),
  fatal(
    "a flood of empty CONTINUATION",
    "ENHANCE_YOUR_CALM",
    frame(FrameType.Headers, 0, 1, block(GET)),
    many(100, () => frame(FrameType.Continuation, 0, 1)),
  ),
  fatal(
    "a header block that does not end",
    "ENHANCE_YOUR_CALM",
    frame(FrameType.Headers, 0, 1, block(GET)),
    many(10, () => frame(FrameType.Continuation, 0, 1, new Uint8Array(16000).fill(0x82))),
  ),
  fatal(
    "a flood of malformed requests",
    "ENHANCE_YOUR_CALM",
    many(300, (n) => headers(n * 2 + 1, without(":path"))),
  ),
  fatal(
    "a flood of streams beyond the limit",
    "ENHANCE_YOUR_CALM",
    many(1500, (n) => headers(n * 2 + 1, GET)),
  ),
  fails(
    "one stream more than the limit",
    "REFUSED_STREAM",
    many(101, (n) => headers(n * 2 + 1, GET)),
  ),

  // HPACK
  fatal(
    "a reference to no entry",
    "COMPRESSION_ERROR",
    frame(FrameType.Headers, 5, 1, [0xff, 0x7f]),
  ),
  fatal("index 0", "COMPRESSION_ERROR", frame(FrameType.Headers, 5, 1, [0x80])),
  fatal(
    "a table larger than was offered",
    "COMPRESSION_ERROR",
    frame(FrameType.Headers, 5, 1, [0x3f, 0xff, 0x7f]),
  ),
  fatal(
    "a table size update behind a field",
    "COMPRESSION_ERROR",
    frame(FrameType.Headers, 5, 1, [0x82, 0x20]),
  ),
  fatal(
    "a string that is cut off",
    "COMPRESSION_ERROR",
    frame(FrameType.Headers, 5, 1, [0x40, 9, 97]),
  ),
  fatal(
    "an integer without end",
    "COMPRESSION_ERROR",
    frame(FrameType.Headers, 5, 1, new Uint8Array(32).fill(0xff)),
  ),
  fatal(
    "EOS inside a Huffman string",
    "COMPRESSION_ERROR",
    frame(FrameType.Headers, 5, 1, [0x40, 1, 97, 0x84, 255, 255, 255, 255]),
  ),
  {
    name: "an HPACK bomb",
    bytes: frame(FrameType.Headers, 5, 1, BOMB),
    scope: "answer",
    code: "431",
  },
  {
    name: "a header list over the limit",
    bytes: headers(1, [
      ...GET,
      ...Array.from({ length: 300 }, (_, n) => [`x-${n}`, "v".repeat(20)] as const),
    ]),
    scope: "answer",
    code: "431",
  },

  // Frames and their order
  fatal("no SETTINGS first", "PROTOCOL_ERROR", headers(1, GET)),
  fatal("DATA on stream 0", "PROTOCOL_ERROR", data(0, "x")),
  fatal("HEADERS on stream 0", "PROTOCOL_ERROR", headers(0, GET)),
  fatal("SETTINGS on a stream", "PROTOCOL_ERROR", frame(FrameType.Settings, 0, 1)),
  fatal("PING on a stream", "PROTOCOL_ERROR", frame(FrameType.Ping, 0, 1, new Uint8Array(8))),
  fatal("a stream with an even number", "PROTOCOL_ERROR", headers(2, GET)),
  fatal("DATA on a stream that is idle", "PROTOCOL_ERROR", data(1, "x")),
  fatal("RST_STREAM on a stream that is idle", "PROTOCOL_ERROR", rst(1)),
  fatal("WINDOW_UPDATE on a stream that is idle", "PROTOCOL_ERROR", windowUpdate(1, 1)),
  fatal(
    "PUSH_PROMISE from a client",
    "PROTOCOL_ERROR",
    frame(FrameType.PushPromise, 4, 1, [0, 0, 0, 2]),
  ),
  fatal("CONTINUATION without HEADERS", "PROTOCOL_ERROR", frame(FrameType.Continuation, 4, 1)),
  fatal(
    "a frame inside a header block",
    "PROTOCOL_ERROR",
    frame(FrameType.Headers, 0, 1, block(GET)),
    frame(FrameType.Ping, 0, 0, new Uint8Array(8)),
  ),
  fatal(
    "CONTINUATION of another stream",
    "PROTOCOL_ERROR",
    frame(FrameType.Headers, 0, 1, block(GET)),
    frame(FrameType.Continuation, 4, 3),
  ),
  fatal("PING of 7 bytes", "FRAME_SIZE_ERROR", frame(FrameType.Ping, 0, 0, new Uint8Array(7))),
  fatal(
    "SETTINGS of 5 bytes",
    "FRAME_SIZE_ERROR",
    frame(FrameType.Settings, 0, 0, new Uint8Array(5)),
  ),
  fatal(
    "an ack of SETTINGS with content",
    "FRAME_SIZE_ERROR",
    frame(FrameType.Settings, 1, 0, new Uint8Array(6)),
  ),
  fatal(
    "RST_STREAM of 3 bytes",
    "FRAME_SIZE_ERROR",
    headers(1, GET),
    frame(FrameType.RstStream, 0, 1, [0, 0, 0]),
  ),
  fatal(
    "WINDOW_UPDATE of 3 bytes",
    "FRAME_SIZE_ERROR",
    frame(FrameType.WindowUpdate, 0, 0, [0, 0, 0]),
  ),
  fatal("GOAWAY of 7 bytes", "FRAME_SIZE_ERROR", frame(FrameType.Goaway, 0, 0, new Uint8Array(7))),
  fatal(
    "a frame larger than was agreed on",
    "FRAME_SIZE_ERROR",
    headers(1, POST, false),
    data(1, new Uint8Array(16385)),
  ),
  fatal(
    "more padding than payload",
    "PROTOCOL_ERROR",
    headers(1, POST, false),
    frame(FrameType.Data, Flag.Padded, 1, [9, 0, 0]),
  ),
  fatal(
    "more padding than a header block",
    "PROTOCOL_ERROR",
    frame(FrameType.Headers, Flag.Padded | 5, 1, [200, 0x82]),
  ),
  fails("HEADERS behind the end", "STREAM_CLOSED", headers(1, GET), headers(1, GET)),
  fails("DATA behind the end", "STREAM_CLOSED", headers(1, GET), data(1, "x")),

  // Settings and windows
  fatal("a push that is enabled by 2", "PROTOCOL_ERROR", settings([2, 2])),
  fatal("an initial window beyond 2^31-1", "FLOW_CONTROL_ERROR", settings([4, 2 ** 31])),
  fatal("a frame size below 16384", "PROTOCOL_ERROR", settings([5, 16383])),
  fatal("WINDOW_UPDATE of 0 on the connection", "PROTOCOL_ERROR", windowUpdate(0, 0)),
  fails("WINDOW_UPDATE of 0 on a stream", "PROTOCOL_ERROR", headers(1, GET), windowUpdate(1, 0)),
  fatal(
    "a window of the connection beyond 2^31-1",
    "FLOW_CONTROL_ERROR",
    windowUpdate(0, 2 ** 31 - 1),
  ),
  fails(
    "a window of a stream beyond 2^31-1",
    "FLOW_CONTROL_ERROR",
    headers(1, GET),
    windowUpdate(1, 2 ** 31 - 1),
  ),
  fatal(
    "an initial window that makes a stream's too large",
    "FLOW_CONTROL_ERROR",
    headers(1, GET),
    windowUpdate(1, 1000),
    settings([4, 2 ** 31 - 1]),
  ),

  // Heads that would be smuggled into HTTP/1
  malformed("LF in a value", [...GET, ["x", "a\nhost: evil"]]),
  malformed("CR LF in a value", [...GET, ["x", "a\r\nx: y"]]),
  malformed("NUL in a value", [...GET, ["x", "a\0b"]]),
  malformed("a space before a value", [...GET, ["x", " a"]]),
  malformed("a tab behind a value", [...GET, ["x", "a\t"]]),
  malformed("a colon in a name", [...GET, ["x:y", "a"]]),
  malformed("a space in a name", [...GET, ["x y", "a"]]),
  malformed("CR LF in a name", [...GET, ["x\r\nhost", "a"]]),
  malformed("an empty name", [...GET, ["", "a"]]),
  malformed("a name in upper case", [...GET, ["X-Case", "a"]]),
  malformed("Transfer-Encoding", [...POST, ["transfer-encoding", "chunked"]], false),
  malformed("Connection", [...GET, ["connection", "close"]]),
  malformed("Keep-Alive", [...GET, ["keep-alive", "1"]]),
  malformed("Proxy-Connection", [...GET, ["proxy-connection", "close"]]),
  malformed("Upgrade", [...GET, ["upgrade", "websocket"]]),
  malformed("TE other than trailers", [...GET, ["te", "gzip"]]),
  malformed("a space in :path", replaced(":path", "/a HTTP/1.1")),
  malformed("CR LF in :path", replaced(":path", "/ HTTP/1.1\r\nx: y")),
  malformed("a fragment in :path", replaced(":path", "/a#b")),
  malformed("an absolute URL in :path", replaced(":path", "http://evil/")),
  malformed("an empty :path", replaced(":path", "")),
  malformed("':path *' without OPTIONS", replaced(":path", "*")),
  malformed("a space in :method", replaced(":method", "GET /evil")),
  malformed("an empty :method", replaced(":method", "")),
  malformed("CR LF in :authority", replaced(":authority", "a\r\nx: y")),
  malformed("user information in :authority", replaced(":authority", "user@host")),
  malformed("a slash in :authority", replaced(":authority", "a/b")),
  malformed("a colon in :scheme", replaced(":scheme", "http://x/?")),
  malformed("a host that contradicts :authority", [...GET, ["host", "evil.example"]]),
  malformed("two hosts", [...without(":authority"), ["host", "a"], ["host", "b"]]),
  malformed("no :method", without(":method")),
  malformed("no :scheme", without(":scheme")),
  malformed("no :path", without(":path")),
  malformed("two :path", [...GET, [":path", "/b"]]),
  malformed("two :method", [...GET, [":method", "PUT"]]),
  malformed("a pseudo-header of responses", [...GET, [":status", "200"]]),
  malformed("an unknown pseudo-header", [...GET, [":evil", "1"]]),
  malformed("a pseudo-header behind a field", [GET[0], ["x", "y"], ...GET.slice(1)]),
  malformed("CONNECT with :path", replaced(":method", "CONNECT")),
  malformed("CONNECT without a port", [[":method", "CONNECT"], [":authority", "host"]]),
  malformed(":protocol without CONNECT", [...GET, [":protocol", "websocket"]]),
  malformed("a Content-Length that is no number", [...POST, ["content-length", "1x"]], false),
  malformed("a Content-Length with a sign", [...POST, ["content-length", "+1"]], false),
  malformed("a list in Content-Length", [...POST, ["content-length", "1, 1"]], false),
  malformed(
    "two Content-Length",
    [...POST, ["content-length", "1"], ["content-length", "2"]],
    false,
  ),
  malformed("a Content-Length without a body", [...POST, ["content-length", "1"]]),
  fails(
    "a body longer than its Content-Length",
    "PROTOCOL_ERROR",
    headers(1, [...POST, ["content-length", "1"]], false),
    data(1, "xy", true),
  ),
  fails(
    "a body shorter than its Content-Length",
    "PROTOCOL_ERROR",
    headers(1, [...POST, ["content-length", "3"]], false),
    data(1, "xy", true),
  ),
  fails(
    "trailers that do not end the stream",
    "PROTOCOL_ERROR",
    headers(1, POST, false),
    headers(1, [["x", "y"]], false),
  ),
  fails(
    "a pseudo-header in trailers",
    "PROTOCOL_ERROR",
    headers(1, POST, false),
    headers(1, [[":path", "/"]]),
  ),
  fails(
    "Content-Length in trailers",
    "PROTOCOL_ERROR",
    headers(1, POST, false),
    headers(1, [["content-length", "5"]]),
  ),
  fails(
    "CR LF in trailers",
    "PROTOCOL_ERROR",
    headers(1, POST, false),
    headers(1, [["x", "a\r\n\r\nGET / HTTP/1.1"]]),
  ),
];
