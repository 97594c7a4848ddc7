import assert from "node:assert/strict";
import { negotiate } from "../../lib/compression/negotiate.ts";
import type { CompressionAlgorithm } from "../../lib/config/model_compression.ts";

const CASES: readonly [
  header: string | undefined,
  offered: string,
  chosen: CompressionAlgorithm | undefined,
][] = [
  [undefined, "gzip", undefined],
  ["", "gzip", undefined],
  ["gzip", "gzip", "gzip"],
  ["GZIP", "gzip", "gzip"],
  ["x-gzip", "gzip", "gzip"],
  ["deflate", "gzip", undefined],
  ["deflate, gzip", "gzip deflate", "deflate"],
  ["gzip, deflate", "deflate gzip", "gzip"],
  ["deflate", "raw-deflate deflate", "raw-deflate"],
  ["gzip;q=0.4, deflate;q=0.8", "gzip deflate", "deflate"],
  ["gzip;q=0", "gzip", undefined],
  ["gzip; Q=0.000", "gzip", undefined],
  ["gzip;q=1.001", "gzip", undefined],
  ["gzip;q=nonsense", "gzip", undefined],
  ["*", "br gzip", "br"],
  ["*;q=0", "gzip", undefined],
  ["gzip;q=0, *", "gzip deflate", "deflate"],
  ["gzip;q=0, *", "gzip", undefined],
  ["identity, gzip;q=0.5", "gzip", undefined],
  ["identity;q=0.5, gzip", "gzip", "gzip"],
  ["br, gzip", "gzip", "gzip"],
  ["gzip, br;q=1.0", "br gzip", "gzip"],
  [undefined, "identity", "identity"],
  ["gzip", "identity", "identity"],
  [" , gzip ,, ", "gzip", "gzip"],
  ["gzip".padEnd(2000, ","), "gzip", undefined],
];

for (const [header, offered, chosen] of CASES) {
  const shown = header === undefined ? "no header" : `'${header.slice(0, 40)}'`;
  Deno.test(`compression: ${shown} with ${offered} chooses ${chosen ?? "nothing"}`, () => {
    assert.equal(negotiate(header, offered.split(" ") as CompressionAlgorithm[]), chosen);
  });
}
