/**
 * Health checks as an operator sees them: one process checks many scripted servers, one in each backend, and its log
 * says what came of each first check. What is expected stands in golden files that the real HAProxy wrote:
 * `UPDATE_GOLDEN=1 SLUICE_UNDER_TEST=haproxy` writes them anew.
 */
import type { Peer } from "../../support/peer.ts";
import { waitFor } from "../../support/poll.ts";
import { freePort } from "../../support/ports.ts";
import type { Scope } from "../../support/scope.ts";
import { reloadedProxy } from "../../support/reloaded_proxy.ts";
import { startSyslogSink } from "../../support/syslog_sink.ts";
import { startOrigin } from "../../support/tcp.ts";

const startProxy = reloadedProxy();

/** What a server does with a connection; answers what it was sent. */
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
  /** what the server was sent is part of the outcome */
  readonly sees?: boolean;
  /** sluice's outcome where it is another than HAProxy's on purpose, and why */
  readonly differs?: { readonly says: string; readonly because: string };
}

export interface Outcome {
  /** the first result in the log, from "succeeded" or "failed" on */
  readonly says: string;
  readonly sent: string | undefined;
}

/** ms: `inter` of the cases, which bounds a check without `timeout check`; hundreds begin at once */
const INTER = 3000;

/** Runs all cases in one process and answers what came of each. */
export async function runCases(
  scope: Scope,
  cases: readonly CheckCase[],
  global: readonly string[] = [],
): Promise<Outcome[]> {
  const sink = startSyslogSink(scope);
  const sent = new Map<number, string>();
  const front = freePort();
  let text = `global
    log ${sink.address} len 8192 local0
    node here
${global.map((line) => `    ${line}\n`).join("")}
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
  const said = (n: number) => {
    const pattern = new RegExp(`Health check for server b${n}/s (.*)`);
    for (const message of sink.messages) {
      const found = pattern.exec(message);
      if (found !== null) return found[1];
    }
    return undefined;
  };
  const outcomes: Outcome[] = [];
  for (const [n, each] of cases.entries()) {
    const says = await waitFor(`the result of '${each.name}'`, () => said(n));
    if (each.sees) await waitFor(`what '${each.name}' sends`, () => sent.has(n));
    outcomes.push({
      says: says.replace(/, check duration: \d+ms/, "").trimEnd(),
      sent: each.sees ? sent.get(n)!.replace(/port=\d+/, "port=PORT") : undefined,
    });
  }
  return outcomes;
}

/** The outcomes as the text of a golden file; cases that differ on purpose are left out. */
export function describe(cases: readonly CheckCase[], outcomes: readonly Outcome[]): string {
  let text = "";
  for (const [n, { name, differs }] of cases.entries()) {
    if (differs !== undefined) continue;
    const { says, sent } = outcomes[n];
    text += `${name}\n    ${says}\n`;
    if (sent !== undefined) text += `    sent ${JSON.stringify(sent)}\n`;
  }
  return text;
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
