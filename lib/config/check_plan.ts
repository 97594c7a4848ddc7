/** What was written about health checks → the steps of the checks, those that need not be written included. */
import { checkServers } from "./check_servers.ts";
import type { Diagnostics } from "./diagnostic.ts";
import { type CheckRuleDraft, type CheckRules, type HttpSendDraft, talks } from "./draft_check.ts";
import type { GlobalDraft, ProxyDraft } from "./draft.ts";
import type { Span } from "./document.ts";
import type { CheckPlan, CheckRule } from "./model_check.ts";
import { isSrvName } from "./validate_names.ts";

/** How the servers of `draft` are checked. Rules that nothing uses are told. */
export function finishCheckPlan(
  draft: ProxyDraft,
  global: GlobalDraft,
  diagnostics: Diagnostics,
): CheckPlan {
  const { http, tcp, ...plan } = draft.checks;
  if (draft.kind === "frontend" || draft.kind === "defaults") {
    return { ...plan, kind: "tcp", rules: [] };
  }
  checkServers(draft, diagnostics);
  checkProtocols(draft, plan.kind === "httpchk", diagnostics);
  if (plan.kind === "external-check") checkExternal(draft, global, diagnostics);
  if (plan.kind !== "httpchk") warnUnused("http", http, diagnostics);
  if (plan.kind !== "tcp-check") warnUnused("tcp", tcp, diagnostics);
  let rules: readonly CheckRule[] = [];
  if (plan.kind === "httpchk") rules = httpRules(http, draft.span, diagnostics);
  if (plan.kind === "tcp-check") rules = withConnect(numbered(tcp.rules), draft.span);
  if (KINDS_WITHOUT_PORT.has(plan.kind)) return { ...plan, rules };
  const first = rules.find((rule) => rule.type === "connect");
  if (first?.port === undefined) checkPorts(draft, diagnostics);
  return { ...plan, rules };
}

/** `check-proto` is a protocol of HTTP in HTTP checks, and of none in others. */
function checkProtocols(draft: ProxyDraft, http: boolean, diagnostics: Diagnostics): void {
  for (const { check, checkProto, name, span } of draft.servers) {
    if (!check || checkProto === undefined || (checkProto !== "none") === http) continue;
    const where = `server ${draft.name}/${name}: 'check-proto ${checkProto}'`;
    diagnostics.alert(span, `${where} and the kind of check do not fit`, {
      allowed: http ? "'check-proto h1' or 'check-proto h2'" : "'option httpchk' with it",
    });
  }
}

const KINDS_WITHOUT_PORT: ReadonlySet<string> = new Set(["external-check", "icmp-check"]);

/** A check of a server without a port of its own has to know where to connect. */
function checkPorts(draft: ProxyDraft, diagnostics: Diagnostics): void {
  for (const { check, checkPort, address, name, addressWord } of draft.servers) {
    if (!check || checkPort !== undefined) continue;
    if (address.type !== "tcp" || address.port !== undefined) continue;
    // SRV records give the port.
    if (isSrvName(address.host)) continue;
    diagnostics.alert(addressWord.span, `server ${draft.name}/${name}: a check needs a port`, {
      allowed: "a port in the address, or the setting 'port'",
    });
  }
}

/** A program is run only when it is named and the global section permits it. */
function checkExternal(draft: ProxyDraft, global: GlobalDraft, diagnostics: Diagnostics): void {
  const option = "option external-check";
  const at = (draft.places.get(option) ?? draft).span;
  const { externalCommand, externalPath } = draft.checks;
  if (!global.externalCheck) {
    diagnostics.alert(at, `'${option}' needs 'external-check' in the global section`, {
      allowed: "it is off unless it is written there: whoever may change the file may run programs",
    });
  }
  if (externalCommand === undefined) {
    diagnostics.alert(at, `'${option}' needs 'external-check command'`);
  } else if (!externalCommand.text.startsWith("/") && externalPath === undefined) {
    diagnostics.alert(
      externalCommand.span,
      `'external-check command': '${externalCommand.text}' is searched for, and there is no 'external-check path'`,
      { allowed: "an absolute path, or 'external-check path'" },
    );
  }
}

function warnUnused(family: "http" | "tcp", set: CheckRules, diagnostics: Diagnostics): void {
  if (!set.own || set.rules.length === 0) return;
  const option = family === "http" ? "option httpchk" : "option tcp-check";
  diagnostics.warning(
    set.rules[0].span,
    `the '${family}-check' rules have no effect without '${option}'`,
    { allowed: `'${option}', in this section` },
  );
}

/** Request and expectation may be left out, and so may the connection. */
function httpRules(set: CheckRules, span: Span, diagnostics: Diagnostics): CheckRule[] {
  const rules = [...set.rules];
  const first = rules.findIndex(talks);
  let at = rules[first]?.type === "connect" ? first + 1 : Math.max(first, 0);
  // The comment before a rule stays with it.
  while (rules[first]?.type !== "connect" && rules[at - 1]?.type === "comment") at--;
  if (set.request !== undefined) rules.splice(at, 0, set.request);
  else if (!rules.some((rule) => rule.type === "http-send")) {
    rules.splice(at, 0, set.inheritedRequest ?? { type: "http-send", headers: [], span });
  } else if (set.inheritedRequest !== undefined) {
    warnReplaced(set, set.inheritedRequest, diagnostics);
  }
  if (rules.findLast(talks)?.type === "http-send") {
    const match = { kind: "status", ranges: [[200, 399]] } as const;
    rules.push({ type: "expect", inverse: false, match, span });
  }
  return withConnect(numbered(rules), span);
}

function warnReplaced(set: CheckRules, request: HttpSendDraft, diagnostics: Diagnostics): void {
  if (request.method === undefined && request.uri === undefined) return;
  diagnostics.warning(
    set.rules[0].span,
    "the 'http-check' rules here take the place of 'option httpchk' in the 'defaults' section, its request included",
    {
      allowed: "'option httpchk' here, or 'meth' and 'uri' in 'http-check send'",
      related: { span: request.span, message: "it is here" },
    },
  );
}

/** A comment belongs to the rule behind it, and to those of the same kind that follow that one. */
function numbered(rules: readonly CheckRuleDraft[]): CheckRule[] {
  const list: CheckRule[] = [];
  let comment: string | undefined;
  let before: CheckRuleDraft["type"] | undefined;
  rules.forEach((rule, n) => {
    if (rule.type !== before && before !== "comment") comment = undefined;
    before = rule.type;
    if (rule.type === "comment") comment = rule.comment;
    else list.push({ ...rule, step: n + 1, comment: rule.comment ?? comment } as CheckRule);
  });
  return list;
}

function withConnect(rules: CheckRule[], span: Span): CheckRule[] {
  // Variables may be set before: a port, for example.
  if (rules.find(({ type }) => type !== "variable")?.type === "connect") return rules;
  return [
    { type: "connect", step: 0, sendProxy: false, asServer: true, linger: false, span },
    ...rules,
  ];
}
