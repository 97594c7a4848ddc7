/** What was captured of a message (manual 7.3.6 `capture.*`): it is there until the end of the stream. */
import type { Head } from "../../http1/head.ts";
import type { StreamView } from "../context.ts";
import type { ArgSpec, FetchRow } from "../rows.ts";
import { pathqOf } from "../target.ts";

const SECTION = "7.3.6";

const INDEX: readonly ArgSpec[] = [
  { name: "idx", type: "int", check: (v) => Number(v) >= 0 ? undefined : "0 or more" },
];

/** The request line as it came: method, target. */
function received({ text, received: { secondStart, secondEnd } }: Head) {
  return { method: text.slice(0, text.indexOf(" ")), target: text.slice(secondStart, secondEnd) };
}

const version = (head: Head | undefined) =>
  head && (head.received.version >= 11 ? "HTTP/1.1" : "HTTP/1.0");

function row(
  base: Pick<FetchRow, "name" | "needs" | "doc">,
  read: (stream: StreamView) => string | undefined,
): FetchRow {
  return { ...base, args: [], type: "str", section: SECTION, make: () => read };
}

export const CAPTURE_FETCHES: readonly FetchRow[] = [
  {
    name: "capture.req.hdr",
    args: INDEX,
    type: "str",
    needs: "requestKept",
    doc: "what `capture request header` number idx (from 0) captured",
    section: SECTION,
    make: ([idx]) => (stream) => stream.capturedRequestHeaders[idx as number],
  },
  row(
    { name: "capture.req.method", needs: "requestKept", doc: "the method as it was received" },
    ({ request }) => request && received(request).method.trimStart(),
  ),
  row(
    {
      name: "capture.req.uri",
      needs: "requestKept",
      doc: "path and query as they were received",
    },
    ({ request }) => request && pathqOf(received(request).target),
  ),
  row(
    { name: "capture.req.ver", needs: "requestKept", doc: 'the request\'s version: "HTTP/1.1"' },
    ({ request }) => version(request),
  ),
  {
    name: "capture.res.hdr",
    args: INDEX,
    type: "str",
    needs: "responseKept",
    doc: "what `capture response header` number idx (from 0) captured",
    section: SECTION,
    make: ([idx]) => (stream) => stream.capturedResponseHeaders[idx as number],
  },
  row(
    { name: "capture.res.ver", needs: "responseKept", doc: 'the response\'s version: "HTTP/1.1"' },
    ({ response }) => version(response),
  ),
];
