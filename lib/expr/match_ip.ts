/**
 * Address matches (manual 7.1.6): networks become sorted ranges, so that a lookup among many is a binary search.
 * An IPv6 sample is also compared as the IPv4 address it holds, an IPv4 sample as `::ffff:a.b.c.d`.
 */
import { readMask4 } from "./args.ts";
import { and6, compare6, type Ip, Ip6, mask6, parseIp6, toIp4, toIp6 } from "./ip.ts";

interface Net4 {
  readonly address: number;
  readonly mask: number;
}

export interface Network {
  readonly four?: Net4;
  readonly six?: { readonly from: Ip6; readonly to: Ip6 };
}

/**
 * An IPv4 address, possibly abbreviated: `127.1` is 127.0.0.1 and `10.12` is 10.0.0.12 (the last number fills the
 * bytes that are left). -1 when it is none.
 */
export function parseShortIp4(text: string): number {
  if (!/^[0-9]{1,10}(\.[0-9]{1,10}){0,3}$/.test(text)) return -1;
  const parts = text.split(".").map(Number);
  const last = parts.pop()!;
  if (parts.some((n) => n > 255) || last >= 2 ** (8 * (4 - parts.length))) return -1;
  let value = 0;
  parts.forEach((n, i) => value += n * 2 ** (24 - 8 * i));
  return value + last;
}

/** Reads `address`, `address/bits` or (IPv4) `address/mask`; undefined when it is no network. */
export function parseNetwork(text: string): Network | undefined {
  const slash = text.indexOf("/");
  const host = slash < 0 ? text : text.slice(0, slash);
  const suffix = slash < 0 ? undefined : text.slice(slash + 1);
  if (host.includes(":")) {
    const address = parseIp6(host);
    if (address === undefined) return undefined;
    if (suffix !== undefined && !/^[0-9]{1,3}$/.test(suffix)) return undefined;
    const bits = suffix === undefined ? 128 : Number(suffix);
    if (bits > 128) return undefined;
    const mask = mask6(bits);
    const from = and6(address, mask);
    const to = new Ip6(
      (from.a | ~mask.a) >>> 0,
      (from.b | ~mask.b) >>> 0,
      (from.c | ~mask.c) >>> 0,
      (from.d | ~mask.d) >>> 0,
    );
    return { six: { from, to } };
  }
  const address = parseShortIp4(host);
  const mask = suffix === undefined ? 0xffffffff : readMask4(suffix);
  if (address < 0 || mask < 0) return undefined;
  return { four: { address: (address & mask) >>> 0, mask } };
}

/** Sorted ranges of IPv4 addresses in one flat array: from, to, from, to … */
function ranges4(nets: readonly Net4[]): number[] {
  const sorted = nets.map(({ address, mask }) => [address, address + (~mask >>> 0)] as const)
    .sort((x, y) => x[0] - y[0]);
  const flat: number[] = [];
  for (const [from, to] of sorted) {
    if (flat.length > 0 && from <= flat[flat.length - 1] + 1) {
      flat[flat.length - 1] = Math.max(flat[flat.length - 1], to);
    } else flat.push(from, to);
  }
  return flat;
}

function inRanges4(flat: readonly number[], ip: number): boolean {
  let low = 0;
  let high = (flat.length >> 1) - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (ip < flat[middle * 2]) high = middle - 1;
    else if (ip > flat[middle * 2 + 1]) low = middle + 1;
    else return true;
  }
  return false;
}

/** A mask whose ones stand together, so that the network is a range. */
const isContiguous = (mask: number) => {
  const zeros = ~mask >>> 0;
  return ((zeros + 1) & zeros) === 0;
};

/** A test against any of the networks. */
export function networkTest(networks: readonly Network[]): (ip: Ip) => boolean {
  const nets4 = networks.flatMap((n) => n.four ?? []);
  const flat4 = ranges4(nets4.filter((n) => isContiguous(n.mask)));
  const odd4 = nets4.filter((n) => !isContiguous(n.mask));
  const ranges6 = networks.flatMap((n) => n.six ?? []).sort((x, y) => compare6(x.from, y.from));
  const joined6: { from: Ip6; to: Ip6 }[] = [];
  for (const range of ranges6) {
    const last = joined6.at(-1);
    if (last !== undefined && compare6(range.from, last.to) <= 0) {
      if (compare6(range.to, last.to) > 0) last.to = range.to;
    } else joined6.push({ ...range });
  }

  const in4 = (ip: number) =>
    inRanges4(flat4, ip) || odd4.some((n) => ((ip & n.mask) >>> 0) === n.address);
  const in6 = (ip: Ip6) => {
    let low = 0;
    let high = joined6.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (compare6(ip, joined6[middle].from) < 0) high = middle - 1;
      else if (compare6(ip, joined6[middle].to) > 0) low = middle + 1;
      else return true;
    }
    return false;
  };

  return (ip) => {
    if (typeof ip === "number") return in4(ip) || (joined6.length > 0 && in6(toIp6(ip)));
    if (joined6.length > 0 && in6(ip)) return true;
    const four = nets4.length > 0 ? toIp4(ip) : -1;
    return four >= 0 && in4(four);
  };
}
