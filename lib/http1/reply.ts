/**
 * Answers that sluice makes itself: the default error pages (manual section "errorfile": the statuses that
 * can be customized) in the layout that HAProxy's have, so that checks on status line and headers hold.
 */
import { bytesOfLatin1 } from "./bytes.ts";
import { reasonPhrase } from "./reason.ts";

interface Page {
  readonly reason: string;
  readonly text: string;
  /** the page itself says that the connection ends */
  readonly close?: boolean;
}

const PAGES: Readonly<Record<number, Page>> = {
  200: { reason: "OK", text: "This service is up." },
  400: { reason: "Bad request", text: "The request is not valid HTTP.", close: true },
  401: { reason: "Unauthorized", text: "A user name and a password are needed here." },
  403: { reason: "Forbidden", text: "This request is not allowed here." },
  404: { reason: "Not Found", text: "There is nothing at this address." },
  405: { reason: "Method Not Allowed", text: "This resource does not take this method." },
  407: { reason: "Unauthorized", text: "A user name and a password are needed for this proxy." },
  408: { reason: "Request Time-out", text: "The request took too long to arrive.", close: true },
  410: { reason: "Gone", text: "What was at this address is gone for good." },
  413: { reason: "Payload Too Large", text: "The request body is larger than is allowed." },
  422: { reason: "Unprocessable Content", text: "The request is well formed but not supported." },
  425: { reason: "Too Early", text: "This request must not be sent as early data." },
  429: { reason: "Too Many Requests", text: "Too many requests in a short time." },
  431: {
    reason: "Request Header Fields Too Large",
    text: "The request's header fields are too large.",
    close: true,
  },
  500: { reason: "Internal Server Error", text: "Something failed inside the proxy." },
  501: { reason: "Not Implemented", text: "This request needs something that is not supported." },
  502: { reason: "Bad Gateway", text: "The server's answer was invalid or incomplete." },
  503: { reason: "Service Unavailable", text: "No server is available to handle this request." },
  504: { reason: "Gateway Time-out", text: "The server did not answer in time." },
  505: {
    reason: "HTTP Version Not Supported",
    text: "This HTTP version is not supported.",
    close: true,
  },
};

/** The statuses that have a default page, ascending. */
export const PAGE_STATUSES: readonly number[] = Object.keys(PAGES).map(Number);

/** Reason phrase in the status line of sluice's own answers (`Request Time-out`, as HAProxy says it). */
export function replyReason(status: number): string {
  return PAGES[status]?.reason ?? reasonPhrase(status);
}

/**
 * A whole response as bytes. `contentType` "" leaves the field out; `headers` are further `name: value` pairs,
 * written in order; `close` adds `connection: close`.
 */
export function reply(
  status: number,
  contentType: string,
  body: string | Uint8Array,
  headers: readonly (readonly [string, string])[] = [],
  close = false,
): Uint8Array {
  const content = typeof body === "string" ? new TextEncoder().encode(body) : body;
  let head = `HTTP/1.1 ${status} ${replyReason(status)}\r\ncontent-length: ${content.length}\r\n`;
  for (const [name, value] of headers) head += `${name}: ${value}\r\n`;
  if (contentType !== "") head += `content-type: ${contentType}\r\n`;
  if (close) head += "connection: close\r\n";
  const start = bytesOfLatin1(head + "\r\n");
  const out = new Uint8Array(start.length + content.length);
  out.set(start);
  out.set(content, start.length);
  return out;
}

const pages = new Map<number, Uint8Array>();

/**
 * The default page of an error as a whole response, made once; do not write to it. `close` adds
 * `connection: close`, which 400, 408, 431 and 505 always have.
 */
export function errorPage(status: number, close = false): Uint8Array {
  const page = PAGES[status];
  close ||= page?.close ?? false;
  const key = close ? -status : status;
  let bytes = pages.get(key);
  if (bytes === undefined) {
    const reason = replyReason(status);
    const text = page?.text ?? `The request ended with status ${status}.`;
    const body = `<html><body><h1>${status} ${reason}</h1>\n${text}\n</body></html>\n`;
    bytes = reply(status, "text/html", body, [["cache-control", "no-cache"]], close);
    pages.set(key, bytes);
  }
  return bytes;
}
