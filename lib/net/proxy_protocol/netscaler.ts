/**
 * The header of NetScaler's client IP insertion (manual 5.1 `accept-netscaler-cip`): a magic number, a length, and
 * the IP and TCP headers of the client's own packet. Old devices send 8 bytes before these, newer ones 12.
 */
import { formatIp, tcpAddress } from "../address.ts";
import type { Address } from "../conn.ts";
import type { ProxyEnds } from "./header.ts";

/** Why bytes are no such header, and the number that `fc_err` has for it (manual 7.3.3). */
export const CipProblem = { BadMagic: 22, BadProtocol: 23 } as const;
export type CipProblem = typeof CipProblem[keyof typeof CipProblem];

/** number of TCP in a header of IP */
const TCP = 6;

/** Reads the header in `bytes[start, end)`; undefined while more bytes are needed. `limit`: its most bytes. */
export function parseNetscalerCip(
  bytes: Uint8Array,
  start: number,
  end: number,
  magic: number,
  limit: number,
): { readonly ends: ProxyEnds; readonly end: number } | CipProblem | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start);
  if (view.byteLength < 4) return undefined;
  if (view.getUint32(0) !== magic) return CipProblem.BadMagic;
  if (view.byteLength < 12) return undefined;
  // The old form goes on with the packet itself, whose first half byte is the version of IP.
  const old = (view.getUint8(8) & 0xd0) === 0x40;
  if (!old && view.getUint8(8) !== 0) return CipProblem.BadProtocol;
  const from = old ? 8 : 12;
  const length = old ? view.getUint32(4) : view.getUint16(10);
  if (from + length > limit) return CipProblem.BadProtocol;
  if (view.byteLength < from + length) return undefined;
  if (length < 40) return CipProblem.BadProtocol;
  const version = view.getUint8(from) >> 4;
  const ip = version === 4 ? 20 : version === 6 ? 40 : 0;
  const protocol = ip === 0 ? 0 : view.getUint8(from + (version === 4 ? 9 : 6));
  if (protocol !== TCP || length < ip + 20) return CipProblem.BadProtocol;
  const size = version === 4 ? 4 : 16;
  const first = from + (version === 4 ? 12 : 8);
  const address = (at: number, port: number): Address =>
    tcpAddress(
      formatIp(bytes.subarray(start + at, start + at + size)),
      view.getUint16(port),
    );
  return {
    ends: {
      source: address(first, from + ip),
      destination: address(first + size, from + ip + 2),
    },
    end: start + from + length,
  };
}
