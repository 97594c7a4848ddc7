/** The rule sets of a proxy as middlewares (manual 4.2: http-request, http-response, tcp-request …). */
import type { ProxyConfig } from "../../lib/config/model.ts";
import type { CompileContext } from "../../lib/expr/context_compile.ts";
import { failure } from "../../lib/proxy/failure.ts";
import type { ProcessContext } from "../../lib/proxy/process_context.ts";
import type { Reply } from "../../lib/proxy/reply.ts";
import type { CacheObject } from "../../lib/expr/cache_view.ts";
import { findHeadEnd } from "../../lib/http1/find_end.ts";
import { DEFAULT_PARSE_OPTIONS } from "../../lib/http1/parse_fields.ts";
import { parseResponse } from "../../lib/http1/parse_response.ts";
import { Message } from "../../lib/proxy/message.ts";
import { replyOfRule } from "../../lib/proxy/rule_reply.ts";
import { requestRefused } from "../../lib/proxy/sticky_counters.ts";
import { Stream, type StreamOwner } from "../../lib/proxy/stream.ts";
import type { ContentRules } from "../../lib/proxy/inspect.ts";
import type { Frontend } from "../../lib/proxy/frontend.ts";
import { compileRedirects, compileRules, type RuleSet } from "../../lib/rules/rule_set.ts";
import type { Outcome, RuleReply, Verdict } from "../../lib/rules/types.ts";
import { LC } from "../../lib/state/listener.ts";
import { PC, SC } from "../../lib/state/traffic.ts";
import type { PersistenceCookie } from "./cookies.ts";
import { serve } from "../services.ts";
import { ANSWERED, onAnswer, onRequest, type PolicyMiddleware } from "./policy.ts";

/**
 * `tcp-request content`, `http-request` and `redirect` rules of one proxy, in this order. A verdict answers at
 * once; `allow` ends only the set it stands in. `cookie` is read even in a request that is denied: for the log.
 */
export function requestRules(
  config: ProxyConfig,
  context: CompileContext,
  process: ProcessContext,
  cookie?: PersistenceCookie,
): PolicyMiddleware | undefined {
  const sets = [
    compileRules("tcp-request content", config.tcpRequestContent, context),
    compileRules("http-request", config.httpRequest, context),
    compileRedirects(config.redirects, context),
  ].filter((set) => set !== undefined);
  if (sets.length === 0) return undefined;
  return onRequest((stream) => {
    for (let i = 0; i < sets.length; i++) {
      const outcome = sets[i].run(stream);
      if (outcome instanceof Promise) return waiting(stream, i, outcome);
      const ended = end(stream, outcome);
      if (ended !== undefined) return ended;
    }
    return undefined;
  });

  /** The answer when a set has ended with `verdict`; undefined: the next one's turn. */
  function end(
    stream: Stream,
    verdict: Verdict | undefined,
  ): Response | Promise<Response> | undefined {
    // `switch-mode` leads to where the stream is already.
    if (verdict === undefined || verdict.type === "allow" || verdict.type === "http") {
      return undefined;
    }
    if (verdict.type === "deny" || verdict.type === "tarpit") cookie?.note(stream);
    if (verdict.type === "tarpit") return tarpit(stream, verdict, process);
    answer(stream, verdict);
    return ANSWERED;
  }

  /** A rule of set `index` waits. */
  async function waiting(
    stream: Stream,
    index: number,
    first: Promise<Verdict | undefined>,
  ): Promise<Response | undefined> {
    let outcome: Outcome = first;
    for (let i = index;;) {
      const ended = end(stream, await outcome);
      if (ended !== undefined) return await ended;
      if (++i === sets.length) return undefined;
      outcome = sets[i].run(stream);
    }
  }
}

/**
 * `tcp-response content` and `http-response` rules. As in HAProxy they see answers of servers, of caches and of
 * services, and none that the proxy gives itself.
 */
