/** `timeout …` (manual 4.2): every limit on how long something may take, in milliseconds. */
import type { Timeouts } from "../model.ts";
import { time } from "./args.ts";
import { type KeywordRow, one, proxyKeyword, type SectionKind } from "./types.ts";

const FRONT: readonly SectionKind[] = ["defaults", "frontend", "listen"];
const BACK: readonly SectionKind[] = ["defaults", "listen", "backend"];
const ALL: readonly SectionKind[] = ["defaults", "frontend", "listen", "backend"];

function timeout(
  what: string,
  sections: readonly SectionKind[],
  field: keyof Timeouts,
  summary: string,
): KeywordRow {
  return proxyKeyword({
    name: `timeout ${what}`,
    sections,
    args: { time: one(time()) },
    summary,
    manual: "4.2",
    apply(proxy, { time }, { diagnostics, statement, previous }) {
      if (previous !== undefined) {
        diagnostics.warning(statement.span, `'timeout ${what}' is set a second time here`, {
          related: { span: previous.span, message: "this value is not used" },
        });
      }
      // zero is "no limit", as if nothing had been written
      if (time === 0) delete proxy.timeouts[field];
      else proxy.timeouts[field] = time;
    },
  });
}

export const timeoutRows: readonly KeywordRow[] = [
  timeout("check", BACK, "check", "How long a health check may wait for its answer once connected"),
  timeout(
    "client",
    [...FRONT, "log-forward"],
    "client",
    "How long the client may be silent when it should send or take data",
  ),
  timeout("client-fin", FRONT, "clientFin", "As 'timeout client', once one direction is closed"),
  timeout("connect", BACK, "connect", "How long a connection to a server may take to be made"),
  timeout(
    "http-keep-alive",
    ALL,
    "httpKeepAlive",
    "How long a client's connection may wait for its next request",
  ),
  timeout(
    "http-request",
    ALL,
    "httpRequest",
    "How long a client may take to send a complete request head",
  ),
  timeout(
    "queue",
    BACK,
    "queue",
    "How long a request may wait for a free connection slot of a server",
  ),
  timeout(
    "server",
    BACK,
    "server",
    "How long a server may be silent when it should send or take data",
  ),
  timeout("server-fin", BACK, "serverFin", "As 'timeout server', once one direction is closed"),
  timeout(
    "tarpit",
    ALL,
    "tarpit",
    "How long a request that a rule tarpits is held before its answer",
  ),
  timeout(
    "tunnel",
    BACK,
    "tunnel",
    "How long both sides of a tunnel (WebSocket, CONNECT, TCP) may be silent; replaces the other two there",
  ),
];
