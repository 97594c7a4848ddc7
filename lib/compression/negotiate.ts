/** Which coding a client takes (RFC 9110 section 12.5.3), among those that the configuration offers. */
import type { CompressionAlgorithm } from "../config/model_compression.ts";

/** Content codings by algorithm: both kinds of deflate are called the same. */
export const CODINGS: Readonly<Record<CompressionAlgorithm, string>> = {
  gzip: "gzip",
  deflate: "deflate",
  "raw-deflate": "deflate",
  br: "br",
  identity: "identity",
};

/** Longest field that is looked at: no client has so much to say. */
const MAX_LENGTH = 1024;

/** `gzip;q=0.5` in thousandths; a weight that is none counts as 0. */
function weightOf(params: readonly string[]): number {
  for (const param of params) {
    const match = /^\s*q\s*=\s*(.*)$/i.exec(param);
    if (match === null) continue;
    return /^(0(\.\d{0,3})?|1(\.0{0,3})?)\s*$/.test(match[1])
      ? Math.round(Number(match[1]) * 1000)
      : 0;
  }
  return 1000;
}

/**
 * The algorithm with the largest weight; among equals the one that the client names first, as HAProxy does. A `*`
 * stands for what is not named. Undefined: none, or the client likes it best as it is.
 */
export function negotiate(
  acceptEncoding: string | undefined,
  offered: readonly CompressionAlgorithm[],
): CompressionAlgorithm | undefined {
  // What changes nothing needs nobody's consent.
  const fallback = offered.includes("identity") ? "identity" : undefined;
  if (acceptEncoding === undefined || acceptEncoding.length > MAX_LENGTH) return fallback;
  const tokens = acceptEncoding.toLowerCase().split(",").map((part) => {
    const [name, ...params] = part.split(";");
    const coding = name.trim();
    return { coding: coding === "x-gzip" ? "gzip" : coding, weight: weightOf(params) };
  }).filter(({ coding }) => coding !== "");
  const named = new Set(tokens.map(({ coding }) => coding));
  let best: CompressionAlgorithm | undefined;
  let bestWeight = 0;
  for (const { coding, weight } of tokens) {
    if (weight <= bestWeight) continue;
    const algorithm = offered.find((each) =>
      coding === "*" ? !named.has(CODINGS[each]) : CODINGS[each] === coding
    );
    if (algorithm === undefined) {
      // `identity` may be liked better than all that is offered.
      if (coding === "identity") {
        best = undefined;
        bestWeight = weight;
      }
      continue;
    }
    best = algorithm;
    bestWeight = weight;
  }
  return best ?? fallback;
}
