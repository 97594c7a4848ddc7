/** The answers that the proxy gives itself when a request fails: one place for all of them (manual errorfile). */
import type { ErrorFileConfig } from "../config/model.ts";
import { Head } from "../http1/head.ts";
import { findHeadEnd } from "../http1/find_end.ts";
import { DEFAULT_PARSE_OPTIONS } from "../http1/parse_fields.ts";
import { parseResponse } from "../http1/parse_response.ts";
import { errorPage } from "../http1/reply.ts";
import { NO_BODY, type Reply } from "./reply.ts";
import type { Stream } from "./stream.ts";

/** A whole answer (status line, fields, body), or what makes it for a stream (`http-error`). */
export type CustomAnswer = Uint8Array | ((stream: Stream) => Uint8Array);

export class Answers {
  readonly #custom = new Map<number, CustomAnswer>();

  constructor(files: readonly ErrorFileConfig[]) {
    for (const file of files) this.#custom.set(file.status, file.bytes);
  }

  /** Puts an answer in place of the built-in page; while the Generation is provisioned. */
  set(status: number, answer: CustomAnswer): void {
    this.#custom.set(status, answer);
  }

  /** Whether the configuration has an answer for `status`. */
  has(status: number): boolean {
    return this.#custom.has(status);
  }

  /**
   * The bytes that are sent for `status` where no rules and no edits apply (the request was not readable). Without
   * a stream an answer that is made for one cannot be made: then the built-in page is sent.
   */
  bytes(status: number, stream: Stream | undefined): Uint8Array {
    const answer = this.#custom.get(status);
    if (typeof answer !== "function") return answer ?? errorPage(status);
    return stream === undefined ? errorPage(status) : answer(stream);
  }

  /** The answer for `status` on its way through the response rules. */
  reply(status: number, stream: Stream): Reply {
    const bytes = this.bytes(status, stream);
    const page = replyFromBytes(bytes) ?? replyFromBytes(errorPage(status))!;
    return bytes.length === 0 ? { ...page, silent: true } : page;
  }
}

/** Makes a Reply of a whole HTTP/1 response; undefined when it is none. */
export function replyFromBytes(bytes: Uint8Array): Reply | undefined {
  const end = findHeadEnd(bytes, 0, 0, bytes.length);
  if (end < 0) return undefined;
  const head = new Head();
  // A copy, because reading a head may change an obsolete line folding in place.
  const own = bytes.slice(0, end);
  if (parseResponse(head, own, 0, end, "GET", DEFAULT_PARSE_OPTIONS) !== 0) return undefined;
  const body = end === bytes.length ? NO_BODY : bytes.subarray(end);
  return { head, upstream: undefined, body };
}
