/** Reading whole messages with the codec: for the table, the fuzzer and tests that need a Head. */
import { BodyReader } from "../../lib/http1/body.ts";
import { bytesOfLatin1, latin1 } from "../../lib/http1/bytes.ts";
import type { Http1Error } from "../../lib/http1/error.ts";
import { findHeadEnd, skipEmptyLines } from "../../lib/http1/find_end.ts";
import { Head } from "../../lib/http1/head.ts";
import type { ParseOptions } from "../../lib/http1/parse_fields.ts";
import { findRequestEnd, parseRequest } from "../../lib/http1/parse_request.ts";
import { parseResponse } from "../../lib/http1/parse_response.ts";

/** What came of reading one message. */
export interface Result {
  /** undefined: the head has not ended */
  readonly head: Head | undefined;
  readonly error: Http1Error | undefined;
  /** content without chunk framing */
  readonly content: string;
  /** the whole message was seen */
  readonly done: boolean;
  /** position after the message, or after all bytes */
  readonly end: number;
}

export interface ReadOptions extends ParseOptions {
  readonly kind: "request" | "response";
  /** method of the request, for responses */
  readonly method: string;
}

export const REQUEST: ReadOptions = {
  kind: "request",
  method: "",
  maxhdr: 101,
  acceptInvalid: false,
};

/** Reads one message that arrives in pieces which end at `cuts` (ascending) and at `to`; `eof`: then the peer ends. */
export function readMessage(
  bytes: Uint8Array,
  from: number,
  to: number,
  cuts: readonly number[],
  options: ReadOptions,
  eof = true,
): Result {
  const head = new Head(options.kind);
  const body = new BodyReader();
  const request = options.kind === "request";
  let content = "";
  let start = from;
  let scanned = from;
  let headEnd = -1;
  let at = from;
  const onData = (a: number, b: number) => content += latin1(bytes, a, b);
  const result = (error: Http1Error | undefined): Result => ({
    head: headEnd < 0 ? undefined : head,
    error,
    content,
    done: headEnd >= 0 && body.done,
    end: at,
  });
  for (const cut of [...cuts, to]) {
    if (headEnd < 0) {
      const first = skipEmptyLines(bytes, start, cut);
      if (first !== start) scanned = start = first;
      const end = request
        ? findRequestEnd(bytes, start, scanned, cut, options)
        : findHeadEnd(bytes, start, scanned, cut);
      scanned = cut;
      if (end < 0) continue;
      at = headEnd = end;
      const error = request
        ? parseRequest(head, bytes, start, end, options)
        : parseResponse(head, bytes, start, end, options.method, options);
      if (error !== 0) return result(error);
      body.begin(head);
    }
    const next = body.consume(bytes, at, cut, onData);
    if (next < 0) return result(body.error);
    at = next;
    if (body.done) return result(undefined);
  }
  if (headEnd >= 0 && eof) {
    const error = body.finish();
    return result(error === 0 ? undefined : error);
  }
  return result(undefined);
}

/** A parsed request head, for tests of the layers above. */
export function requestHead(text: string, options: ParseOptions = REQUEST): Head {
  const bytes = bytesOfLatin1(text);
  const { head, error } = readMessage(
    bytes,
    0,
    bytes.length,
    [],
    { ...REQUEST, ...options },
    false,
  );
  if (head === undefined || error !== undefined) throw new Error(error?.message ?? "no whole head");
  return head;
}

/** A parsed response head. */
export function responseHead(text: string, method = "GET"): Head {
  const bytes = bytesOfLatin1(text);
  const options: ReadOptions = { ...REQUEST, kind: "response", method };
  const { head, error } = readMessage(bytes, 0, bytes.length, [], options, false);
  if (head === undefined || error !== undefined) throw new Error(error?.message ?? "no whole head");
  return head;
}
