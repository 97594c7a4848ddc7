/** Fetches of internal states (manual 7.3.2). Usable everywhere. */
import type { ArgSpec, FetchRow, Lookup } from "../rows.ts";
import type { ProxyView, StreamView } from "../context.ts";
import { latin1OfText } from "../../http1/bytes.ts";
import { readSint, type Value } from "../sample.ts";

const SECTION = "7.3.2";

/** Connections of the named proxy, or of the stream's own. */
function proxyConnections(side: "frontend" | "backend"): FetchRow["make"] {
  return ([name], lookup) => {
    const proxy = proxyFinder(name as string | undefined, side, lookup);
    return (stream) => proxy(stream)?.currentConnections;
  };
}

/** Finds the named proxy once, when first asked; without a name it is the stream's own. */
function proxyFinder(
  name: string | undefined,
  side: "frontend" | "backend",
  lookup: Lookup,
): (stream: StreamView) => ProxyView | undefined {
  if (name === undefined) {
    return side === "frontend"
      ? (stream) => stream.frontend
      : (stream) => stream.backend ?? stream.frontend;
  }
  let found: ProxyView | undefined;
  return () => found ??= lookup.findProxy?.(name, side);
}

const OF_FRONTEND: readonly ArgSpec[] = [{ name: "frontend", type: "frontend", optional: true }];
const OF_BACKEND: readonly ArgSpec[] = [{ name: "backend", type: "backend", optional: true }];
const OF_SERVER: readonly ArgSpec[] = [{
  name: "backend/server",
  type: "server",
  check: (value) =>
    /^([^/]+\/)?[^/]+$/.test(String(value)) ? undefined : "a server's name, or backend/server",
}];

/** `[backend/]server`, looked up when first asked (per backend when it is the current one). */
function serverFinder(name: string, lookup: Lookup) {
  const slash = name.indexOf("/");
  const server = name.slice(slash + 1);
  const backend = slash < 0 ? undefined : name.slice(0, slash);
  return (stream: StreamView) =>
    lookup.findServer?.(backend ?? (stream.backend ?? stream.frontend).name, server);
}

