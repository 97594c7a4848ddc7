/** What is there of the bodies when a rule runs (manual 7.3.6 `req.body` …, `res.body` …). */
import type { Head } from "../../http1/head.ts";
import type { Content, StreamView } from "../context.ts";
import type { FetchRow, Need, Scan } from "../rows.ts";
import type { Value } from "../sample.ts";
import { forEachParam } from "./url_param.ts";

type ContentOf = (stream: StreamView) => Content | undefined;

const requestBody: ContentOf = (stream) => stream.requestBody?.();

/** In a health check it is what the server has answered. */
const responseBody: ContentOf = (stream) =>
  stream.answer === undefined ? stream.responseBody?.() : { text: stream.answer, complete: false };

function rows(
  prefix: string,
  needs: Need,
  what: string,
  contentOf: ContentOf,
  headOf: (stream: StreamView) => Head | undefined,
): FetchRow[] {
  const row = (
    base: Pick<FetchRow, "name" | "type" | "doc">,
    read: (content: Content, stream: StreamView) => Value | undefined,
  ): FetchRow => ({
    args: [],
    needs,
    section: "7.3.6",
    ...base,
    make: () => (stream) => {
      const content = contentOf(stream);
      return content && read(content, stream);
    },
  });
  return [
    row(
      { name: `${prefix}.body`, type: "bin", doc: `what is there of the ${what}'s body` },
      ({ text }) => text,
    ),
    row(
      {
        name: `${prefix}.body_len`,
        type: "sint",
        doc: `bytes of the ${what}'s body that are there`,
      },
      ({ text }) => text.length,
    ),
    row(
      {
        name: `${prefix}.body_size`,
        type: "sint",
        doc: `the length that the ${what} announces; bytes that are there when it is chunked`,
      },
      ({ text }, stream) => {
        const head = headOf(stream);
        return head?.framing === "length" ? head.contentLength : text.length;
      },
    ),
  ];
}

/** Parameters of a body that is url-encoded are found as in a query. */
const asQuery = (stream: StreamView) => `&${requestBody(stream)?.text ?? ""}`;

const BODY_PARAM: FetchRow = {
  name: "req.body_param",
  args: [{ name: "name", type: "str", optional: true }],
  type: "bin",
  needs: "request",
  doc: "the first value of a parameter in a url-encoded body, not decoded",
  section: "7.3.6",
  make: ([name]) => (stream) => {
    let found: string | undefined;
    forEachParam(asQuery(stream), name as string | undefined, "&", (value) => {
      found = value;
      return true;
    });
    return found;
  },
  scan: ([name]): Scan => (stream, visit) => {
    let matched = false;
    forEachParam(asQuery(stream), name as string | undefined, "&", (text) => {
      const answer = visit(text, stream);
      matched = answer === 1;
      return answer !== 0;
    });
    return matched;
  },
};

export const BODY_FETCHES: readonly FetchRow[] = [
  ...rows("req", "request", "request", requestBody, (stream) => stream.request),
  BODY_PARAM,
  ...rows(
    "res",
    "response",
    "response",
    responseBody,
    (stream) => stream.response,
  ),
];
