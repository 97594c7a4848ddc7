/** A request of HTTP at the beginning of a connection in TCP mode, for rules that ask for one. */
import type { HttpSeen } from "../expr/arriving.ts";

import { Head } from "../http1/head.ts";
import type { ParseOptions } from "../http1/parse_fields.ts";
import { findRequestEnd, parseRequest } from "../http1/parse_request.ts";

/** Answers a reader for Arriving: it hands a whole head to `found`, parsed from a copy of the bytes. */
export function httpPeeker(
  options: ParseOptions,
  found: (head: Head) => void,
): (bytes: Uint8Array) => HttpSeen {
  return (bytes) => {
    if (bytes.length === 0) return "more";
    const end = findRequestEnd(bytes, 0, 0, bytes.length, options);
    if (end < 0) return mayBegin(bytes) ? "more" : "no";
    const head = new Head();
    if (parseRequest(head, bytes.slice(0, end), 0, end, options) !== 0) return "no";
    found(head);
    return "yes";
  };
}

/** A method's letters (RFC 9110 section 5.6.2), up to the first space: what begins otherwise need not be waited for. */
function mayBegin(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length && i < 32; i++) {
    if (bytes[i] === 32) return i > 0;
    if (bytes[i] < 33 || bytes[i] > 126) return false;
  }
  return true;
}
