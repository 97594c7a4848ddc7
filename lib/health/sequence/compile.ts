/** The rules of `http-check` and `tcp-check` → steps. Mistakes in formats and expressions go to the diagnostics. */
import type { ProxyConfig } from "../../config/model.ts";
import type { CheckExpect, CheckHttpSend, CheckRule, CheckSend } from "../../config/model_check.ts";
import type { CompileContext } from "../../expr/context_compile.ts";
import { bytesOfLatin1, latin1OfText } from "../../http1/bytes.ts";
import { OpState } from "../../state/server_fields.ts";
import type { CheckStatus } from "../result.ts";
import type { Answer } from "./answer.ts";
import { compileTextMatch } from "./expect_bytes.ts";
import { compileHeadTest } from "./expect_http.ts";
import { formatOf, numberOf, placed, textOf, unhex } from "./formats.ts";
import { requestBytes, spokenVersion } from "./http_request.ts";
import { withComment } from "./messages.ts";
import { serverState } from "./server_state.ts";
import type { ConnectStep, ExpectStep, Judgement, SendStep, Sequence, Step } from "./steps.ts";
import { compileVariable } from "./variable.ts";
import type { CheckView } from "./view.ts";

/** Undefined when something has mistakes. */
export function compileSequence(
  proxy: ProxyConfig,
  rules: readonly CheckRule[],
  context: CompileContext,
): Sequence | undefined {
  const http = proxy.checks.kind === "httpchk";
  const steps = rules.map((rule) => compileRule(rule, proxy, context));
  if (steps.some((step) => step === undefined)) return undefined;
  const tellsStep = proxy.checks.kind === "tcp-check";
  return { steps: steps as Step[], http, tellsStep };
}

function compileRule(
  rule: CheckRule,
  proxy: ProxyConfig,
  context: CompileContext,
): Step | undefined {
  switch (rule.type) {
    case "connect": {
      const port = typeof rule.port === "object" ? numberOf(rule.port, context) : rule.port;
      if (port === undefined && rule.port !== undefined) return undefined;
      const checked = typeof port !== "function" ? port : (view: CheckView) => {
        const n = port(view);
        return n !== undefined && n >= 1 && n <= 65535 ? n : undefined;
      };
      return { ...rule, port: checked } satisfies ConnectStep;
    }
    case "send":
      return compileSend(rule, context);
    case "http-send":
      return compileHttpSend(rule, proxy, context);
    case "variable": {
      const { type, step, comment } = rule;
      const run = compileVariable(rule.words, placed(context));
      return run && { type, step, comment, run };
    }
    case "expect":
      return proxy.checks.kind === "httpchk"
        ? expectHttp(rule, proxy, context)
        : expectBytes(rule, context);
  }
}

function compileSend(rule: CheckSend, context: CompileContext): SendStep | undefined {
  const { type, step, comment, hex } = rule;
  if ("text" in rule.data) {
    // Bytes from hexadecimal digits are latin1 already, other text is not.
    const { text } = rule.data;
    const bytes = bytesOfLatin1(hex ? text : latin1OfText(text));
    return { type, step, comment, data: () => bytes };
  }
  const format = formatOf(rule.data.format, context);
  return format && {
    type,
    step,
    comment,
    data(view) {
      const text = hex ? unhex(format(view)) : format(view);
      return text === undefined ? undefined : bytesOfLatin1(text);
    },
  };
}

function compileHttpSend(
  rule: CheckHttpSend,
  proxy: ProxyConfig,
  context: CompileContext,
): SendStep | undefined {
  const { step, comment } = rule;
  const uri = textOf(rule.uri ?? { text: "/" }, context);
  const body = textOf(rule.body ?? { text: "" }, context);
  const headers = rule.headers.map(({ name, value }) => [name, formatOf(value, context)] as const);
  const method = rule.method ?? "OPTIONS";
  const version = spokenVersion(rule.version);
  if (uri === undefined || body === undefined) return undefined;
  if (headers.some(([, format]) => format === undefined)) return undefined;
  return {
    type: "send",
    step,
    comment,
    method,
    data: (view) =>
      requestBytes({
        method,
        uri: uri(view),
        version,
        headers: headers.map(([name, format]) => [name, format!(view)]),
        body: body(view),
        state: proxy.checks.sendState ? serverState(view) : undefined,
      }),
  };
}

/** What both families of expectations have in common. */
interface Common {
  readonly timeoutStatus: CheckStatus;
  success(answer: Answer, view: CheckView): Judgement;
  /** `info` is what is said when the rule has no words of its own */
  failure(status: CheckStatus, info: string, answer: Answer, view: CheckView): Judgement;
  /** the answer is not HTTP: `error-status` does not speak of that */
  invalid(view: CheckView): Judgement;
}

