/**
 * What the places of a server on the ring of consistent hashing are reckoned from (`hash-key`, HAProxy 3.0): its id, or
 * its address, so that balancers which know their servers in another order choose alike.
 */
import { parseIp, unmap } from "../net/address.ts";
import type { HashKey } from "../config/model_balance.ts";
import { xxh32 } from "../expr/xxh32.ts";
import { avalanche } from "./hash.ts";
import type { Server } from "./server.ts";

/** Most places that a server can have: so far apart are the ids. */
const PLACES_PER_ID = 4096;

/** The number that a server's first place is reckoned from, modulo 2^32; place n from this plus n. */
export function ringKey({ id, hashKey, address }: Server): number {
  const own = Math.imul(id, PLACES_PER_ID) >>> 0;
  if (hashKey === "id") return own;
  const bytes = parseIp(address.host);
  // A name without an address, or a Unix socket: its id.
  return bytes === undefined ? own : addressKey(hashKey, bytes, address.port);
}

/** The same of an address: HAProxy reads the bytes of IPv4 with the lowest first, and hashes those of IPv6 with XXH32. */
function addressKey(key: HashKey, bytes: Uint8Array, port: number): number {
  const seed = key === "addr-port" ? avalanche(port) : 0;
  const short = unmap(bytes);
  if (short.length !== 4) return xxh32(bytes, seed);
  const [a, b, c, d] = short;
  return avalanche((seed + (a | b << 8 | c << 16 | d << 24)) | 0);
}
