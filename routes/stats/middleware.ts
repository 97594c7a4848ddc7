/**
 * The statistics page as a step of a proxy's policy (manual 4.2 `stats`): behind its `http-request` rules, before its
 * redirections and the choice of a backend.
 */
import type { ProxyConfig } from "../../lib/config/model.ts";
import { DEFAULT_STATS_REALM, type StatsConfig } from "../../lib/config/model_stats.ts";
import { compileCondition } from "../../lib/expr/condition.ts";
import type { CompileContext } from "../../lib/expr/context_compile.ts";
import { bytesOfLatin1 } from "../../lib/http1/bytes.ts";
import { failure } from "../../lib/proxy/failure.ts";
import type { HttpSession } from "../../lib/proxy/http_session.ts";
import type { Stream } from "../../lib/proxy/stream.ts";
import type { ProcessState } from "../../lib/runtime/process_state.ts";
import { dumpStats } from "../../lib/runtime/stats/dump.ts";
import { STATS_SCHEMA } from "../../lib/runtime/stats/schema.ts";
import { compileRules, type RuleSet } from "../../lib/rules/rule_set.ts";
import { PC } from "../../lib/state/traffic.ts";
import { ANSWERED, onRequest, type PolicyMiddleware } from "../policy/policy.ts";
import { answer } from "../policy/rules.ts";
import { changeServers, type StatsCode } from "./admin.ts";
import { type Fields, piecesReply, seeOther } from "./answer.ts";
import { isUser, passwordsOf } from "./users.ts";
import { livePieces } from "./live.ts";
import { pagePieces } from "./page.tsx";
import { SECURITY_FIELDS } from "./policy.ts";
import { parseStatsTarget, type StatsRequest, suffixOf } from "./request.ts";
import { rowPage } from "./row_page.tsx";
import { makeToken, mayPost } from "./token.ts";
import { StatsView } from "./view.ts";

/** ms that a form may take to come when no timeout says */
const FORM_WAIT = 10_000;

type Test = (stream: Stream) => boolean;

/** The page of one proxy; undefined: it has none. Mistakes go to the context's diagnostics. */
export function statsPage(
  config: ProxyConfig,
  context: CompileContext,
  process: ProcessState,
): PolicyMiddleware | undefined {
  const { stats } = config;
  if (stats === undefined) return undefined;
  const rules = compileRules("http-request", withRealm(stats), context, "stats http-request");
  const admins = stats.admin.map(({ words }) =>
    compileCondition(words, { ...context, place: "http-request" })
  ).filter((test) => test !== undefined) as Test[];
  const passwords = passwordsOf(stats.users);
  const page = new StatsPage(config.name, stats, process, admins, rules);
  return onRequest((stream) => {
    const { method, target } = stream.request!;
    if (method !== "GET" && method !== "HEAD" && method !== "POST") return undefined;
    const request = parseStatsTarget(target, stats.uri);
    if (request === undefined) return undefined;
    const field = stream.proxied ? "proxy-authorization" : "authorization";
    if (passwords !== undefined && !isUser(stream.request!, passwords, field)) {
      answer(stream, { type: "auth", realm: stats.realm ?? DEFAULT_STATS_REALM });
      return ANSWERED;
    }
    return page.serve(stream, request);
  });
}

/** `auth` of these rules has HAProxy's default realm, not the proxy's name. */
function withRealm({ httpRequest }: StatsConfig): ProxyConfig["httpRequest"] {
  return httpRequest.map(({ words, span }) => {
    if (words[0].text !== "auth" || words[1]?.text === "realm") return { words, span };
    const word = (text: string) => ({ ...words[0], text, quoted: true });
    const realm = [{ ...words[0], text: "realm" }, word(DEFAULT_STATS_REALM)];
    return { words: [words[0], ...realm, ...words.slice(1)], span };
  });
}

