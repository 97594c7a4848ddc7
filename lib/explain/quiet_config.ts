/** A configuration without what reaches outside of the process: an explanation must do nothing to the world. */
import type { Config, ProxyConfig, ServerConfig } from "../config/model.ts";

/**
 * The same rules, backends, servers and algorithms; no health checks (servers are up until somebody says
 * otherwise), no runtime sockets, no user or directory to change to.
 */
export function quietConfig(config: Config): Config {
  return {
    ...config,
    global: {
      ...config.global,
      statsSockets: [],
      nbproc: undefined,
      nbthread: undefined,
    },
    proxies: config.proxies.map(quietProxy),
  };
}

function quietProxy(proxy: ProxyConfig): ProxyConfig {
  return { ...proxy, servers: proxy.servers.map(quietServer) };
}

function quietServer(server: ServerConfig): ServerConfig {
  return { ...server, check: false, agentCheck: false };
}
