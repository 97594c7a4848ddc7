/** Config of compression (manual 4.2 `compression`). */

/** As the configuration names them; `deflate` is zlib's format, `raw-deflate` the bare one. */
export const COMPRESSION_ALGORITHMS = [
  "gzip",
  "deflate",
  "raw-deflate",
  "identity",
  "br",
] as const;

export type CompressionAlgorithm = typeof COMPRESSION_ALGORITHMS[number];

export const COMPRESSION_DIRECTIONS = ["request", "response", "both"] as const;

export type CompressionDirection = typeof COMPRESSION_DIRECTIONS[number];

/** What of one direction is compressed. */
export interface CompressionChoice {
  /** beginnings of media types, in lower case; empty: every type */
  readonly types: readonly string[];
  /** bytes below which a body of known length stays as it is */
  readonly minSize: number;
}

export interface CompressionConfig extends CompressionChoice {
  readonly direction: CompressionDirection;
  /** of answers, in the order of preference */
  readonly algorithms: readonly CompressionAlgorithm[];
  /** servers are not told that the client takes compressed answers */
  readonly offload: boolean;
  readonly requests: CompressionChoice & { readonly algorithm?: CompressionAlgorithm };
}

export const NO_COMPRESSION: CompressionConfig = {
  direction: "response",
  algorithms: [],
  types: [],
  offload: false,
  minSize: 0,
  requests: { types: [], minSize: 0 },
};
