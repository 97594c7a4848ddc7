/** A configuration without what reaches outside of the process: an explanation must do nothing to the world. */
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
    proxies: config.proxies.map(quietProxy),
  };
}

function quietProxy(proxy: ProxyConfig): ProxyConfig {
  return {
    ...proxy,
    emailAlert: undefined,
    serverStateFrom: undefined,
    servers: proxy.servers.map(quietServer),
  };
}

function quietServer(server: ServerConfig): ServerConfig {
  return {
    ...server,
    check: false,
    agentCheck: false,
    // Names stay names: nobody is asked for their addresses.
    resolvers: undefined,
    initAddr: undefined,
  };
}
