/** How a connection to a server is to be made: where it leaves from, and what its socket is told. */
import type { Server } from "../balance/server.ts";
import { parseIp } from "../net/address.ts";
import type { ConnectOptions, Target } from "../net/conn.ts";
import type { SourceRange } from "../net/source_ports.ts";
import type { StreamView } from "../expr/context.ts";
import { sourceOf } from "../expr/addresses.ts";

/** What connections of a server are made with. */
export interface Outgoing extends Partial<Pick<ConnectOptions, "socket">> {
  readonly source?: SourceRange;
}

/** What holds for every connection of a server, made once. `undefined`s: there is nothing to say. */
export function outgoingOf(
  { source, tfo }: Server["config"],
  noLinger: boolean,
): Outgoing {
  const socket = {
    interface: source?.interface,
    fastOpen: tfo || undefined,
    noLinger: noLinger || undefined,
  };
  const some = Object.values(socket).some((each) => each !== undefined);
  const own = source?.usesrc?.type === "address"
    ? { ...source.usesrc, transparent: true }
    : source && { host: source.host, port: source.port, lastPort: source.lastPort };
  const any = own?.port === undefined && (own?.host === "0.0.0.0" || own?.host === "::");
  return { source: any ? undefined : own, socket: some ? socket : undefined };
}

/**
 * The same for the connection of one stream (`usesrc client`, `clientip`, `hdr_ip`). Where the address is not known,
 * or of another family than the server's, connections leave as without `usesrc`, as in HAProxy.
 */
export function outgoingFor(server: Server, stream: StreamView, target: Target): Outgoing {
  const { usesrc } = server.config.source ?? {};
  const { outgoing } = server;
  if (usesrc === undefined || usesrc.type === "address") return outgoing;
  let host: string | undefined;
  let port: number | undefined;
  if (usesrc.type === "header") host = server.sourceAddress?.(stream);
  else {
    const client = sourceOf(stream);
    host = client.host;
    if (usesrc.type === "client") port = client.port;
  }
  if (host === undefined || target.type !== "tcp") return outgoing;
  const family = parseIp(host)?.length;
  if (family === undefined || family !== parseIp(target.host)?.length) return outgoing;
  return { ...outgoing, source: { host, port, transparent: true } };
}
