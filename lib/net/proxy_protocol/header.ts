/** What a header of the PROXY protocol says (its specification, sections 2.1 and 2.2). */
import type { Address } from "../conn.ts";

/** Types of TLV vectors (section 2.2.1 and following). */
export const TlvType = {
  alpn: 0x01,
  authority: 0x02,
  crc32c: 0x03,
  noop: 0x04,
  uniqueId: 0x05,
  ssl: 0x20,
  sslVersion: 0x21,
  sslCn: 0x22,
  sslCipher: 0x23,
  sslSigAlg: 0x24,
  sslKeyAlg: 0x25,
  netns: 0x30,
} as const;

/** One type, length and value; the value has 65,535 bytes at most. */
export interface Tlv {
  readonly type: number;
  readonly value: Uint8Array;
}

/** Both ends of the connection that the header speaks of. */
export interface ProxyEnds {
  readonly source: Address;
  readonly destination: Address;
}

export interface ProxyHeader {
  readonly version: 1 | 2;
  /** undefined: nothing that can be used is told (LOCAL, UNKNOWN): the connection's own ends hold */
  readonly ends?: ProxyEnds;
  readonly tlvs: readonly Tlv[];
}

/** Why bytes are no header, and the number that `fc_err` has for it (manual 7.3.3). */
export const HeaderProblem = {
  /** it begins in another way */
  NotHeader: 15,
  /** it begins well and breaks the rules behind that */
  Invalid: 16,
  /** a protocol that there is not */
  BadProtocol: 17,
} as const;
export type HeaderProblem = typeof HeaderProblem[keyof typeof HeaderProblem];

/** A whole header and the position behind it. */
export interface ParsedHeader {
  readonly header: ProxyHeader;
  readonly end: number;
}

/** undefined: more bytes are needed to know. */
export type HeaderResult = ParsedHeader | HeaderProblem | undefined;

/** The value of the first vector of this type. */
export function tlvOf({ tlvs }: ProxyHeader, type: number): Uint8Array | undefined {
  for (const tlv of tlvs) if (tlv.type === type) return tlv.value;
  return undefined;
}
