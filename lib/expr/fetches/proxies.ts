/** Fetches of the states of frontends, backends and servers (manual 7.3.2, 7.3.3). */
import type { ProxyView, ServerView, StreamView } from "../context.ts";
import type { ArgSpec, FetchRow, Lookup } from "../rows.ts";

const SECTION = "7.3.2";

type Side = "frontend" | "backend";

const ARG_OF: Readonly<Record<Side, readonly ArgSpec[]>> = {
  frontend: [{ name: "frontend", type: "frontend", optional: true }],
  backend: [{ name: "backend", type: "backend", optional: true }],
};
const OF_SERVER: readonly ArgSpec[] = [{
  name: "backend/server",
  type: "server",
  check: (value) =>
    /^([^/]+\/)?[^/]+$/.test(String(value)) ? undefined : "a server's name, or backend/server",
}];

/** Finds the named proxy once, when first asked; without a name it is the one whose rules these are. */
function proxyFinder(
  name: string | undefined,
  side: Side,
  lookup: Lookup,
): (stream: StreamView) => ProxyView | undefined {
  const wanted = name ?? lookup.proxyName;
  if (wanted === undefined) {
    return side === "frontend"
      ? (stream) => stream.frontend
      : (stream) => stream.backend ?? stream.frontend;
  }
  let found: ProxyView | undefined;
  return () => found ??= lookup.findProxy?.(wanted, side);
}

/** `[backend/]server`, looked up when first asked; without a backend it is the one whose rules these are. */
function serverFinder(
  name: string,
  lookup: Lookup,
): (stream: StreamView) => ServerView | undefined {
  const slash = name.indexOf("/");
  const server = name.slice(slash + 1);
  const backend = slash < 0 ? lookup.proxyName : name.slice(0, slash);
  return (stream) =>
    lookup.findServer?.(backend ?? (stream.backend ?? stream.frontend).name, server);
}

/** A number of a proxy, of the one that is named or of the present one. */
function ofProxy(
  name: string,
  side: Side,
  doc: string,
  read: (proxy: ProxyView, stream: StreamView) => number | undefined,
): FetchRow {
  return {
    name,
    args: ARG_OF[side],
    type: "sint",
    needs: "internal",
    doc: `${doc} of this or the named ${side}`,
    section: SECTION,
    make: ([named], lookup) => {
      const find = proxyFinder(named as string | undefined, side, lookup);
      return (stream) => {
        const proxy = find(stream);
        return proxy && read(proxy, stream);
      };
    },
  };
}

function ofServer(
  name: string,
  doc: string,
  read: (server: ServerView, stream: StreamView) => number | undefined,
): FetchRow {
  return {
    name,
    args: OF_SERVER,
    type: "sint",
    needs: "internal",
    doc,
    section: SECTION,
    make: ([named], lookup) => {
      const find = serverFinder(named as string, lookup);
      return (stream) => {
        const server = find(stream);
        return server && read(server, stream);
      };
    },
  };
}

/** The proxies and the server of the stream itself. */
function ofStream(
  row: Pick<FetchRow, "name" | "type" | "needs" | "doc">,
  read: (stream: StreamView) => string | number | undefined,
): FetchRow {
  return { ...row, args: [], section: "7.3.3", make: () => read };
}

const backendOf = (stream: StreamView) => stream.backend ?? stream.frontend;

/** Slots of a server that are free; undefined: it has no limit. */
function freeSlots({ maxconn, currentConnections }: ServerView): number | undefined {
  return !maxconn ? undefined : Math.max(0, maxconn - currentConnections);
}

/** Connections that the usable servers could take now; -1: one of them has no limit. */
function freeConnections({ servers = [] }: ProxyView): number {
  const usable = servers.filter((server) => server.usable);
  const active = usable.filter((server) => !server.backup);
  let sum = 0;
  for (const server of active.length > 0 ? active : usable) {
    const free = freeSlots(server);
    if (free === undefined) return -1;
    sum += free;
  }
  return sum;
}

/** Connections and queue places that the running servers could take now; -1: one of them has no limit. */
function freePlaces({ servers = [] }: ProxyView): number {
  let sum = 0;
  for (const server of servers) {
    if (server.running === false) continue;
    if (!server.maxconn || !server.maxqueue) return -1;
    sum += server.maxconn - server.currentConnections + server.maxqueue - (server.queued ?? 0);
  }
  return sum;
}

function averageQueue({ queued = 0, usableServers = 0 }: ProxyView): number {
  // Without a server nothing will ever be taken out of the queue: worse than any average.
  return usableServers === 0 ? queued * 2 : Math.ceil(queued / usableServers);
}

/** The weight that a server has for the balancing: that of an operator, less while it starts slowly. */
function presentWeight({ running, effectiveWeight, weight }: ServerView): number | undefined {
  if (running === false) return 0;
  return effectiveWeight === undefined ? weight : Math.ceil(effectiveWeight / 16);
}

