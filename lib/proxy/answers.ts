/** The answers that the proxy gives itself when a request fails: one place for all of them (manual errorfile). */
import type { ErrorFileConfig } from "../config/model.ts";
import { Head } from "../http1/head.ts";
import { findHeadEnd } from "../http1/find_end.ts";
import { DEFAULT_PARSE_OPTIONS } from "../http1/parse_fields.ts";
import { parseResponse } from "../http1/parse_response.ts";
import { errorPage } from "../http1/reply.ts";
import { NO_BODY, type Reply } from "./reply.ts";

export class Answers {
  readonly #files = new Map<number, Uint8Array>();

  /** Later entries win: a proxy's own after those of its defaults. */
  constructor(files: readonly ErrorFileConfig[]) {
    for (const file of files) this.#files.set(file.status, file.bytes);
  }

  /** The configured file's bytes, whole: status line, fields, body. */
  custom(status: number): Uint8Array | undefined {
    return this.#files.get(status);
  }

  /** The bytes that are sent for `status` where no rules and no edits apply (the request was not readable). */
  bytes(status: number): Uint8Array {
    return this.#files.get(status) ?? errorPage(status);
  }

  /** The answer for `status` on its way through the response rules. */
  reply(status: number): Reply {
    const bytes = this.bytes(status);
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
