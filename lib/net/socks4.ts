/** Connecting through a SOCKS4 proxy (manual 5.2 `socks4`; the protocol's own paper, and 4A for names). */
import { parseIpv4, parseIpv6 } from "./address.ts";
import { type Conn, IoStatus } from "./conn.ts";
import { ConnError } from "./connection_errors.ts";
import { writeAll } from "./io.ts";

const CONNECT = 1;
const GRANTED = 90;
const REPLY = 8;
/** Whoever asks may say who it is; nobody checks it. */
const USER = "sluice";

/** Why a proxy refuses, by its code. */
const CODES: Readonly<Record<number, string>> = {
  91: "it refused the request or could not connect",
  92: "it wants an identd on this machine",
  93: "its identd says another user",
};

/** The request to connect to `host`; undefined: SOCKS4 cannot (IPv6). A name is left to the proxy (4A). */
export function socks4Request(host: string, port: number): Uint8Array | undefined {
  if (parseIpv6(host) !== undefined) return undefined;
  const ip = parseIpv4(host);
  const name = ip === undefined ? `${host}\0` : "";
  const text = new TextEncoder().encode(`${USER}\0${name}`);
  const bytes = new Uint8Array(8 + text.length);
  bytes.set([4, CONNECT, port >> 8, port & 255]);
  bytes.set(ip ?? [0, 0, 0, 1], 4);
  bytes.set(text, 8);
  return bytes;
}

/** Why an answer of 8 bytes is no permission; undefined: it is. */
export function socks4Refusal(reply: Uint8Array): string | undefined {
  if (reply[0] !== 0) return "it does not speak SOCKS4";
  if (reply[1] === GRANTED) return undefined;
  return CODES[reply[1]] ?? `it answered ${reply[1]}`;
}

/** In words, and HAProxy's number. */
export type Refusal = readonly [why: string, code: number];

/** Asks the proxy at the other end for a connection to `host`; undefined: it is there. Never rejects. */
export async function askSocks4(
  conn: Conn,
  host: string,
  port: number,
): Promise<Refusal | undefined> {
  const request = socks4Request(host, port);
  if (request === undefined) return ["it cannot reach an IPv6 address", ConnError.SOCKET];
  if (await writeAll(conn, request) < 0) return ["the connection ended", ConnError.SOCKS4_WRITE];
  // Not a byte more is read: what follows is the server's.
  const reply = new Uint8Array(REPLY);
  for (let have = 0; have < REPLY;) {
    const n = await conn.read(reply.subarray(have));
    if (n === IoStatus.Eof) return ["it closed the connection", ConnError.SOCKS4_ABORTED];
    if (n < 0) return ["the connection ended", ConnError.SOCKS4_READ];
    have += n;
  }
  const why = socks4Refusal(reply);
  return why === undefined ? undefined : [why, ConnError.SOCKS4_DENIED];
}
