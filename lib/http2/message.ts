/**
 * What makes a header list a request, a response or trailers (RFC 9113 section 8). A list that breaks a rule is
 * malformed: a stream error PROTOCOL_ERROR, and nothing of it goes on. The rules are strict because the message may go
 * on as HTTP/1, where a byte in the wrong place is another message.
 */
import { ErrorCode } from "./codes.ts";
import { type H2Error, streamError } from "./error.ts";
import type { FieldList } from "./field_list.ts";
import { isAuthority, isMethod, isName, isPath, isScheme, isValue } from "./field_rules.ts";

/** Pseudo-headers of the list that was checked last, and what concerns its body. Absent ones are "". */
export class MessageInfo {
  method = "";
  scheme = "";
  authority = "";
  path = "";
  /** RFC 8441 */
  protocol = "";
  /** of a response */
  status = 0;
  /** -1: not told */
  contentLength = -1;
  /** position in the list of the first field that is no pseudo-header */
  first = 0;

  reset(): void {
    this.method =
      this.scheme =
      this.authority =
      this.path =
      this.protocol =
        "";
    this.status = 0;
    this.contentLength = -1;
    this.first = 0;
  }
}

const malformed = (message: string) => streamError(ErrorCode.ProtocolError, message);

/** A request's list: fills `info`, 0 or the error. */
export function checkRequest(list: FieldList, info: MessageInfo): 0 | H2Error {
  info.reset();
  let i = 0;
  for (; i < list.count && list.names[i].charCodeAt(0) === 58; i++) {
    const value = list.values[i];
    switch (list.names[i]) {
      case ":method":
        if (info.method !== "") return malformed("two :method");
        if (!isMethod(value)) return malformed("a :method that is not a token");
        info.method = value;
        break;
      case ":scheme":
        if (info.scheme !== "") return malformed("two :scheme");
        if (!isScheme(value)) return malformed("an invalid :scheme");
        info.scheme = value;
        break;
      case ":authority":
        if (info.authority !== "") return malformed("two :authority");
        if (!isAuthority(value)) return malformed("an invalid :authority");
        info.authority = value;
        break;
      case ":path":
        if (info.path !== "") return malformed("two :path");
        if (value !== "*" && !isPath(value)) return malformed("an invalid :path");
        info.path = value;
        break;
      case ":protocol":
        if (info.protocol !== "") return malformed("two :protocol");
        if (!isMethod(value)) return malformed("a :protocol that is not a token");
        info.protocol = value;
        break;
      default:
        return malformed("a pseudo-header that a request cannot have");
    }
  }
  info.first = i;
  if (info.method === "") return malformed("a request without :method");
  if (info.method === "CONNECT" && info.protocol === "") {
    // Section 8.5
    if (info.scheme !== "" || info.path !== "") return malformed("CONNECT with :scheme or :path");
    if (!/:[0-9]{1,5}$/.test(info.authority)) return malformed("CONNECT needs host:port");
  } else {
    if (info.protocol !== "" && info.method !== "CONNECT") {
      return malformed(":protocol without CONNECT");
    }
    if (info.scheme === "" || info.path === "") {
      return malformed("a request without :scheme or :path");
    }
    if (info.path === "*" && info.method !== "OPTIONS") {
      return malformed("':path *' without OPTIONS");
    }
  }
  return checkFields(list, i, info, true);
}

/** A response's list (interim or final): fills `info`, 0 or the error. */
export function checkResponse(list: FieldList, info: MessageInfo): 0 | H2Error {
  info.reset();
  if (list.count === 0 || list.names[0] !== ":status") {
    return malformed("a response without :status");
  }
  if (!/^[1-9][0-9][0-9]$/.test(list.values[0])) return malformed("an invalid :status");
  info.status = Number(list.values[0]);
  // Section 8.6: there is no switching of protocols.
  if (info.status === 101) return malformed("a status 101");
  info.first = 1;
  return checkFields(list, 1, info, false);
}

/** Trailers: no pseudo-headers, and nothing about framing. */
export function checkTrailers(list: FieldList): 0 | H2Error {
  for (let i = 0; i < list.count; i++) {
    const error = checkField(list.names[i], list.values[i]);
    if (error !== 0) return error;
    switch (list.names[i]) {
      case "content-length":
      case "host":
      case "te":
      case "trailer":
        return malformed("a field that no trailer may have");
    }
  }
  return 0;
}

function checkFields(
  list: FieldList,
  from: number,
  info: MessageInfo,
  request: boolean,
): 0 | H2Error {
  for (let i = from; i < list.count; i++) {
    const name = list.names[i];
    const value = list.values[i];
    const error = checkField(name, value);
    if (error !== 0) return error;
    switch (name) {
      case "content-length": {
        const length = readLength(value);
        if (length < 0 || (info.contentLength >= 0 && info.contentLength !== length)) {
          return malformed("an invalid or contradictory content-length");
        }
        info.contentLength = length;
        break;
      }
      case "host":
        if (!request) break;
        if (value !== "" && !isAuthority(value)) return malformed("an invalid host");
        // Section 8.3.1
        if (info.authority === "") info.authority = value;
        else if (info.authority.toLowerCase() !== value.toLowerCase()) {
          return malformed("host contradicts :authority, or another host");
        }
        break;
      case "te":
        if (request && value.toLowerCase() !== "trailers") {
          return malformed("te other than trailers");
        }
        break;
    }
  }
  return 0;
}

function checkField(name: string, value: string): 0 | H2Error {
  if (!isName(name)) {
    return malformed(
      name.charCodeAt(0) === 58
        ? "a pseudo-header behind other fields"
        : "a field name that is not a token in lower case",
    );
  }
  if (!isValue(value)) return malformed("an invalid field value");
  // Section 8.2.2
  switch (name) {
    case "connection":
    case "keep-alive":
    case "proxy-connection":
    case "transfer-encoding":
    case "upgrade":
      return malformed("a field that concerns the connection");
  }
  return 0;
}

/** The number of a Content-Length, -1: it is none. */
export function readLength(value: string): number {
  if (!/^[0-9]{1,16}$/.test(value)) return -1;
  const length = Number(value);
  return length <= Number.MAX_SAFE_INTEGER ? length : -1;
}