function commonOf(
  rule: CheckExpect,
  context: CompileContext,
  goodInfo: string,
): Common | undefined {
  const onSuccess = rule.onSuccess && formatOf(rule.onSuccess, context);
  const onError = rule.onError && formatOf(rule.onError, context);
  const statusCode = rule.statusCode && numberOf(rule.statusCode, context);
  if (rule.onSuccess !== undefined && onSuccess === undefined) return undefined;
  if (rule.onError !== undefined && onError === undefined) return undefined;
  if (rule.statusCode !== undefined && statusCode === undefined) return undefined;
  const code = (answer: Answer, view: CheckView) => statusCode?.(view) ?? answer.head?.status;
  return {
    timeoutStatus: rule.timeoutStatus ?? "L7TOUT",
    success: (answer, view) => ({
      status: rule.okStatus ?? "L7OK",
      info: onSuccess === undefined ? goodInfo : onSuccess(view),
      code: code(answer, view),
    }),
    failure: (status, info, answer, view) => ({
      status: rule.errorStatus ?? status,
      info: withComment(onError === undefined ? info : onError(view), rule.comment),
      code: code(answer, view),
    }),
    invalid: (view) => ({
      status: "L7RSP",
      info: withComment(onError === undefined ? "" : onError(view), rule.comment),
    }),
  };
}

function expectBytes(rule: CheckExpect, context: CompileContext): ExpectStep | undefined {
  const match = compileTextMatch(rule.match, context);
  const common = commonOf(rule, context, "(tcp-check)");
  if (match === undefined || common === undefined) return undefined;
  const { type, step, comment, inverse, minRecv } = rule;
  return {
    type,
    step,
    comment,
    what: match.expected,
    timeoutStatus: common.timeoutStatus,
    emptyStatus: rule.errorStatus ?? "L7RSP",
    judge(answer, last, view) {
      const { text } = answer;
      if (!last && text.length < Math.max(match.least(view), minRecv ?? 0)) return "more";
      const found = match.found(text, view);
      if (found !== undefined) {
        if (!found && !last && minRecv === undefined) return "more";
        if (found !== inverse) return "good";
      }
      const words = found ? "TCPCHK matched unwanted content" : "TCPCHK did not match content";
      return common.failure("L7RSP", `${words}${match.named} at step ${step}`, answer, view);
    },
    success: common.success,
  };
}

function expectHttp(
  rule: CheckExpect,
  proxy: ProxyConfig,
  context: CompileContext,
): ExpectStep | undefined {
  const common = commonOf(rule, context, "");
  const { kind } = rule.match;
  const inHead = kind === "status" || kind === "rstatus" || kind === "hdr" || kind === "fhdr";
  const judge = common && (inHead ? headJudge : bodyJudge)(rule, common, context);
  if (common === undefined || judge === undefined) return undefined;
  /** `disable-on-404`: it precedes all else, for servers that are up */
  const leaves = (answer: Answer, { server }: CheckView) =>
    proxy.checks.disableOn404 && answer.head?.status === 404 &&
    server.state.op !== OpState.Stopped;
  return {
    type: "expect",
    step: rule.step,
    comment: rule.comment,
    what: "",
    timeoutStatus: common.timeoutStatus,
    judge(answer, last, view) {
      if (answer.malformed) return common.invalid(view);
      if (answer.head === undefined) return last ? common.invalid(view) : "more";
      return leaves(answer, view) ? "good" : judge(answer, last, view);
    },
    success: (answer, view) =>
      leaves(answer, view) ? { status: "L7OKC", code: 404 } : common.success(answer, view),
  };
}

function headJudge(
  rule: CheckExpect,
  common: Common,
  context: CompileContext,
): ExpectStep["judge"] | undefined {
  const test = compileHeadTest(rule.match, context);
  return test && ((answer, _last, view) => {
    const head = answer.head!;
    if (test(head, view) !== rule.inverse) return "good";
    return common.failure("L7STS", head.reason, answer, view);
  });
}

function bodyJudge(
  rule: CheckExpect,
  common: Common,
  context: CompileContext,
): ExpectStep["judge"] | undefined {
  const match = compileTextMatch(rule.match, context);
  const { inverse, minRecv } = rule;
  return match && ((answer, last, view) => {
    const { text } = answer;
    const fail = (info: string) => common.failure("L7RSP", info, answer, view);
    if (text === "") {
      return last ? fail("HTTP content check could not find a response body") : "more";
    }
    if (!last && text.length < Math.max(match.least(view), minRecv ?? 0)) return "more";
    const found = match.found(text, view);
    if (found !== undefined) {
      if (!found && !last && minRecv === undefined) return "more";
      if (found !== inverse) return "good";
    }
    return fail(
      inverse ? "HTTP check matched unwanted content" : "HTTP content check did not match",
    );
  });
}
