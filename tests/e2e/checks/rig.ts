/**
 * Health checks as an operator sees them: one process checks many scripted servers, one in each backend, and says
 * in its log what came of each first check. The same cases run on the real HAProxy (SLUICE_UNDER_TEST=haproxy),
 * which shows that the expected lines are its own.
 */
import type { Peer } from "../../support/peer.ts";
import { waitFor } from "../../support/poll.ts";
import { freePort } from "../../support/ports.ts";
import type { Scope } from "../../support/scope.ts";
import { startProxy } from "../../support/sluice.ts";
import { startSyslogSink } from "../../support/syslog_sink.ts";
import { startOrigin } from "../../support/tcp.ts";

/** What a server does with a connection; answers what it was sent, when a case wants to see that. */
export type Script = (peer: Peer) => Promise<string | void>;

export interface CheckCase {
  readonly name: string;
  /** lines of the backend; `PORT` stands for a second port of the server, which `second` serves */
  readonly backend: readonly string[];
  /** settings of the server's line besides `check` and the times */
  readonly server?: string;
  /** absent: nobody listens */
  readonly serve?: Script;
  readonly second?: Script;
  /** the first result in the log, from "succeeded" or "failed" on; durations are written `#ms` */
  readonly says: string;
  /** the same when the expected text is not HAProxy's, and why */
  readonly differs?: { readonly says: string; readonly because: string };
  /** what the first check sent */
  readonly sent?: string;
}

export interface Outcome {
  readonly says: string;
  readonly sent: string | undefined;
}

/** ms: `inter` of the cases, which bounds a check without `timeout check` */
export const INTER = 1000;

/** Runs all cases in one process and answers what came of each. */
export async function runCases(
  scope: Scope,
  cases: readonly CheckCase[],
  options: { readonly global?: readonly string[] } = {},
): Promise<Outcome[]> {
  const sink = startSyslogSink(scope);
  const sent = new Map<number, string>();
  const front = freePort();
  let text = `global
    log ${sink.address} len 8192 local0
${(options.global ?? []).map((line) => `    ${line}\n`).join("")}
defaults
    timeout connect 5s
    timeout client 5s
    timeout server 5s
    log global
    option log-health-checks

frontend f
    bind 127.0.0.1:${front}
`;
  for (const [n, each] of cases.entries()) {
    const first = await startServer(scope, each.serve, (text) => {
      if (!sent.has(n)) sent.set(n, text);
    });
    const second = each.second === undefined ? 0 : await startServer(scope, each.second, () => {});
    const lines = each.backend.map((line) => `    ${line.replaceAll("PORT", String(second))}\n`);
    const settings = (each.server ?? "").replaceAll("PORT", String(second));
    text += `backend b${n}\n${lines.join("")}` +
      `    server s 127.0.0.1:${first} check inter ${INTER} ${settings}\n`;
  }
  await startProxy(scope, text, { listening: [`127.0.0.1:${front}`] });
  const line = (n: number) =>
    sink.messages.map((m) => new RegExp(`Health check for server b${n}/s (.*)`).exec(m)?.[1])
      .find((found) => found !== undefined);
  const outcomes: Outcome[] = [];
  for (const [n, each] of cases.entries()) {
    const says = await waitFor(`the result of '${each.name}'`, () => line(n), { limit: 8000 });
    if (each.sent !== undefined) {
      await waitFor(`what '${each.name}' sends`, () => sent.has(n), { limit: 8000 });
    }
    outcomes.push({
      says: says.replace(/, check duration: \d+ms/, ", check duration: #ms").trimEnd(),
      sent: sent.get(n),
    });
  }
  return outcomes;
}

async function startServer(
  scope: Scope,
  script: Script | undefined,
  onSent: (text: string) => void,
): Promise<number> {
  if (script === undefined) return freePort();
  const origin = await startOrigin(scope, async (peer) => {
    const text = await script(peer);
    if (text !== undefined) onSent(text);
  });
  return origin.port;
}
