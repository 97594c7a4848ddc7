/** A configuration without what reaches outside of the process: an explanation must do nothing to the world. */
import { sendsProxy } from "../config/model_proxy_header.ts";
import type { Config, ProxyConfig, ServerConfig } from "../config/model.ts";

/**
 * The same rules, backends, servers and algorithms; no health checks (servers are up until somebody says
 * otherwise), no names to be looked up, no runtime sockets, no files of states, no mails.
 */
export function quietConfig(config: Config): Config {
  return {
    ...config,
    global: {
      ...config.global,
      statsSockets: [],
      serverStateFile: undefined,
      nbproc: undefined,
      nbthread: undefined,
    },
    namespaces: [],
    proxies: config.proxies.map(quietProxy),
  };
}

function quietProxy(proxy: ProxyConfig): ProxyConfig {
  return {
    ...proxy,
    // A client of an explanation says who it is without a header.
    binds: proxy.binds.map((bind) => ({
      ...bind,
      acceptProxy: false,
      namespace: undefined,
      acceptNetscalerCip: undefined,
      // and it speaks HTTP/1, as do the servers
      proto: undefined,
    })),
    emailAlert: undefined,
    serverStateFrom: undefined,
    servers: proxy.servers.map(quietServer),
  };
}

function quietServer(server: ServerConfig): ServerConfig {
  return {
    ...server,
    namespace: undefined,
    check: false,
    agentCheck: false,
    // Names stay names: nobody is asked for their addresses.
    resolvers: undefined,
    initAddr: undefined,
    // What is sent is told as it is before it is wrapped: see `wrappingOf`.
    tls: server.tls && { ...server.tls, ssl: false },
    sendProxy: undefined,
    proto: undefined,
  };
}

/** How a server gets what it is sent: `over TLS`, `after a PROXY header`; "" when there is nothing to say. */
export function wrappingOf({ tls, sendProxy, proto }: ServerConfig): string {
  return [
    proto === "h2" || (tls?.ssl === true && tls.alpn?.includes("h2")) ? "as HTTP/2" : "",
    tls?.ssl === true ? "over TLS" : "",
    sendsProxy(sendProxy) ? "after a PROXY header" : "",
  ].filter((each) => each !== "").join(", ");
}
