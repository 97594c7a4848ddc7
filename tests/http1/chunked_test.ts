import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { bytesOfLatin1, latin1 } from "../../lib/http1/bytes.ts";
import { ChunkedDecoder, encodeChunkHeader, LAST_CHUNK } from "../../lib/http1/chunked.ts";

Deno.test("data, sizes and the end are found, and what follows is left alone", () => {
  const bytes = bytesOfLatin1("3\r\nabc\r\n1;x=y\r\nd\r\n0\r\nA: b\r\n\r\nGET /");
  const decoder = new ChunkedDecoder();
  decoder.reset();
  let data = "";
  equal(
    decoder.feed(bytes, 0, bytes.length, (a, b) => data += latin1(bytes, a, b)),
    bytes.length - 5,
  );
  deepEqual([data, decoder.done, decoder.dataBytes], ["abcd", true, 4]);
  equal(decoder.rawBytes, bytes.length - 5);
  equal(decoder.feed(bytes, bytes.length - 5, bytes.length), bytes.length - 5);
});

Deno.test("an encoded message is decoded to the same, in any pieces", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 6 }),
      fc.integer({ min: 1, max: 40 }),
      (chunks, step) => {
        const out = new Uint8Array(4096);
        let at = 0;
        for (const chunk of chunks) {
          at = encodeChunkHeader(out, at, chunk.length);
          out.set(chunk, at);
          at += chunk.length;
          out[at++] = 13;
          out[at++] = 10;
        }
        out.set(LAST_CHUNK, at);
        at += LAST_CHUNK.length;
        const decoder = new ChunkedDecoder();
        decoder.reset();
        const got: number[] = [];
        for (let from = 0; from < at; from += step) {
          const to = Math.min(at, from + step);
          equal(decoder.feed(out, from, to, (a, b) => got.push(...out.subarray(a, b))), to);
        }
        equal(decoder.done, true);
        deepEqual(got, chunks.flatMap((chunk) => [...chunk]));
      },
    ),
    { seed: 11, numRuns: 300 },
  );
});

Deno.test("sizes up to 2^52 are written and read, larger ones refused", () => {
  const out = new Uint8Array(32);
  for (const size of [1, 15, 16, 255, 4096, 2 ** 31, 2 ** 32 + 5, 2 ** 52]) {
    const end = encodeChunkHeader(out, 0, size);
    equal(latin1(out, 0, end), size.toString(16) + "\r\n");
    const decoder = new ChunkedDecoder();
    decoder.reset();
    equal(decoder.feed(out, 0, end), end);
    equal(decoder.remaining, size);
  }
  const decoder = new ChunkedDecoder();
  decoder.reset(502);
  const large = bytesOfLatin1("10000000000001\r\n");
  equal(decoder.feed(large, 0, large.length), -1);
  ok(decoder.error);
  deepEqual([decoder.error.status, decoder.error.code, decoder.error.position], [
    502,
    "chunk-size",
    13,
  ]);
  equal(decoder.feed(large, 0, large.length), -1, "an error stays");
});

Deno.test("extensions, trailer fields and trailer bytes are bounded", () => {
  const refused = (text: string) => {
    const decoder = new ChunkedDecoder();
    decoder.reset();
    const bytes = bytesOfLatin1(text);
    return decoder.feed(bytes, 0, bytes.length) === -1 ? decoder.error?.code : undefined;
  };
  equal(refused(`1;${"a".repeat(1023)}\r\n`), undefined);
  equal(refused(`1;${"a".repeat(1024)}\r\n`), "chunk-extension");
  equal(refused(`1;${"a".repeat(999)}\r\nx\r\n`.repeat(17)), "chunk-extension");
  equal(refused("0\r\n" + "A: b\r\n".repeat(64) + "\r\n"), undefined);
  equal(refused("0\r\n" + "A: b\r\n".repeat(65) + "\r\n"), "trailer");
  equal(refused("0\r\nA: " + "b".repeat(8180) + "\r\n\r\n"), undefined);
  equal(refused("0\r\nA: " + "b".repeat(8192) + "\r\n\r\n"), "trailer");
});