class StatsPage {
  readonly #name: string;
  readonly #config: StatsConfig;
  readonly #process: ProcessState;
  readonly #admins: readonly Test[];
  readonly #rules: RuleSet | undefined;

  constructor(
    name: string,
    config: StatsConfig,
    process: ProcessState,
    admins: readonly Test[],
    rules: RuleSet | undefined,
  ) {
    this.#rules = rules;
    this.#name = name;
    this.#config = config;
    this.#process = process;
    this.#admins = admins;
  }

  async serve(stream: Stream, request: StatsRequest): Promise<Response> {
    const verdict = await this.#rules?.run(stream);
    if (verdict !== undefined && verdict.type !== "allow") {
      answer(stream, verdict);
      return ANSWERED;
    }
    if (stream.backend === undefined) stream.frontend.counters.add(PC.intercepted, 1);
    stream.applet = "<STATS>";
    stream.bytesIn = stream.request!.text.length;
    stream.fail("L", "R");
    const head = stream.request!;
    const admin = this.#admins.some((test) => test(stream));
    if (head.method === "POST") {
      const code = await this.#change(stream, admin);
      if (code === undefined) return ANSWERED;
      stream.reply = seeOther(`${this.#config.uri};st=${code}${suffixOf(request)}`);
      return ANSWERED;
    }
    const token = admin ? makeToken(head, this.#process) : "";
    const view = new StatsView(this.#name, this.#config, request, this.#process, admin, token);
    stream.reply = this.#answer(stream, request, view);
    return ANSWERED;
  }

  #answer(stream: Stream, request: StatsRequest, view: StatsView) {
    const text = (type: string, pieces: Iterable<string>) =>
      piecesReply(stream, type, this.#refresh(request), pieces);
    switch (request.form) {
      case "csv":
      case "typed":
        return text("text/plain", dumpStats(view.subjects(), { form: request.form }));
      case "json":
        return text("application/json", dumpStats(view.subjects(), { form: "json" }));
      case "schema":
        return text("application/json", [`${STATS_SCHEMA}\n`]);
      case "live":
        return piecesReply(stream, "application/json", SECURITY_FIELDS, livePieces(view));
      case "row": {
        const pieces = rowPage(view, request.row ?? "") ?? pagePieces(view);
        return piecesReply(stream, "text/html; charset=utf-8", SECURITY_FIELDS, pieces);
      }
    }
    // A browser is told inside the page, where a script can take over.
    const browser = /text\/html/.test(stream.request!.get("accept") ?? "");
    const fields = [...(browser ? [] : this.#refresh(request)), ...SECURITY_FIELDS];
    return piecesReply(stream, "text/html; charset=utf-8", fields, pagePieces(view));
  }

  #refresh({ noRefresh }: StatsRequest): Fields {
    const { refresh } = this.#config;
    return refresh === undefined || noRefresh ? [] : [["refresh", String(refresh)]];
  }

  /** Does what a form says; undefined: it did not come, and the answer is set if there is one. */
  async #change(stream: Stream, admin: boolean): Promise<StatsCode | undefined> {
    const session = stream.session as HttpSession;
    const { httpRequest, client } = stream.frontend.config.timeouts;
    const { body } = session;
    if (
      !body.done && body.framing === "length" && body.remaining > this.#process.limits.headBytes
    ) {
      return "EXCD";
    }
    const wait = httpRequest ?? client ?? FORM_WAIT;
    const status = await session.awaitRequestBody(stream, wait, 0);
    if (status > 0) {
      stream.reply = failure(stream, status);
      return undefined;
    }
    if (status < 0) return undefined;
    const content = session.requestContent();
    if (content?.complete !== true) return "EXCD";
    if (!admin) return "DENY";
    const form = new URLSearchParams(new TextDecoder().decode(bytesOfLatin1(content.text)));
    const token = form.get("token") ?? undefined;
    if (!mayPost(stream.request!, token, this.#process)) return "DENY";
    return changeServers(form, this.#process);
  }
}