export function responseRules(
  config: ProxyConfig,
  context: CompileContext,
): PolicyMiddleware | undefined {
  const sets = [
    compileRules("tcp-response content", config.tcpResponseContent, context),
    compileRules("http-response", config.httpResponse, context),
  ].filter((set) => set !== undefined);
  if (sets.length === 0) return undefined;
  return onAnswer((stream) => {
    const { reply } = stream;
    if (reply === undefined || (reply.upstream === undefined && !reply.applet)) return;
    stream.response = reply.head;
    for (let i = 0; i < sets.length; i++) {
      const outcome = sets[i].run(stream);
      if (outcome instanceof Promise) return waiting(stream, reply, i, outcome);
      if (outcome !== undefined && outcome.type !== "allow") return end(stream, reply, outcome);
    }
  });

  /** A rule of set `index` waits. */
  async function waiting(
    stream: Stream,
    reply: Reply,
    index: number,
    first: Promise<Verdict | undefined>,
  ): Promise<void> {
    let outcome: Outcome = first;
    for (let i = index;;) {
      const verdict = await outcome;
      if (verdict !== undefined && verdict.type !== "allow") return end(stream, reply, verdict);
      if (++i === sets.length) return;
      outcome = sets[i].run(stream);
    }
  }

  function end(stream: Stream, reply: Reply, verdict: Verdict): void {
    reply.upstream?.close();
    if (reply.upstream !== undefined) stream.deniedStatus = reply.head.status;
    stream.response = undefined;
    const local = localAnswer(stream, verdict);
    if (local !== undefined) {
      stream.fail("L", "H");
      stream.reply = local;
      return;
    }
    stream.fail("P", "H");
    stream.frontend.counters.add(PC.dresp, 1);
    stream.backend?.counters.add(PC.dresp, 1);
    stream.lastServer?.counters.add(SC.dresp, 1);
    stream.session.listenerCounters?.add(LC.dresp, 1);
    stream.reply = verdict.type === "deny" ? denied(stream, verdict, verdict.status) : undefined;
  }
}

/** Every answer passes the backend's, then the frontend's `http-after-response` rules. */
export function afterResponse(
  own: RuleSet | undefined,
  ofBackends: ReadonlyMap<string, RuleSet>,
): ((stream: Stream) => void) | undefined {
  if (own === undefined && ofBackends.size === 0) return undefined;
  return (stream) => {
    if (stream.reply === undefined) return;
    stream.response = stream.reply.head;
    const back = stream.backend === undefined ? undefined : ofBackends.get(stream.backend.name);
    back?.runNow(stream);
    own?.runNow(stream);
  };
}

/** As a middleware; undefined: there are none. */
export function afterResponseRules(
  rules: ((stream: Stream) => void) | undefined,
): PolicyMiddleware | undefined {
  return rules && onAnswer(rules);
}

/** `tcp-request connection` and `session` rules: what they reject is closed without a word. */
export function admitRules(
  frontend: Frontend,
  process: ProcessContext,
  context: CompileContext,
): void {
  const { tcpRequestConnection, tcpRequestSession } = frontend.config;
  const admit = (set: RuleSet | undefined, counter: number, ofListener: number) =>
    set && ((session: StreamOwner) => {
      const verdict = set.runNow(new Stream(session, frontend, process, 0, process.now()));
      if (verdict?.type !== "reject") return true;
      frontend.counters.add(counter, 1);
      session.listenerCounters?.add(ofListener, 1);
      return false;
    });
  const connection = compileRules("tcp-request connection", tcpRequestConnection, context);
  const session = compileRules("tcp-request session", tcpRequestSession, context);
  frontend.admitConnection = admit(connection, PC.dcon, LC.dcon);
  frontend.admitSession = admit(session, PC.dses, LC.dses);
  frontend.mayExpectHeader = tcpRequestConnection.some(({ words }) =>
    words[0].text.startsWith("expect-")
  );
}

