/** From `resolvers` sections to Resolvers. */
import { isIP } from "node:net";
import type { NameserverConfig, ResolversConfig } from "../config/model_resolvers.ts";
import { Resolver, type ResolverParts } from "./resolver.ts";

/** Nameservers of the system that are used at most (resolv.conf(5) has three). */
const MOST = 16;

/** The addresses of `nameserver` lines (resolv.conf(5)); what is no address is left out. */
export function nameserversOf(text: string): string[] {
  const found: string[] = [];
  for (const line of text.split("\n")) {
    const match = /^\s*nameserver\s+(\S+)/.exec(line);
    // A zone belongs to a machine's interface, which no socket is bound to here.
    if (match !== null && isIP(match[1]) !== 0 && !found.includes(match[1])) found.push(match[1]);
  }
  return found.slice(0, MOST);
}

/** `parse-resolv-conf`: the system's nameservers stand where the line stands. */
function withSystemServers(
  config: ResolversConfig,
  readFile: (path: string) => Uint8Array,
): ResolversConfig {
  const { parseResolvConf: at, nameservers, span } = config;
  if (at === undefined) return config;
  let text: string;
  try {
    text = new TextDecoder().decode(readFile("/etc/resolv.conf"));
  } catch {
    return config;
  }
  const names = new Set(nameservers.map(({ name }) => name));
  const system = nameserversOf(text).filter((host) => !names.has(host)).map((
    host,
  ): NameserverConfig => ({ name: host, transport: "udp", host, port: 53, span }));
  return {
    ...config,
    nameservers: [...nameservers.slice(0, at), ...system, ...nameservers.slice(at)],
  };
}

/** A Resolver for each section, by its name. Nothing is asked yet. */
export function provisionResolvers(
  sections: readonly ResolversConfig[],
  parts: ResolverParts,
  readFile: (path: string) => Uint8Array,
): ReadonlyMap<string, Resolver> {
  return new Map(
    sections.map((each) => [each.name, new Resolver(withSystemServers(each, readFile), parts)]),
  );
}
