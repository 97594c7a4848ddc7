import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import zlib from "node:zlib";
import { newEncoder } from "../../lib/compression/encoders.ts";
import type { CompressionAlgorithm } from "../../lib/config/model_compression.ts";
import { Random } from "../support/random.ts";

const DECODERS: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  gzip: zlib.gunzipSync,
  deflate: zlib.inflateSync,
  "raw-deflate": zlib.inflateRawSync,
  br: zlib.brotliDecompressSync,
};

async function encode(algorithm: string, pieces: readonly Uint8Array[]): Promise<Uint8Array> {
  const encoder = newEncoder(algorithm as CompressionAlgorithm, 1)!;
  const out: Uint8Array[] = [encoder.head];
  for (const piece of pieces) {
    const copy = piece.slice();
    out.push((await encoder.write(copy)).slice());
    // The caller's buffer is used again at once.
    copy.fill(0xff);
  }
  out.push((await encoder.end()).slice());
  return Buffer.concat(out);
}

for (const algorithm of Object.keys(DECODERS)) {
  Deno.test(`${algorithm}: any pieces come back as the one body that they were`, async () => {
    const random = new Random(5);
    for (let round = 0; round < 30; round++) {
      const pieces = Array.from({ length: random.below(6) }, () => {
        const bytes = new Uint8Array(random.below(random.pick([3, 300, 70_000])));
        for (let i = 0; i < bytes.length; i++) bytes[i] = random.below(round % 2 === 0 ? 256 : 4);
        return bytes;
      });
      const decoded = DECODERS[algorithm](await encode(algorithm, pieces));
      assert.ok(Buffer.concat(pieces).equals(decoded), `round ${round}`);
    }
  });

  Deno.test(`${algorithm}: what was written can be read before the end`, async () => {
    const encoder = newEncoder(algorithm as CompressionAlgorithm, 1)!;
    const piece = await encoder.write(new TextEncoder().encode("data: one\n\n"));
    const first = Buffer.concat([encoder.head, piece]);
    const flush = { finishFlush: zlib.constants.Z_SYNC_FLUSH };
    const read = {
      gzip: () => zlib.gunzipSync(first, flush),
      deflate: () => zlib.inflateSync(first, flush),
      "raw-deflate": () => zlib.inflateRawSync(first, flush),
      br: () =>
        zlib.brotliDecompressSync(first, {
          finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH,
        }),
    }[algorithm]!;
    assert.equal(new TextDecoder().decode(read()), "data: one\n\n");
    encoder.drop();
  });
}
