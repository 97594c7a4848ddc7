/** Echo requests and replies of ICMP (RFC 792) and ICMPv6 (RFC 4443), without the IP header. */

/** type, code, checksum, identifier, sequence number */
const HEADER = 8;
/** A number only we know: nobody answers in the place of the server who has not seen the question. */
const TOKEN = 8;
export const PACKET_SIZE = HEADER + TOKEN;

interface Types {
  readonly request: number;
  readonly reply: number;
  /** "destination unreachable" */
  readonly unreachable: number;
}

const TYPES: Readonly<Record<4 | 6, Types>> = {
  4: { request: 8, reply: 0, unreachable: 3 },
  6: { request: 128, reply: 129, unreachable: 1 },
};

export interface Echo {
  /** of the socket; the system sets it on unprivileged ones */
  readonly id: number;
  readonly seq: number;
  /** 0 <= token < 2^48 */
  readonly token: number;
}

/** An echo request with its checksum (ICMPv6's is set by the system, as it covers addresses). */
export function echoRequest(family: 4 | 6, { id, seq, token }: Echo): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(PACKET_SIZE);
  const view = new DataView(bytes.buffer);
  bytes[0] = TYPES[family].request;
  view.setUint16(4, id);
  view.setUint16(6, seq);
  view.setUint16(HEADER + 2, Math.floor(token / 2 ** 32));
  view.setUint32(HEADER + 4, token >>> 0);
  if (family === 4) view.setUint16(2, checksum(bytes));
  return bytes;
}

/** The one's complement sum of RFC 1071. */
export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes[i] << 8 | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** What a message says of one of our requests. */
export interface EchoNews extends Echo {
  readonly kind: "reply" | "unreachable";
}

/**
 * Reads `bytes[from..to]`, a message or, with `request`, a request of ours that an error report quotes. Undefined:
 * it is not about an echo.
 */
export function readEcho(
  family: 4 | 6,
  bytes: Uint8Array,
  from: number,
  to: number,
  quoted = false,
): EchoNews | undefined {
  if (to - from < HEADER) return undefined;
  const types = TYPES[family];
  const type = bytes[from];
  if (type === (quoted ? types.request : types.reply)) {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const whole = to - from >= PACKET_SIZE;
    return {
      kind: quoted ? "unreachable" : "reply",
      id: view.getUint16(from + 4),
      seq: view.getUint16(from + 6),
      token: whole ? view.getUint16(from + 10) * 2 ** 32 + view.getUint32(from + 12) : -1,
    };
  }
  if (quoted || type !== types.unreachable) return undefined;
  // The report quotes our IP header and what came behind it (IPv4), or the IPv6 header of 40 bytes.
  const inner = from + HEADER;
  const header = family === 6 ? 40 : (bytes[inner] & 0x0f) * 4;
  return to > inner ? readEcho(family, bytes, inner + header, to, true) : undefined;
}
