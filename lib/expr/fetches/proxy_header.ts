/** What the header of the PROXY protocol tells beside the addresses (manual 7.3.3). */
import { latin1 } from "../../http1/bytes.ts";
import { tlvOf, TlvType } from "../../net/proxy_protocol/header.ts";
import type { StreamView } from "../context.ts";
import type { ArgSpec, Fetch, FetchRow } from "../rows.ts";

const SECTION = "7.3.3";

const text = (bytes: Uint8Array) => latin1(bytes, 0, bytes.length);

function tlv(type: number): Fetch {
  return ({ session: { proxyHeader } }: StreamView) => {
    const value = proxyHeader && tlvOf(proxyHeader, type);
    return value && text(value);
  };
}

/** Names of types that may stand in place of their numbers (HAProxy 2.9). */
const NAMES: Readonly<Record<string, number>> = {
  ALPN: TlvType.alpn,
  AUTHORITY: TlvType.authority,
  CRC32C: TlvType.crc32c,
  UNIQUE_ID: TlvType.uniqueId,
  NETNS: TlvType.netns,
  SSL: TlvType.ssl,
};

function typeOf(name: string): number | undefined {
  const value = NAMES[name] ?? (/^(0x[0-9a-f]{1,2}|[0-9]{1,3})$/i.test(name) ? Number(name) : NaN);
  return value >= 0 && value <= 255 ? value : undefined;
}

const ID: ArgSpec = {
  name: "id",
  type: "str",
  check: (value) =>
    typeOf(value as string) === undefined
      ? `'${value}' is no type of a TLV: a number from 0 to 255, or ${
        Object.keys(NAMES).join(", ")
      }`
      : undefined,
};

export const PROXY_HEADER_FETCHES: readonly FetchRow[] = [
  {
    name: "fc_pp_authority",
    args: [],
    type: "str",
    needs: "session",
    doc: "the host name that the header of the PROXY protocol tells",
    section: SECTION,
    make: () => tlv(TlvType.authority),
  },
  {
    name: "fc_pp_unique_id",
    args: [],
    type: "str",
    needs: "session",
    doc: "the connection's unique identifier that the header of the PROXY protocol tells",
    section: SECTION,
    make: () => tlv(TlvType.uniqueId),
  },
  {
    name: "fc_pp_tlv",
    args: [ID],
    type: "str",
    needs: "session",
    doc: "the value of the TLVs of this type in the header of the PROXY protocol",
    section: "7.3.3 (HAProxy 2.9)",
    make: ([id]) => tlv(typeOf(id as string)!),
    scan: ([id]) => {
      const type = typeOf(id as string)!;
      return (stream, visit) => {
        for (const each of stream.session.proxyHeader?.tlvs ?? []) {
          if (each.type !== type) continue;
          const seen = visit(text(each.value), stream);
          if (seen !== 0) return seen === 1;
        }
        return false;
      };
    },
  },
  {
    name: "fc_rcvd_proxy",
    args: [],
    type: "bool",
    needs: "client",
    doc: "true when the connection began with a header of the PROXY protocol",
    section: SECTION,
    make: () => (stream) => stream.session.proxyHeader !== undefined,
  },
];
