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

export interface CompressionConfig {
  /** in the order of preference */
  readonly algorithms: readonly CompressionAlgorithm[];
  /** beginnings of media types, in lower case; empty: every type */
  readonly types: readonly string[];
  /** servers are not told that the client takes compressed answers */
  readonly offload: boolean;
  /** bytes below which an answer of known length stays as it is */
  readonly minSize: number;
}

export const NO_COMPRESSION: CompressionConfig = {
  algorithms: [],
  types: [],
  offload: false,
  minSize: 0,
};
