/**
 * Keywords of HAProxy's `global` section that sluice knows by name and does not have: refused when they
 * would change what the proxy does, ignored with a warning when they tune a machinery sluice has not.
 */
import { group, type KeywordGroup } from "./group.ts";
import type { KeywordRow } from "./types.ts";

const groups: readonly KeywordGroup[] = [
  {
    status: "unsupported",
    reason: "write 'maxconn' where the TLS connections come in, and on server lines with 'ssl'",
    manual: "3.2",
    names: {
      maxsslconn: "TLS connections at the same time",
    },
  },
  {
    status: "unsupported",
    reason: "sluice uses OpenSSL as the system has it set up (openssl.cnf)",
    manual: "3.2",
    names: {
      "ssl-engine": "Hardware for TLS",
      "ssl-mode-async": "TLS operations beside the event loop",
      "ssl-propquery": "Properties of TLS algorithms",
      "ssl-provider": "Provider of TLS algorithms",
      "ssl-provider-path": "Directory of providers",
    },
  },
  {
    status: "unsupported",
    reason:
      "sluice asks no OCSP responder; put its answer into the '.ocsp' file beside the certificate",
    manual: "3.2",
    names: {
      "ocsp-update.disable": "Whether OCSP answers are asked for",
      "ocsp-update.httpproxy": "Proxy by which OCSP responders are asked",
      "ocsp-update.maxdelay": "Longest time between two OCSP answers",
      "ocsp-update.mindelay": "Shortest time between two OCSP answers",
      "ocsp-update.mode": "Whether OCSP answers are asked for",
      "tune.ssl.ocsp-update.maxdelay": "Longest time between two OCSP answers",
      "tune.ssl.ocsp-update.mindelay": "Shortest time between two OCSP answers",
    },
  },
  {
    status: "unsupported",
    reason: "keys of sessions are not kept, so that nobody finds them",
    manual: "3.2",
    names: {
      "tune.ssl.keylog": "Keeps the keys of TLS sessions",
    },
  },
  {
    status: "ignored",
    reason: "it tunes HAProxy's own machinery, which sluice does not have",
    manual: "3.2",
    prefixes: ["no"],
    names: {
      "busy-polling": "Never sleeps while polling",
      "numa-cpu-mapping": "Keeps to the CPUs of one NUMA node",
    },
  },
  {
    status: "ignored",
    reason: "it tunes HAProxy's own machinery, which sluice does not have",
    manual: "3.2",
    names: {
      "no-memory-trimming": "Never gives memory back to the system",
      maxzlibmem: "Memory of compression",
      noevports: "Does not use event ports",
      nogetaddrinfo: "Does not use getaddrinfo",
      nokqueue: "Does not use kqueue",
      nopoll: "Does not use poll",
      noreuseport: "Does not use SO_REUSEPORT",
      "profiling.memory": "Measures allocations",
      "profiling.tasks": "Measures tasks",
      "tune.buffers.limit": "Number of buffers",
      "tune.buffers.reserve": "Buffers kept in reserve",
      "tune.fail-alloc": "Lets allocations fail, for tests",
      "tune.fd.edge-triggered": "Edge-triggered polling",
      "tune.http.cookielen": "Bytes of a captured cookie",
      "tune.idle-pool.shared": "Shares idle connections between threads",
      "tune.listener.multi-queue": "One accept queue per thread",
      "tune.lua.forced-yield": "Lua instructions between pauses",
      "tune.lua.maxmem": "Memory of Lua",
      "tune.lua.service-timeout": "Time a Lua service may take",
      "tune.lua.session-timeout": "Time a Lua action may take",
      "tune.lua.task-timeout": "Time a Lua task may take",
      "tune.maxpollevents": "Events taken at once",
      "tune.pattern.cache-size": "Cache of pattern matches",
      "tune.pool-high-fd-ratio": "Share of descriptors at which idle connections are closed",
      "tune.pool-low-fd-ratio": "Share of descriptors below which idle connections are kept",
      "tune.quic.frontend.conn-tx-buffers.limit": "QUIC's send buffers",
      "tune.quic.frontend.max-idle-timeout": "QUIC's idle time",
      "tune.quic.frontend.max-streams-bidi": "QUIC's streams",
      "tune.quic.retry-threshold": "Connections at which QUIC asks for a retry",
      "tune.recv_enough": "Bytes that end a read",
      "tune.runqueue-depth": "Tasks run in a row",
      "tune.sched.low-latency": "Shorter runs of tasks",
      "tune.zlib.memlevel": "Memory level of compression",
      "tune.zlib.windowsize": "Window of compression",
    },
  },
  {
    status: "ignored",
    reason: "the system's limits hold for sluice as they are",
    manual: "3.1",
    prefixes: ["no"],
    names: {
      "strict-limits": "Fails when a limit cannot be set",
      "set-dumpable": "Allows core dumps",
      "insecure-fork-wanted": "Allows programs to be started",
      "insecure-setuid-wanted": "Allows setuid programs",
    },
  },
  {
    status: "ignored",
    reason: "sluice has no directive that asks for it",
    manual: "3.1",
    names: {
      "expose-experimental-directives": "Allows directives that are experiments",
      "fd-hard-limit": "Highest limit of descriptors; set 'maxconn' or 'ulimit-n'",
      "mworker-max-reloads": "Reloads that an old worker survives",
      "stats bind-process": "Processes that have stats sockets (removed from HAProxy)",
      "pp2-never-send-local": "PROXY header on local connections",
      "h2-workaround-bogus-websocket-clients": "No WebSocket over HTTP/2",
      "cluster-secret": "Secret of a cluster, for QUIC",
    },
  },
  {
    status: "unsupported",
    reason: "all threads are of one group",
    manual: "3.1",
    names: {
      "thread-group": "Threads of a group",
      "thread-groups": "Number of thread groups",
    },
  },
  {
    status: "unsupported",
    reason:
      "relative paths start from the directory sluice is started in ('-C DIRECTORY' changes it)",
    manual: "3.1",
    names: { "default-path": "Where relative paths start" },
  },
  {
    status: "unsupported",
    reason: "proxies say it; here are the targets that it stands for",
    manual: "3.1",
    names: { "log global": "Logs to the targets of the global section" },
  },
  {
    status: "unsupported",
    reason: "Lua is not supported",
    manual: "3.1",
    names: {
      "lua-load": "Loads a Lua program",
      "lua-load-per-thread": "Loads a Lua program in every thread",
      "lua-prepend-path": "Where Lua modules are found",
    },
  },
  {
    status: "unsupported",
    reason: "the commercial device databases are not supported",
    manual: "3.1",
    names: {
      "51degrees-cache-size": "51Degrees: size of the cache",
      "51degrees-data-file": "51Degrees: the database",
      "51degrees-property-name-list": "51Degrees: the properties",
      "51degrees-property-separator": "51Degrees: between properties",
      "deviceatlas-json-file": "DeviceAtlas: the database",
      "deviceatlas-log-level": "DeviceAtlas: how much is logged",
      "deviceatlas-properties-cookie": "DeviceAtlas: the cookie",
      "deviceatlas-separator": "DeviceAtlas: between properties",
      "wurfl-cache-size": "WURFL: size of the cache",
      "wurfl-data-file": "WURFL: the database",
      "wurfl-information-list": "WURFL: the properties",
      "wurfl-information-list-separator": "WURFL: between properties",
      "wurfl-patch-file": "WURFL: patches of the database",
    },
  },
  {
    status: "unsupported",
    manual: "3",
    names: {
      "httpclient.resolvers.id": "Name resolution of HAProxy's own requests",
      "httpclient.resolvers.prefer": "Address family of HAProxy's own requests",
      "httpclient.ssl.ca-file": "CA certificates of HAProxy's own requests",
      "httpclient.ssl.verify": "Verification in HAProxy's own requests",
      "tune.http.logurilen": "Bytes of a URI in the log",
    },
  },
];

export const unsupportedGlobalRows: readonly KeywordRow[] = groups.flatMap((g) =>
  group({ ...g, sections: ["global"] })
);