/** Content rules of a proxy in TCP mode; undefined when there are none, so that nothing is looked at. */
export function contentRules(
  kind: "tcp-request content" | "tcp-response content",
  config: ProxyConfig,
  context: CompileContext,
): ContentRules | undefined {
  const request = kind === "tcp-request content";
  const rules = request ? config.tcpRequestContent : config.tcpResponseContent;
  const set = compileRules(kind, rules, context);
  const delay = request ? config.inspectDelay : config.responseInspectDelay;
  return set && { run: (stream) => set.run(stream), delay };
}

/** Makes the answer of a verdict that ends a rule set, other than `allow` and `tarpit`. */
export function answer(stream: Stream, verdict: Verdict): void {
  const local = localAnswer(stream, verdict);
  if (local !== undefined) {
    if (verdict.type !== "object") stream.fail("L", "R");
    if (stream.backend === undefined) stream.frontend.counters.add(PC.intercepted, 1);
    stream.reply = local;
    return;
  }
  stream.fail("P", "R");
  requestRefused(stream);
  countDenied(stream);
  stream.reply = verdict.type === "deny" ? denied(stream, verdict, verdict.status) : undefined;
}

/** As HAProxy does: a backend's denial counts for the frontend too. */
function countDenied(stream: Stream): void {
  stream.frontend.counters.add(PC.dreq, 1);
  stream.backend?.counters.add(PC.dreq, 1);
  stream.session.listenerCounters?.add(LC.dreq, 1);
}

/** Manual `tarpit`: the client waits for `timeout tarpit` before it hears anything. */
async function tarpit(
  stream: Stream,
  verdict: Verdict & { type: "tarpit" },
  process: ProcessContext,
): Promise<Response> {
  const { timeouts } = (stream.backend ?? stream.frontend).config;
  const ms = timeouts.tarpit ?? timeouts.connect ?? 0;
  await new Promise<void>((resolve) => process.clock.after(ms, resolve));
  stream.fail("P", "T");
  requestRefused(stream);
  countDenied(stream);
  stream.reply = denied(stream, verdict, verdict.status);
  return ANSWERED;
}

function denied(stream: Stream, verdict: { readonly reply?: RuleReply }, status: number): Reply {
  return verdict.reply === undefined ? failure(stream, status) : replyOfRule(verdict.reply);
}

/** The answers that count as the proxy's own: what a rule gives, a page, the question for a password. */
function localAnswer(stream: Stream, verdict: Verdict): Reply | undefined {
  switch (verdict.type) {
    case "reply":
      return replyOfRule(verdict.reply);
    case "service":
      return { ...serve(verdict.name, stream), applet: true };
    case "object":
      stream.applet = "<CACHE>";
      return objectReply(stream, verdict);
    case "page":
    case "failed":
      return failure(stream, verdict.status);
    case "auth": {
      requestRefused(stream);
      const page = failure(stream, stream.proxied ? 407 : 401);
      const name = stream.proxied ? "Proxy-Authenticate" : "WWW-Authenticate";
      page.head.removeAll(name.toLowerCase());
      page.head.append(name, `Basic realm="${quoted(verdict.realm)}"`);
      return page;
    }
  }
  return undefined;
}

/** The answer that an object of a cache is. */
export function objectReply(
  stream: Stream,
  { bytes, release }: CacheObject,
): Reply | undefined {
  const end = findHeadEnd(bytes, 0, 0, bytes.length);
  const { messages } = stream.session.process;
  const message = messages.pop() ?? new Message();
  const { head } = message;
  if (end < 0 || parseResponse(head, bytes, 0, end, "GET", DEFAULT_PARSE_OPTIONS) !== 0) {
    return undefined;
  }
  return {
    head,
    upstream: undefined,
    body: bytes.subarray(end),
    whole: bytes,
    applet: true,
    done() {
      head.clear();
      messages.push(message);
      release?.();
    },
  };
}

/** RFC 9110 section 5.6.4 */
function quoted(text: string): string {
  return text.replace(/["\\]/g, "\\$&");
}
