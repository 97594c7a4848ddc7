/** Servers whose address comes from a name, and what answers do to them (manual 5.2, 5.3). */
import type { Server } from "../balance/server.ts";
import type { HoldTimes } from "../config/model_resolvers.ts";
import type { BackendStatus } from "../health/status.ts";
import { inNetwork, type Network, parseCidr, parseIp } from "../net/address.ts";
import type { ResolveStatus } from "../resolve/resolver.ts";

/** A server of a backend. */
export interface Member {
  readonly server: Server;
  readonly status: BackendStatus;
  readonly networks: readonly Network[];
}

export function memberOf(status: BackendStatus, server: Server): Member {
  const networks = (server.config.resolveNet ?? []).map((text) => parseCidr(text)!);
  return { server, status, networks };
}

/** The one of `addresses`, not empty, that the server prefers (manual 5.2 `resolve-net`). */
function preferred({ networks }: Member, addresses: readonly string[]): string {
  if (networks.length === 0) return addresses[0];
  const inside = addresses.find((address) => {
    const bytes = parseIp(address);
    return bytes !== undefined && networks.some((network) => inNetwork(bytes, network));
  });
  return inside ?? addresses[0];
}

/** Gives the server an address; `by` says in the log where it came from. */
export function place(
  { server, status }: Member,
  address: string,
  port: number | undefined,
  by: string,
): void {
  const bytes = parseIp(address);
  if (bytes === undefined) return;
  const { state } = server;
  const same = server.hasAddress && server.address.host === address && state.port === port;
  if (!same || state.address === undefined) status.move(server, bytes, port, by);
  status.setResolved(server);
}

/** The server has no address any more. */
export function displace({ server, status }: Member, why: string): void {
  status.setUnresolved(server, why);
  if (server.hasAddress) status.move(server, "none", server.state.port);
}

/**
 * Distributes `addresses` over the servers of one name: who has one of them keeps it; the others get one that nobody
 * of the same backend has, or with `resolve-opts allow-dup-ip` any. Answers those that got none.
 */
export function distribute(
  members: readonly Member[],
  addresses: readonly string[],
  by: string,
): Member[] {
  const used = new Map<BackendStatus, Set<string>>();
  const usedOf = ({ status }: Member): Set<string> => {
    let set = used.get(status);
    if (set === undefined) used.set(status, set = new Set());
    return set;
  };
  const known = new Set(addresses);
  const homeless: Member[] = [];
  for (const member of members) {
    const { server } = member;
    const own = server.hasAddress ? server.address.host : undefined;
    const taken = usedOf(member);
    const free = own !== undefined && known.has(own) &&
      (server.config.allowDupIp === true || !taken.has(own));
    if (free) {
      taken.add(own);
      place(member, own, server.state.port, by);
    } else homeless.push(member);
  }
  const left: Member[] = [];
  let source = by;
  for (const member of homeless) {
    const taken = usedOf(member);
    let free = addresses.filter((address) => !taken.has(address));
    if (free.length === 0 && member.server.config.allowDupIp === true) free = [...addresses];
    if (free.length === 0) {
      left.push(member);
      continue;
    }
    const address = preferred(member, free);
    taken.add(address);
    place(member, address, member.server.state.port, source);
    source = "DNS cache";
  }
  return left;
}

/** How long an address holds after answers of this kind, and how the log calls them. */
export function failureOf(
  status: Exclude<ResolveStatus, "valid">,
  hold: HoldTimes,
): { readonly hold: number; readonly words: string } {
  switch (status) {
    case "nx":
      return { hold: hold.nx, words: "DNS NX status" };
    case "refused":
      return { hold: hold.refused, words: "DNS refused status" };
    case "timeout":
      return { hold: hold.timeout, words: "DNS timeout status" };
    case "other":
      return { hold: hold.other, words: "unspecified DNS error" };
  }
}