/** A UUID of version 4 from the process's own randomness (RFC 9562 section 5.4). */
function uuid(random: () => number): string {
  const hex = (digits: number) =>
    Math.floor(random() * 16 ** digits).toString(16).padStart(digits, "0");
  const variant = (8 + Math.floor(random() * 4)).toString(16);
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${variant}${hex(3)}-${hex(6)}${hex(6)}`;
}

const UNIT: ArgSpec = { name: "unit", type: "enum", values: ["s", "ms", "us"], optional: true };

export const INTERNAL_FETCHES: readonly FetchRow[] = [
  {
    name: "always_true",
    args: [],
    type: "bool",
    needs: "nothing",
    doc: "always true",
    section: SECTION,
    make: () => () => true,
  },
  {
    name: "always_false",
    args: [],
    type: "bool",
    needs: "nothing",
    doc: "always false",
    section: SECTION,
    make: () => () => false,
  },
  {
    name: "bool",
    args: [{ name: "bool", type: "enum", values: ["true", "false", "1", "0"] }],
    type: "bool",
    needs: "nothing",
    doc: "a constant boolean",
    section: SECTION,
    make: ([text]) => {
      const value = text === "true" || text === "1";
      return () => value;
    },
  },
  {
    name: "int",
    args: [{
      name: "integer",
      type: "str",
      check: (v) => /^[-+]?[0-9]{1,40}$/.test(String(v)) ? undefined : "an integer",
    }],
    type: "sint",
    needs: "nothing",
    doc: "a constant integer",
    section: SECTION,
    make: ([text]) => {
      const value = readSint(text as string);
      return () => value;
    },
  },
  {
    name: "str",
    args: [{ name: "string", type: "str", optional: true }],
    type: "str",
    needs: "nothing",
    doc: "a constant string",
    section: SECTION,
    make: ([text]) => {
      const value = (text ?? "") as string;
      return () => value;
    },
  },
  {
    name: "bin",
    args: [{
      name: "hex",
      type: "str",
      check: (v) =>
        /^([0-9a-fA-F]{2})+$/.test(String(v)) ? undefined : "an even number of hexadecimal digits",
    }],
    type: "bin",
    needs: "nothing",
    doc: "constant bytes, written in hexadecimal",
    section: SECTION,
    make: ([text]) => {
      const value = (text as string).replace(
        /../g,
        (pair) => String.fromCharCode(parseInt(pair, 16)),
      );
      return () => value;
    },
  },
  {
    name: "meth",
    args: [{ name: "method", type: "str" }],
    type: "meth",
    needs: "nothing",
    doc: "a constant method",
    section: SECTION,
    make: ([text]) => () => text as string,
  },
  {
    name: "ipv4",
    args: [{
      name: "ipv4",
      type: "ip",
      check: (v) => typeof v === "number" ? undefined : "an IPv4 address",
    }],
    type: "ip",
    needs: "nothing",
    doc: "a constant IPv4 address",
    section: SECTION,
    make: ([ip]) => () => ip as Value,
  },
  {
    name: "ipv6",
    args: [{
      name: "ipv6",
      type: "ip",
      check: (v) => typeof v === "object" ? undefined : "an IPv6 address",
    }],
    type: "ip",
    needs: "nothing",
    doc: "a constant IPv6 address",
    section: SECTION,
    make: ([ip]) => () => ip as Value,
  },
  {
    name: "date",
    args: [{ name: "offset", type: "int", optional: true }, UNIT],
    type: "sint",
    needs: "nothing",
    doc: "the current date since 1970 in s (or ms, us), plus an offset in the same unit",
    section: SECTION,
    make: ([offset, unit]) => {
      const plus = (offset ?? 0) as number;
      if (unit === "us") return (stream) => Math.floor(stream.process.wall() * 1000) + plus;
      if (unit === "ms") return (stream) => Math.floor(stream.process.wall()) + plus;
      return (stream) => Math.floor(stream.process.wall() / 1000) + plus;
    },
  },
  {
    name: "date_us",
    args: [],
    type: "sint",
    needs: "nothing",
    doc: "the microseconds within the current second",
    section: SECTION,
    make: () => (stream) => Math.floor(stream.process.wall() * 1000) % 1_000_000,
  },
  {
    name: "env",
    args: [{ name: "name", type: "str" }],
    type: "str",
    needs: "nothing",
    doc: "an environment variable, as it was when the configuration was loaded",
    section: SECTION,
    make: ([name], lookup) => {
      const text = lookup.env?.(name as string);
      const value = text === undefined ? undefined : latin1OfText(text);
      return () => value;
    },
  },
  {
    name: "hostname",
    args: [],
    type: "str",
    needs: "nothing",
    doc: "the host's name",
    section: SECTION,
    make: () => (stream) => stream.process.hostname,
  },
  {
    name: "proc",
    args: [],
    type: "sint",
    needs: "nothing",
    doc: "always 1 (there is one process)",
    section: SECTION,
    make: () => () => 1,
  },
  {
    name: "rand",
    args: [{
      name: "range",
      type: "int",
      optional: true,
      check: (v) => Number(v) >= 1 && Number(v) <= 2 ** 32 ? undefined : "1 to 4294967296",
    }],
    type: "sint",
    needs: "nothing",
    doc: "a random integer from 0 to range - 1 (2^32)",
    section: SECTION,
    make: ([range]) => {
      const size = (range ?? 2 ** 32) as number;
      return (stream) => Math.floor(stream.process.random() * size);
    },
  },
  {
    name: "uuid",
    args: [{
      name: "version",
      type: "int",
      optional: true,
      check: (v) => v === 4 ? undefined : "4",
    }],
    type: "str",
    needs: "nothing",
    doc: "a random UUID of version 4",
    section: SECTION,
    make: () => (stream) => uuid(stream.process.random),
  },
  {
    name: "stopping",
    args: [],
    type: "bool",
    needs: "internal",
    doc: "true while the process is stopping",
    section: SECTION,
    make: () => (stream) => stream.process.stopping,
  },
  {
    name: "fe_conn",
    args: OF_FRONTEND,
    type: "sint",
    needs: "internal",
    doc: "connections on this or the named frontend",
    section: SECTION,
    make: proxyConnections("frontend"),
  },
  {
    name: "be_conn",
    args: OF_BACKEND,
    type: "sint",
    needs: "internal",
    doc: "connections on the current or the named backend",
    section: SECTION,
    make: proxyConnections("backend"),
  },
  {
    name: "srv_conn",
    args: OF_SERVER,
    type: "sint",
    needs: "internal",
    doc: "connections to a server",
    section: SECTION,
    make: ([name], lookup) => {
      const find = serverFinder(name as string, lookup);
      return (stream) => find(stream)?.currentConnections;
    },
  },
  {
    name: "srv_is_up",
    args: OF_SERVER,
    type: "bool",
    needs: "internal",
    doc: "true while a server is up and not in maintenance",
    section: SECTION,
    make: ([name], lookup) => {
      const find = serverFinder(name as string, lookup);
      return (stream) => {
        const server = find(stream);
        return server?.running ?? server?.usable;
      };
    },
  },
  {
    name: "fe_id",
    args: [],
    type: "sint",
    needs: "client",
    doc: "the frontend's number",
    section: "7.3.3",
    make: () => (stream) => stream.frontend.id,
  },
  {
    name: "fe_name",
    args: [],
    type: "str",
    needs: "client",
    doc: "the frontend's name",
    section: "7.3.3",
    make: () => (stream) => stream.frontend.name,
  },
  {
    name: "be_id",
    args: [],
    type: "sint",
    needs: "backend",
    doc: "the backend's number",
    section: "7.3.3",
    make: () => (stream) => (stream.backend ?? stream.frontend).id,
  },
  {
    name: "be_name",
    args: [],
    type: "str",
    needs: "backend",
    doc: "the backend's name",
    section: "7.3.3",
    make: () => (stream) => (stream.backend ?? stream.frontend).name,
  },
  {
    name: "srv_id",
    args: [],
    type: "sint",
    needs: "server",
    doc: "the number of the server that was chosen",
    section: "7.3.3",
    make: () => (stream) => stream.server?.id,
  },
  {
    name: "srv_name",
    args: [],
    type: "str",
    needs: "server",
    doc: "the name of the server that was chosen",
    section: "7.3.3",
    make: () => (stream) => stream.server?.name,
  },
];
