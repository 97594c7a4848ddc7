/** The request to be explained: from what a person writes to the bytes of a client. */
import { bytesOfLatin1, isToken, latin1OfText } from "../http1/bytes.ts";
import { clientHello } from "./client_hello.ts";
import { parseIp } from "../net/address.ts";
import type { Address } from "../net/conn.ts";

/** A request as it is asked for. */
export interface RequestSpec {
  /** `GET https://www.yu.com/a.png`, `/a.png`, `POST /form HTTP/1.0`; undefined: a connection of TCP */
  readonly request?: string;
  /** `192.0.2.7`, `192.0.2.7:4711`, `[2001:db8::1]:80` */
  readonly src?: string;
  /** where it came to; by default what the bind line says */
  readonly dst?: string;
  /** `Name: value` */
  readonly headers?: readonly string[];
  readonly data?: string;
  /** of a connection of TCP: the client begins TLS with this server name */
  readonly sni?: string;
}

/** The bytes and the addresses of a request. */
export interface ReadyRequest {
  readonly method: string;
  /** as written, for the first line of an explanation */
  readonly url: string;
  readonly scheme: "http" | "https" | undefined;
  /** as in a URL, without a port; "": there is none */
  readonly host: string;
  /** where it went; undefined: it does not say */
  readonly port: number | undefined;
  readonly src: Address;
  readonly dst: Address | undefined;
  readonly bytes: Uint8Array;
  /** it is no HTTP */
  readonly plain: boolean;
}

/** The client's port when nobody says another. */
const CLIENT_PORT = 50000;
/** RFC 5737: an address for documentation */
export const DEFAULT_SOURCE = "192.0.2.1";

/** Reads a request; a sentence says what is wrong with it. */
export function readyRequest(spec: RequestSpec): ReadyRequest | string {
  const src = readAddress(spec.src ?? DEFAULT_SOURCE, CLIENT_PORT);
  if (src === undefined) return `'${spec.src}' is no address of a client`;
  const dst = spec.dst === undefined ? undefined : readAddress(spec.dst, 0);
  if (spec.dst !== undefined && dst === undefined) return `'${spec.dst}' is no address`;
  const data = latin1OfText(spec.data ?? "");
  const port = dst !== undefined && dst.port > 0 ? dst.port : undefined;
  if (spec.request === undefined) {
    return {
      method: "",
      url: spec.sni === undefined ? "a connection" : `a TLS connection to ${spec.sni}`,
      scheme: undefined,
      host: "",
      port,
      src,
      dst,
      bytes: spec.sni === undefined ? bytesOfLatin1(data) : clientHello(spec.sni),
      plain: true,
    };
  }
  if (spec.sni !== undefined) {
    return "'sni' is for connections of TCP; of an https URL the host is the server name";
  }
  const words = spec.request.trim().split(/\s+/);
  const method = words.length === 1 ? (data === "" ? "GET" : "POST") : words.shift()!;
  const url = words.shift() ?? "";
  const version = words.shift() ?? "HTTP/1.1";
  if (!isToken(method) || url === "" || words.length > 0 || !/^HTTP\/1\.[01]$/.test(version)) {
    return `'${spec.request}' is no request: write 'GET https://www.example.com/path'`;
  }
  const absolute = /^(https?):\/\/([^/?#]*)([^#]*)/i.exec(url);
  if (absolute === null && !/^[/*]/.test(url) && method !== "CONNECT") {
    return `'${url}' is neither a path nor an http or https URL`;
  }
  const scheme = absolute === null ? undefined : absolute[1].toLowerCase() as "http" | "https";
  const authority = absolute?.[2] ?? "";
  const named = /^(?:.*@)?(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(authority);
  if (named === null) return `'${authority}' is no host`;
  const target = absolute === null
    ? url
    : absolute[3].startsWith("/")
    ? absolute[3]
    : "/" + absolute[3];
  const headers = spec.headers ?? [];
  for (const header of headers) {
    // deno-lint-ignore no-control-regex
    if (!/^[^\s:]+:/.test(header) || /[\r\n\x00]/.test(header)) {
      return `'${header}' is no header: write 'Name: value'`;
    }
  }
  const has = (name: string) => headers.some((each) => each.toLowerCase().startsWith(`${name}:`));
  const lines = [`${method} ${target} ${version}`];
  if (authority !== "" && !has("host")) lines.push(`Host: ${authority}`);
  for (const header of headers) lines.push(header.replace(/:\s*/, ": "));
  if (version === "HTTP/1.1" && authority === "" && !has("host")) lines.push("Host: localhost");
  if (data !== "" && !has("content-length") && !has("transfer-encoding")) {
    lines.push(`Content-Length: ${data.length}`);
  }
  const own = named[2] === undefined ? (scheme === "https" ? 443 : scheme && 80) : Number(named[2]);
  return {
    method,
    url,
    scheme,
    host: named[1],
    port: port ?? own,
    src,
    dst,
    bytes: bytesOfLatin1(`${latin1OfText(lines.join("\r\n"))}\r\n\r\n${data}`),
    plain: false,
  };
}

/** `1.2.3.4`, `1.2.3.4:80`, `::1`, `[::1]:80`. */
export function readAddress(text: string, port: number): Address | undefined {
  const both = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text);
  const host = both === null ? text : both[1] ?? both[2];
  if (parseIp(host) === undefined) return undefined;
  const given = both?.[3] === undefined ? port : Number(both[3]);
  return given > 65535 ? undefined : { family: host.includes(":") ? 6 : 4, host, port: given };
}
