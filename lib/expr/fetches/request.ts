/** Fetches of the request line, the target's parts and the status line (manual 7.3.6). */
import type { Head } from "../../http1/head.ts";
import type { StreamView } from "../context.ts";
import type { FetchRow } from "../rows.ts";
import type { Value } from "../sample.ts";
import { pathOf, pathqOf, queryOf } from "../target.ts";

const SECTION = "7.3.6";

/** "1.1", "1.0", "0.9". */
function versionText(head: Head): string {
  return head.version === 20
    ? "2.0"
    : head.version === 11
    ? "1.1"
    : head.version === 10
    ? "1.0"
    : "0.9";
}

function hostOf(head: Head): string {
  return head.get("host") ?? head.host;
}

function requestRow(
  row: Pick<FetchRow, "name" | "type" | "doc"> & Partial<FetchRow>,
  read: (head: Head) => Value | undefined,
): FetchRow {
  return {
    args: [],
    needs: "request",
    section: SECTION,
    ...row,
    make: () => (stream: StreamView) => {
      const head = stream.request;
      return head === undefined ? undefined : read(head);
    },
  };
}

export const REQUEST_FETCHES: readonly FetchRow[] = [
  requestRow(
    { name: "method", type: "meth", needs: "requestKept", doc: "the request's method" },
    (head) => head.method,
  ),
  requestRow(
    { name: "path", type: "str", doc: "the path, without host and query", derived: ["path"] },
    (head) => pathOf(head.target),
  ),
  requestRow(
    { name: "pathq", type: "str", doc: "the path with the query, without host" },
    (head) => pathqOf(head.target),
  ),
  requestRow(
    { name: "query", type: "str", doc: "the query, without its question mark" },
    (head) => queryOf(head.target),
  ),
  requestRow(
    { name: "url", type: "str", doc: "the request target as sent", derived: ["url"] },
    (head) => head.target,
  ),
  requestRow(
    { name: "base", type: "str", doc: "the Host header followed by the path", derived: ["base"] },
    (head) => hostOf(head) + (pathOf(head.target) ?? ""),
  ),
  requestRow(
    { name: "baseq", type: "str", doc: "the Host header followed by the path and the query" },
    (head) => hostOf(head) + (pathqOf(head.target) ?? ""),
  ),
  requestRow(
    {
      name: "req.ver",
      aliases: ["req_ver"],
      type: "str",
      needs: "requestKept",
      doc: 'the request\'s HTTP version: "1.1"',
    },
    versionText,
  ),
  {
    name: "req.proto_http",
    aliases: ["req_proto_http"],
    args: [],
    type: "bool",
    needs: "request",
    doc:
      "true when the request is valid HTTP; from then on its fetches have values in mode tcp, too",
    section: "7.3.5",
    make: () => ({ request, arriving }) =>
      request !== undefined || arriving?.isHttp === true ? true : undefined,
  },
  {
    name: "http_first_req",
    args: [],
    type: "bool",
    needs: "requestKept",
    doc: "true for the first request of a connection",
    section: SECTION,
    make: () => (stream) => stream.session.requestCount <= 1,
  },
  {
    name: "status",
    args: [],
    type: "sint",
    needs: "responseKept",
    doc: "the response's status",
    section: SECTION,
    make: () => (stream) => {
      if (stream.response !== undefined) return stream.response.status;
      return stream.status < 0 ? undefined : stream.status;
    },
  },
  {
    name: "res.ver",
    aliases: ["resp_ver"],
    args: [],
    type: "str",
    needs: "responseKept",
    doc: 'the response\'s HTTP version: "1.1"',
    section: SECTION,
    make: () => (stream) => stream.response && versionText(stream.response),
  },
];