export const PROXY_FETCHES: readonly FetchRow[] = [
  ofProxy("avg_queue", "backend", "streams in the queues for each usable server", averageQueue),
  ofProxy("be_conn", "backend", "connections", (proxy) => proxy.currentConnections),
  ofProxy(
    "be_conn_free",
    "backend",
    "connections that the usable servers could take (-1: without a limit)",
    freeConnections,
  ),
  ofProxy(
    "be_sess_rate",
    "backend",
    "sessions in the last second",
    (proxy, { process }) => proxy.sessionRate?.(process.wall()),
  ),
  ofProxy(
    "connslots",
    "backend",
    "connections and places in queues that the servers could take (-1: without a limit)",
    freePlaces,
  ),
  ofProxy("fe_conn", "frontend", "connections", (proxy) => proxy.currentConnections),
  ofProxy(
    "fe_req_rate",
    "frontend",
    "requests in the last second",
    (proxy, { process }) => proxy.requestRate?.(process.wall()),
  ),
  ofProxy(
    "fe_sess_rate",
    "frontend",
    "sessions in the last second",
    (proxy, { process }) => proxy.sessionRate?.(process.wall()),
  ),
  ofProxy("nbsrv", "backend", "the number of usable servers", (proxy) => proxy.usableServers),
  ofProxy("queue", "backend", "streams in the queues", (proxy) => proxy.queued),
  ofServer("srv_conn", "connections to a server", (server) => server.currentConnections),
  ofServer(
    "srv_conn_free",
    "connections that a server could take (-1: it has no limit)",
    (server) => freeSlots(server) ?? -1,
  ),
  {
    ...ofServer("srv_is_up", "true while a server is up and not in maintenance", () => undefined),
    type: "bool",
    make: ([name], lookup) => {
      const find = serverFinder(name as string, lookup);
      return (stream) => {
        const server = find(stream);
        return server?.running ?? server?.usable;
      };
    },
  },
  ofServer(
    "srv_iweight",
    "the weight of a server in the configuration",
    (server) => server.initialWeight,
  ),
  ofServer("srv_queue", "streams in a server's own queue", (server) => server.queued),
  ofServer(
    "srv_sess_rate",
    "sessions of a server in the last second",
    (server, { process }) => server.sessionRate?.(process.wall()),
  ),
  ofServer(
    "srv_uweight",
    "the weight of a server as an operator has set it",
    (server) => server.weight,
  ),
  ofServer(
    "srv_weight",
    "the weight that a server has now (less while it starts slowly, 0 when it is down)",
    presentWeight,
  ),
  ofStream(
    { name: "be_id", type: "sint", needs: "backend", doc: "the backend's number" },
    (stream) => backendOf(stream).id,
  ),
  ofStream(
    { name: "be_name", type: "str", needs: "backend", doc: "the backend's name" },
    (stream) => backendOf(stream).name,
  ),
  ofStream(
    {
      name: "be_server_timeout",
      type: "sint",
      needs: "backend",
      doc: "`timeout server` of the backend in ms (0: none)",
    },
    (stream) => backendOf(stream).timeouts?.server ?? 0,
  ),
  ofStream(
    {
      name: "be_tunnel_timeout",
      type: "sint",
      needs: "backend",
      doc: "`timeout tunnel` of the backend in ms (0: none)",
    },
    (stream) => backendOf(stream).timeouts?.tunnel ?? 0,
  ),
  ofStream(
    {
      name: "cur_server_timeout",
      type: "sint",
      needs: "backend",
      doc: "the server's timeout for this stream in ms: a rule's, else the backend's",
    },
    (stream) => stream.serverTimeout ?? backendOf(stream).timeouts?.server ?? 0,
  ),
  ofStream(
    {
      name: "cur_tunnel_timeout",
      type: "sint",
      needs: "backend",
      doc: "the tunnel's timeout for this stream in ms: a rule's, else the backend's",
    },
    (stream) => stream.tunnelTimeout ?? backendOf(stream).timeouts?.tunnel ?? 0,
  ),
  ofStream(
    {
      name: "fe_client_timeout",
      type: "sint",
      needs: "client",
      doc: "`timeout client` of the frontend in ms (0: none)",
    },
    (stream) => stream.frontend.timeouts?.client ?? 0,
  ),
  ofStream(
    {
      name: "fe_defbe",
      type: "str",
      needs: "client",
      doc: "the frontend's `default_backend`",
    },
    (stream) => stream.frontend.defaultBackendName,
  ),
  ofStream(
    { name: "fe_id", type: "sint", needs: "client", doc: "the frontend's number" },
    (stream) => stream.frontend.id,
  ),
  ofStream(
    { name: "fe_name", type: "str", needs: "client", doc: "the frontend's name" },
    (stream) => stream.frontend.name,
  ),
  ofStream(
    {
      name: "srv_id",
      type: "sint",
      needs: "server",
      doc: "the number of the server that was chosen",
    },
    (stream) => stream.server?.id,
  ),
  ofStream(
    {
      name: "srv_name",
      type: "str",
      needs: "server",
      doc: "the name of the server that was chosen",
    },
    (stream) => stream.server?.name,
  ),
];
