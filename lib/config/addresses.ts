/**
 * Addresses as `bind`, `server`, `source` and `log` lines write them (manual 11). Pure: no name is resolved
 * here. All functions answer a Refusal that says which part is wrong.
 */
import { isIP } from "node:net";
import { Refusal } from "./keywords/args.ts";
import type { ListenAddress, ServerAddress } from "./model.ts";
import type { LogTransport } from "./model_log.ts";

type Family =
  | "ip"
  | "ipv4"
  | "ipv6"
  | "unix"
  | "abns"
  | "fd"
  | "sockpair"
  | "ring"
  | "backend"
  | "quic";
interface Prefix {
  readonly family: Family;
  readonly socket?: "stream" | "dgram";
}

const PREFIXES: Readonly<Record<string, Prefix>> = {
  ip: { family: "ip" },
  ipv4: { family: "ipv4" },
  ipv6: { family: "ipv6" },
  unix: { family: "unix" },
  abns: { family: "abns" },
  fd: { family: "fd" },
  sockpair: { family: "sockpair" },
  ring: { family: "ring" },
  backend: { family: "backend" },
  tcp: { family: "ip", socket: "stream" },
  tcp4: { family: "ipv4", socket: "stream" },
  tcp6: { family: "ipv6", socket: "stream" },
  udp: { family: "ip", socket: "dgram" },
  udp4: { family: "ipv4", socket: "dgram" },
  udp6: { family: "ipv6", socket: "dgram" },
  uxst: { family: "unix", socket: "stream" },
  uxdg: { family: "unix", socket: "dgram" },
  quic4: { family: "quic" },
  quic6: { family: "quic" },
};

/** A Unix socket's path must fit in `sun_path`. */
export const MAX_UNIX_PATH = 107;

/** Takes the family prefix off: `ipv4@:80`, `unix@x`, `stream+ip@…`. */
function splitPrefix(text: string): { prefix: Prefix; rest: string } | Refusal {
  const at = text.indexOf("@");
  if (text.startsWith("/")) return { prefix: { family: "unix" }, rest: text };
  if (at < 0) return { prefix: { family: "ip" }, rest: text };
  let name = text.slice(0, at);
  let socket: Prefix["socket"];
  const plus = /^(stream|dgram)\+/.exec(name);
  if (plus !== null) {
    socket = plus[1] as "stream" | "dgram";
    name = name.slice(plus[0].length);
  }
  const prefix = PREFIXES[name];
  if (prefix === undefined) {
    return new Refusal(
      `unknown address prefix '${name}@' in '${text}'`,
      "ipv4@, ipv6@, unix@, abns@ or fd@, or no prefix",
    );
  }
  return {
    prefix: socket === undefined ? prefix : { ...prefix, socket },
    rest: text.slice(at + 1),
  };
}

/** Splits `host:port`. A colon inside an IPv6 address is not taken for the port's unless one follows it. */
function splitPort(text: string): { host: string; port: string | undefined } {
  const colon = text.lastIndexOf(":");
  if (colon < 0 || text.lastIndexOf("]") > colon) return { host: text, port: undefined };
  const host = text.slice(0, colon);
  if (host.includes(":") && !host.startsWith("[") && isIP(host) !== 6 && isIP(text) === 6) {
    return { host: text, port: undefined };
  }
  return { host, port: text.slice(colon + 1) };
}

/** The host without brackets; the empty host and `*` become the family's "any" address. */
function readHost(host: string, family: Family, whole: string): string | Refusal {
  const bare = /^\[(.*)\]$/.exec(host)?.[1] ?? host;
  if (bare === "" || bare === "*") return family === "ipv6" ? "::" : "0.0.0.0";
  const version = isIP(bare);
  if (version === 0) {
    const refuse = new Refusal(
      `invalid address '${bare}' in '${whole}'`,
      "an IPv4 address, an IPv6 address in brackets, a host name or '*'",
    );
    if (/^[0-9.]+$/.test(bare) || bare.includes(":")) return refuse;
    if (bare.length > 255 || !/^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?$/.test(bare)) {
      return refuse;
    }
    return bare;
  }
  if (family === "ipv4" && version !== 4) {
    return new Refusal(
      `'${bare}' is not an IPv4 address in '${whole}'`,
      "an IPv4 address after 'ipv4@'",
    );
  }
  if (family === "ipv6" && version !== 6) {
    return new Refusal(
      `'${bare}' is not an IPv6 address in '${whole}'`,
      "an IPv6 address after 'ipv6@'",
    );
  }
  return bare;
}

function readPort(text: string, whole: string, min: number): number | Refusal {
  if (!/^[0-9]+$/.test(text) || Number(text) < min || Number(text) > 65535) {
    return new Refusal(
      `invalid port '${text}' in '${whole}'`,
      `a port from ${Math.max(min, 1)} to 65535`,
    );
  }
  return Number(text);
}

