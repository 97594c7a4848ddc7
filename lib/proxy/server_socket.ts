/** How a connection to a server is to be made: where it leaves from, and what its socket is told. */
import type { KeepAliveTimes } from "../config/model.ts";
import type { Server } from "../balance/server.ts";
import { parseIp } from "../net/address.ts";
import type { ConnectOptions, Target } from "../net/conn.ts";
import { isOpenNamespace } from "../net/namespace.ts";
import { tlvOf, TlvType } from "../net/proxy_protocol/header.ts";
import type { SourceRange } from "../net/source_ports.ts";
import type { StreamView } from "../expr/context.ts";
import { sourceOf } from "../expr/addresses.ts";

/** What connections of a server are made with. */
export interface Outgoing extends Partial<Pick<ConnectOptions, "socket">> {
  readonly source?: SourceRange;
}

/** What holds for every connection of a server, made once. `undefined`s: there is nothing to say. */
export function outgoingOf(
  { source, tfo, namespace }: Server["config"],
  noLinger: boolean,
  keepAlive?: KeepAliveTimes,
): Outgoing {
  const socket = {
    ...keepAlive,
    namespace: namespace === "*" ? undefined : namespace,
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

/** The same for the connection of one stream (`usesrc client`, `clientip`, `hdr_ip`, `namespace *`). */
export function outgoingFor(server: Server, stream: StreamView, target: Target): Outgoing {
  const outgoing = fromAddress(server, stream, target);
  if (server.config.namespace !== "*") return outgoing;
  const namespace = namespaceOf(stream);
  return namespace === undefined
    ? outgoing
    : { ...outgoing, socket: { ...outgoing.socket, namespace } };
}

/**
 * The network namespace that a client is in: its PROXY header's, when the configuration knows it, else that of the
 * address that it came to. Undefined: the process's own.
 */
export function namespaceOf({ session }: StreamView): string | undefined {
  const named = session.proxyHeader && tlvOf(session.proxyHeader, TlvType.netns);
  if (named === undefined) return session.namespace;
  const name = new TextDecoder().decode(named);
  return isOpenNamespace(name) ? name : session.namespace;
}

/**
 * Where the address of `usesrc` is not known, or of another family than the server's, connections leave as without, as
 * in HAProxy.
 */
function fromAddress(server: Server, stream: StreamView, target: Target): Outgoing {
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
