/**
 * Fuzzing of the headers that connections may begin with: whatever comes, the reader answers; what it takes ends
 * within what was given, and the same bytes in two pieces are the same header.
 */
import assert from "node:assert/strict";
import { parseNetscalerCip } from "../../../lib/net/proxy_protocol/netscaler.ts";
import { parseProxyHeader } from "../../../lib/net/proxy_protocol/parse.ts";
import { writeV1, writeV2 } from "../../../lib/net/proxy_protocol/write.ts";
import { Random } from "../../support/random.ts";

const LIMIT = 600;

function bytesOf(r: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => r.below(256));
}

function header(r: Random): Uint8Array {
  const port = () => r.below(65536);
  const host = r.below(2) === 0
    ? () => `${r.below(256)}.${r.below(256)}.0.1`
    : () => `2001:db8::${r.below(65536).toString(16)}`;
  const address = () => {
    const text = host();
    return { family: text.includes(":") ? 6 : 4, host: text, port: port() } as const;
  };
  const ends = { source: address(), destination: address() };
  if (r.below(2) === 0) return writeV1(ends);
  const tlvs = Array.from(
    { length: r.below(4) },
    () => ({ type: r.below(256), value: bytesOf(r, r.below(40)) }),
  );
  return writeV2(r.below(4) === 0 ? undefined : ends, tlvs, r.below(2) === 0);
}

function mutate(bytes: Uint8Array, r: Random): Uint8Array {
  const list = [...bytes];
  for (let n = r.below(4); n > 0; n--) {
    const at = r.below(list.length);
    if (r.below(3) === 0) list.splice(at, r.below(4));
    else if (r.below(2) === 0) list.splice(at, 0, r.below(256));
    else list[at] = r.below(256);
    if (list.length === 0) list.push(r.below(256));
  }
  return Uint8Array.from(list);
}

/** Fuzzes `rounds` headers; throws an error that holds the bytes when one of them breaks a law. */
export function fuzzProxyProtocol(rounds: number, seed: number): void {
  const r = new Random(seed);
  for (let n = 0; n < rounds; n++) {
    const bytes = mutate(header(r), r);
    const result = parseProxyHeader(bytes, 0, bytes.length, LIMIT);
    if (typeof result === "object") {
      assert.ok(result.end > 0 && result.end <= bytes.length, `end ${result.end} of ${bytes}`);
      // Elsewhere in a buffer, and with more behind it, it is the same.
      const moved = new Uint8Array(bytes.length + 7);
      moved.set(bytes, 3);
      const again = parseProxyHeader(moved, 3, moved.length, LIMIT);
      assert.deepEqual(again, { header: result.header, end: result.end + 3 }, `${bytes}`);
      for (let length = 0; length < result.end; length++) {
        const part = parseProxyHeader(bytes, 0, length, LIMIT);
        assert.equal(part, undefined, `${length} bytes of ${bytes}`);
      }
    }
    const magic = bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
    const cip = parseNetscalerCip(bytes, 0, bytes.length, magic >>> 0, LIMIT);
    if (typeof cip === "object") assert.ok(cip.end <= bytes.length, `${bytes}`);
  }
}