function readUnixPath(path: string, whole: string): string | Refusal {
  if (path === "") {
    return new Refusal(`the socket's path is missing in '${whole}'`, "a path after 'unix@'");
  }
  if (new TextEncoder().encode(path).length > MAX_UNIX_PATH) {
    return new Refusal(
      `the socket's path '${path}' is too long`,
      `a path of at most ${MAX_UNIX_PATH} bytes`,
    );
  }
  return path;
}

const BIND_EXAMPLE = "for example ':80', '*:8000-8010', '[::]:80' or '/run/app.sock'";

function readOneListen(text: string): ListenAddress[] | Refusal {
  if (text === "") {
    return new Refusal("the address is empty (is an environment variable missing?)", BIND_EXAMPLE);
  }
  const split = splitPrefix(text);
  if (split instanceof Refusal) return split;
  const { prefix, rest } = split;
  if (prefix.family === "quic") return new Refusal(`'${text}': QUIC is not supported yet`);
  if (prefix.socket === "dgram") {
    return new Refusal(`'${text}': listening on UDP is not supported yet`);
  }
  if (prefix.family === "sockpair" || prefix.family === "ring" || prefix.family === "backend") {
    return new Refusal(
      `'${text}': addresses of the form '${prefix.family}@' cannot be listened on`,
    );
  }
  if (prefix.family === "unix") {
    const path = readUnixPath(rest, text);
    return path instanceof Refusal ? path : [{ type: "unix", path }];
  }
  if (prefix.family === "abns") {
    if (rest === "") return new Refusal(`the name is missing in '${text}'`, "a name after 'abns@'");
    return [{ type: "abstract", name: rest }];
  }
  if (prefix.family === "fd") {
    if (!/^[0-9]{1,9}$/.test(rest)) {
      return new Refusal(`'${rest}' is not a file descriptor in '${text}'`, "a number after 'fd@'");
    }
    return [{ type: "fd", fd: Number(rest) }];
  }
  const { host: rawHost, port: rawPort } = splitPort(rest);
  if (rawPort === undefined || rawPort === "") {
    return new Refusal(`missing port in '${text}'`, BIND_EXAMPLE);
  }
  const host = readHost(rawHost, prefix.family, text);
  if (host instanceof Refusal) return host;
  if (/^[+-]/.test(rawPort)) {
    return new Refusal(`a port offset is not possible in '${text}'`, "a port or a range of ports");
  }
  const range = /^([0-9]+)-([0-9]+)$/.exec(rawPort);
  const first = readPort(range?.[1] ?? rawPort, text, 1);
  if (first instanceof Refusal) return first;
  const last = range === null ? first : readPort(range[2], text, 1);
  if (last instanceof Refusal) return last;
  if (last < first) {
    return new Refusal(`invalid port range '${rawPort}' in '${text}'`, "the lower port first");
  }
  const addresses: ListenAddress[] = [];
  for (let port = first; port <= last; port++) addresses.push({ type: "tcp", host, port });
  return addresses;
}

/**
 * Reads the addresses of a `bind` line (manual 4.2 `bind`): a comma-separated list, ranges expanded.
 * The result is never empty.
 */
export function parseListenAddresses(text: string): ListenAddress[] | Refusal {
  const all: ListenAddress[] = [];
  // a comma at the end is HAProxy's habit to forgive
  for (const part of text.replace(/(?<=.),$/, "").split(",")) {
    const some = readOneListen(part);
    if (some instanceof Refusal) return some;
    all.push(...some);
  }
  return all;
}

const SERVER_EXAMPLE =
  "for example '10.0.0.1:80', 'web1.example:80', '[::1]:80' or '/run/app.sock'";

/** Reads a server's address (manual 4.2 `server`). */
export function parseServerAddress(text: string): ServerAddress | Refusal {
  if (text === "") {
    return new Refusal(
      "the address is empty (is an environment variable missing?)",
      SERVER_EXAMPLE,
    );
  }
  const split = splitPrefix(text);
  if (split instanceof Refusal) return split;
  const { prefix, rest } = split;
  const datagrams = prefix.socket === "dgram";
  if (prefix.family === "quic" || (datagrams && prefix.family === "unix")) {
    return new Refusal(`'${text}': a server's address cannot be of this form`, SERVER_EXAMPLE);
  }
  if (["fd", "sockpair", "ring", "backend"].includes(prefix.family)) {
    return new Refusal(
      `'${text}': a server's address cannot be of the form '${prefix.family}@'`,
      SERVER_EXAMPLE,
    );
  }
  if (prefix.family === "unix") {
    const path = readUnixPath(rest, text);
    return path instanceof Refusal ? path : { type: "unix", path };
  }
  if (prefix.family === "abns") {
    if (rest === "") return new Refusal(`the name is missing in '${text}'`, "a name after 'abns@'");
    return { type: "abstract", name: rest };
  }
  const { host: rawHost, port: rawPort } = splitPort(rest);
  const host = readHost(rawHost, prefix.family, text);
  if (host instanceof Refusal) return host;
  const tcp = datagrams ? { type: "tcp", datagrams } as const : { type: "tcp" } as const;
  // 0.0.0.0 and [::] stand for the address that the client connected to, port 0 for its port.
  const any = host === "0.0.0.0" || host === "::";
  if (rawPort === undefined || rawPort === "" || (any && rawPort === "0")) {
    return { ...tcp, host };
  }
  if (/^[0-9]+-[0-9]+$/.test(rawPort)) {
    return new Refusal(
      `a port range is not possible in '${text}'`,
      "one port, or an offset such as '+10'",
    );
  }
  const offset = /^([+-])([0-9]+)$/.exec(rawPort);
  if (offset !== null) {
    const distance = readPort(offset[2], text, 0);
    if (distance instanceof Refusal) return distance;
    return { ...tcp, host, portOffset: offset[1] === "-" ? -distance : distance };
  }
  const port = readPort(rawPort, text, 0);
  if (port instanceof Refusal) return port;
  // port 0 is "the port the client came in on", as if none had been written
  return port === 0 ? { ...tcp, host } : { ...tcp, host, port };
}

