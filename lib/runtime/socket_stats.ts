/** The listeners of a frontend that count for themselves (manual `option socket-stats`). */
import type { ProxyConfig } from "../config/model.ts";
import { formatAddress, tcpAddress } from "../net/address.ts";
import type { Place } from "../net/conn.ts";
import type { SocketStats } from "../proxy/frontend.ts";
import { ListenerCounters } from "../state/listener.ts";
import type { Lease } from "../state/store.ts";
import { describePlace, listensOf } from "./places.ts";

/** One for each address of its `bind` lines, by number; undefined without the option. */
export function socketStats(
  config: ProxyConfig,
  lease: Lease,
): ReadonlyMap<number, SocketStats> | undefined {
  if (!config.options.socketStats || config.mode === "udp") return undefined;
  return new Map(
    listensOf(config).map(({ number, bind, place }) => [number, {
      id: number,
      name: bind.name ?? `sock-${number}`,
      address: addressOf(place),
      maxconn: bind.maxconn ?? 0,
      counters: ListenerCounters.take(lease, config.name, number),
    }]),
  );
}

/** As the column `addr` has it. */
function addressOf(place: Place): string {
  switch (place.type) {
    case "tcp":
      return formatAddress(tcpAddress(place.host, place.port));
    case "unix":
      return "unix";
    case "fd":
      return describePlace(place);
  }
}
