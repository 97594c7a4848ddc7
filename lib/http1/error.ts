/**
 * Errors of the HTTP/1 codec. Two families that must not be mixed up:
 * - `Http1Error`: the peer sent something wrong. It is a value, never thrown; it knows the status it causes.
 * - `Http1Misuse`: sluice itself called the codec wrongly. It is thrown, and it is a bug.
 */

/** What was wrong, as a word for logs and tests. */
export type Http1ErrorCode =
  | "method"
  | "target"
  | "version"
  | "http09"
  | "h2-preface"
  | "start-line"
  | "status"
  | "line-end"
  | "field-name"
  | "field-value"
  | "field-space"
  | "too-many-fields"
  | "too-large"
  | "host"
  | "websocket"
  | "content-length"
  | "transfer-encoding"
  | "payload"
  | "chunk-size"
  | "chunk-extension"
  | "chunk-end"
  | "trailer"
  | "truncated";

/** The peer's error, with what `show errors` wants to know. */
export class Http1Error {
  constructor(
    /** status that the client gets: 4xx/5xx for a request, 502 for a response */
    readonly status: number,
    readonly code: Http1ErrorCode,
    /** byte offset of the offending byte from the start of the head (or of the fed bytes, for bodies) */
    readonly position: number,
    /** one plain English sentence without the peer's bytes */
    readonly message: string,
  ) {}
}

/** A bug of the caller. */
export class Http1Misuse extends Error {
  override readonly name = "Http1Misuse";
}
