/** `set-src`, `set-src-port`, `set-dst`, `set-dst-port` (manual 4.2): where a stream is said to come from and go to. */
import { destinationOf, sourceOf } from "../../expr/addresses.ts";
import type { StreamView } from "../../expr/context.ts";
import { formatIp, type Ip, Ip6 } from "../../expr/ip.ts";
import type { Value } from "../../expr/sample.ts";
import type { Address } from "../../net/conn.ts";
import { sampleArgument } from "../argument.ts";
import type { ActionRow, RuleKind } from "../types.ts";

const RULES: readonly RuleKind[] = [
  "tcp-request connection",
  "tcp-request session",
  "tcp-request content",
  "http-request",
];

/** The address of `old` replaced; a port is kept, a Unix socket has none. */
function withHost(old: Address, value: Value): Address {
  const ip = value as Ip;
  const port = old.family === "unix" ? 0 : old.port;
  return { family: ip instanceof Ip6 ? 6 : 4, host: formatIp(ip), port };
}

/** The port of `old` replaced; what is no port counts by its last 16 bits, as in HAProxy. */
function withPort(old: Address, value: Value): Address {
  const port = Number(BigInt.asUintN(16, BigInt(value as number | bigint)));
  return old.family === "unix" ? { family: 4, host: "0.0.0.0", port } : { ...old, port };
}

function row(
  name: string,
  doc: string,
  end: "source" | "destination",
  type: "ip" | "sint",
): ActionRow {
  const read = end === "source" ? sourceOf : destinationOf;
  const change = type === "ip" ? withHost : withPort;
  return {
    name,
    args: "<expr>",
    rules: RULES,
    doc,
    section: "4.2",
    compile: (reader, ctx) => {
      const sample = sampleArgument(reader, type, ctx);
      // What rules of a connection say holds for all streams on it.
      const ofSession = ctx.kind === "tcp-request connection" || ctx.kind === "tcp-request session";
      const holder = (stream: StreamView) => ofSession ? stream.session : stream;
      return sample && ((stream) => {
        const value = sample(stream);
        if (value !== undefined) holder(stream)[end] = change(read(stream), value);
        return undefined;
      });
    },
  };
}

export const ADDRESS_ACTIONS: readonly ActionRow[] = [
  row("set-src", "makes the client's address another one; its port stays", "source", "ip"),
  row("set-src-port", "makes the client's port another one", "source", "sint"),
  row(
    "set-dst",
    "makes the destination's address another one; its port stays",
    "destination",
    "ip",
  ),
  row("set-dst-port", "makes the destination's port another one", "destination", "sint"),
];
