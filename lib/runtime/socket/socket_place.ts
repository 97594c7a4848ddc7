/** From `stats socket` lines to places to listen at (manual 3.1). */
import { parseListenAddresses } from "../../config/addresses.ts";
import { Refusal } from "../../config/keywords/args.ts";
import type { ListenAddress, StatsSocketConfig } from "../../config/model.ts";
import type { ListenOptions, Place } from "../../net/conn.ts";
import { describePlace } from "../places.ts";

export interface SocketPlace {
  /** tells sockets apart: a reload keeps one that stays as it is */
  readonly key: string;
  /** with the prefix of its family, as `show cli sockets` has it */
  readonly name: string;
  readonly place: Place;
  readonly options: ListenOptions;
}

/** Where and how to listen, or a sentence that says why that cannot be. */
export function socketPlace(config: StatsSocketConfig): SocketPlace | string {
  const addresses = parseListenAddresses(config.address);
  if (addresses instanceof Refusal) return `${config.address}: ${addresses.message}`;
  const place = placeOf(addresses[0]);
  const { mode, uid, gid } = config;
  const name = nameOf(place);
  return { key: JSON.stringify([name, mode, uid, gid]), name, place, options: { mode, uid, gid } };
}

function placeOf(address: ListenAddress): Place {
  switch (address.type) {
    case "tcp": {
      const any = address.host === "*" || address.host === "";
      return { type: "tcp", host: any ? "0.0.0.0" : address.host, port: address.port };
    }
    case "unix":
      return { type: "unix", path: address.path };
    case "abstract":
      return { type: "unix", path: `@${address.name}` };
    case "fd":
      return { type: "fd", fd: address.fd };
  }
}

function nameOf(place: Place): string {
  switch (place.type) {
    case "tcp":
      return `${place.host.includes(":") ? "ipv6" : "ipv4"}@${describePlace(place)}`;
    case "unix":
      return place.path.startsWith("@") ? `abns${place.path}` : `unix@${place.path}`;
    case "fd":
      return describePlace(place);
  }
}
