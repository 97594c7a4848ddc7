/**
 * Errors of the HTTP/2 codec. Two families that must not be mixed up:
 * - `H2Error`: the peer did something wrong. It is a value, never thrown; it knows its code and its scope.
 * - `H2Misuse`: sluice itself called the codec wrongly. It is thrown, and it is a bug.
 */
import { errorName } from "./codes.ts";

/** RFC 9113 section 5.4: the connection is of no more use, or one stream of it is not. */
export type ErrorScope = "connection" | "stream";

/** The peer's error. */
export class H2Error {
  constructor(
    readonly scope: ErrorScope,
    /** RFC 9113 section 7 */
    readonly code: number,
    /** one plain English sentence without the peer's bytes */
    readonly message: string,
  ) {}

  /** For logs: `PROTOCOL_ERROR (stream): a field name in upper case`. */
  toString(): string {
    return `${errorName(this.code)} (${this.scope}): ${this.message}`;
  }
}

export function connectionError(code: number, message: string): H2Error {
  return new H2Error("connection", code, message);
}

export function streamError(code: number, message: string): H2Error {
  return new H2Error("stream", code, message);
}

/** A bug of the caller. */
export class H2Misuse extends Error {
  override readonly name = "H2Misuse";
}
