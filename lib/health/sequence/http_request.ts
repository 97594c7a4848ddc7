/** The request of an HTTP check, byte for byte as HAProxy sends it: names in lower case, nothing that is not asked for. */
import { bytesOfLatin1 } from "../../http1/bytes.ts";

export interface RequestParts {
  readonly method: string;
  readonly uri: string;
  /** 10 or 11 */
  readonly version: 10 | 11;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** `http-check send-state` */
  readonly state?: string;
}

/** Methods whose requests without a body do not say so (RFC 9110 section 8.6). */
const BODILESS = new Set(["GET", "HEAD", "OPTIONS", "DELETE"]);

/** The version that is spoken for what was written, such as `HTTP/1.1`. */
export function spokenVersion(written: string | undefined): 10 | 11 {
  return written !== undefined && written >= "HTTP/1.1" ? 11 : 10;
}

export function requestBytes(parts: RequestParts): Uint8Array {
  const { method, version, body } = parts;
  let host: string | undefined;
  let connection: string | undefined;
  let fields = "";
  for (const [name, value] of parts.headers) {
    if (value === "") continue;
    const lower = name.toLowerCase();
    if (lower === "connection") {
      connection = value;
      continue;
    }
    if (lower === "host") host ??= value;
    fields += `${lower}: ${singleLine(value)}\r\n`;
  }
  if (parts.state !== undefined) fields += `x-haproxy-server-state: ${parts.state}\r\n`;
  if (body !== "" || !BODILESS.has(method)) fields += `content-length: ${body.length}\r\n`;
  if (version === 11 ? connection === undefined || /close/i.test(connection) : false) {
    fields += "connection: close\r\n";
  } else if (version === 10 && connection !== undefined) {
    fields += `connection: ${singleLine(connection)}\r\n`;
  }
  const line = `${method} ${targetFor(parts.uri, host)} HTTP/1.${version - 10}\r\n`;
  return bytesOfLatin1(`${line}${fields}\r\n${body}`);
}

/** The authority of an absolute target follows the Host header (manual 4.2 `http-check send`). */
function targetFor(uri: string, host: string | undefined): string {
  const target = uri === "" ? "/" : unspaced(uri);
  return host === undefined
    ? target
    : target.replace(/^([A-Za-z][A-Za-z0-9+.-]*:\/\/)[^/?]*/, (_, scheme) => scheme + host);
}

/** A format may give anything: it must not end the line. */
function singleLine(value: string): string {
  // deno-lint-ignore no-control-regex
  return value.replace(/[\x00\r\n]/g, " ");
}

function unspaced(uri: string): string {
  return uri.replace(
    // deno-lint-ignore no-control-regex
    /[\x00-\x20\x7f]/g,
    (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0"),
  );
}