/** Where outgoing connections leave from; with `lastPort` from any port between the two. */
export interface SourceAddress {
  readonly host: string;
  readonly port?: number;
  readonly lastPort?: number;
}

/** Reads the address outgoing connections leave from (manual 5.2 `source`). */
export function parseSourceAddress(text: string): SourceAddress | Refusal {
  const split = splitPrefix(text);
  if (split instanceof Refusal) return split;
  const { prefix, rest } = split;
  const example =
    "an IP address, optionally with a port or a range: '10.0.0.5' or '10.0.0.5:1024-65535'";
  if (!["ip", "ipv4", "ipv6"].includes(prefix.family) || prefix.socket === "dgram") {
    return new Refusal(`'${text}' cannot be a source address`, example);
  }
  const { host: rawHost, port: rawPort } = splitPort(rest);
  const host = readHost(rawHost, prefix.family, text);
  if (host instanceof Refusal) return host;
  if (isIP(host) === 0) return new Refusal(`invalid address '${host}' in '${text}'`, example);
  if (rawPort === undefined || rawPort === "") return { host };
  const range = /^([0-9]+)-([0-9]+)$/.exec(rawPort);
  if (range !== null) {
    const first = readPort(range[1], text, 1);
    if (first instanceof Refusal) return first;
    const last = readPort(range[2], text, 1);
    if (last instanceof Refusal) return last;
    if (last < first) return new Refusal(`the range of ports in '${text}' is empty`, example);
    return { host, port: first, lastPort: last };
  }
  const port = readPort(rawPort, text, 0);
  if (port instanceof Refusal) return port;
  return port === 0 ? { host } : { host, port };
}

/** The standard syslog port. */
const SYSLOG_PORT = 514;

/** Reads the address of a `log` line (manual 4.2 `log`). */
export function parseLogAddress(text: string): LogTransport | Refusal {
  if (text === "stdout" || text === "stderr") return { type: text };
  const example = "for example '127.0.0.1:514', 'tcp@10.0.0.1:514', '/dev/log', " +
    "'file@/var/log/sluice/access.log', 'stdout' or 'fd@3'";
  if (text.startsWith("file@")) {
    const path = text.slice("file@".length);
    if (path.startsWith("/")) return { type: "file", path };
    return new Refusal(`'${text}' needs an absolute path`, example);
  }
  if (text === "") {
    return new Refusal("the address is empty (is an environment variable missing?)", example);
  }
  const split = splitPrefix(text);
  if (split instanceof Refusal) return split;
  const { prefix, rest } = split;
  switch (prefix.family) {
    case "ring":
    case "backend": {
      const what = prefix.family === "ring" ? "a 'ring' section" : "a backend of 'mode log'";
      return rest === ""
        ? new Refusal(`the name is missing in '${text}'`, `the name of ${what}`)
        : { type: prefix.family, name: rest };
    }
    case "quic":
    case "sockpair":
    case "abns":
      return new Refusal(`'${text}' cannot be the target of logs`, example);
    case "fd": {
      if (!/^[0-9]{1,9}$/.test(rest)) {
        return new Refusal(
          `'${rest}' is not a file descriptor in '${text}'`,
          "a number after 'fd@'",
        );
      }
      if (rest === "1") return { type: "stdout" };
      if (rest === "2") return { type: "stderr" };
      return { type: "fd", fd: Number(rest) };
    }
    case "unix": {
      if (prefix.socket === "stream") {
        return new Refusal(
          `'${text}': logs over a Unix stream socket are not supported yet`,
          example,
        );
      }
      const path = readUnixPath(rest, text);
      return path instanceof Refusal ? path : { type: "unix", path };
    }
  }
  const { host: rawHost, port: rawPort } = splitPort(rest);
  if (rawHost === "" || rawHost === "*") {
    return new Refusal(`the host is missing in '${text}'`, example);
  }
  const host = readHost(rawHost, prefix.family, text);
  if (host instanceof Refusal) return host;
  const port = rawPort === undefined || rawPort === "" ? SYSLOG_PORT : readPort(rawPort, text, 1);
  if (port instanceof Refusal) return port;
  return { type: prefix.socket === "stream" ? "tcp" : "udp", host, port };
}
