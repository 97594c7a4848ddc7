/** `send` of `http-check`, and what `option httpchk` takes of it (manual 4.2). */
import type { HttpSendDraft } from "../draft_check.ts";
import { type ArgType, Refusal, text } from "./args.ts";
import { comment, format } from "./check_rule_words.ts";
import { type RuleSetting, valued } from "./check_settings.ts";

export const methodType: ArgType<string> = {
  label: "<method>",
  describe: "an HTTP method",
  schema: { type: "string" },
  parse: ({ text }) =>
    /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/.test(text)
      ? text
      : new Refusal(`'${text}' is not an HTTP method`),
};

/** What would break the request line is refused. */
export const uriType: ArgType<string> = {
  label: "<uri>",
  describe: "a path such as '/health', or another request target without spaces",
  schema: { type: "string" },
  parse: ({ text }) =>
    // deno-lint-ignore no-control-regex
    /[\x00-\x20\x7f]/.test(text)
      ? new Refusal(`'${text}' has a space or a control character`, uriType.describe)
      : text,
};

export const versionType: ArgType<string> = {
  label: "<version>",
  describe: "'HTTP/1.0' or 'HTTP/1.1'",
  schema: { type: "string" },
  parse: ({ text }) =>
    /^HTTP\/[0-9](\.[0-9])?$/.test(text)
      ? text
      : new Refusal(`'${text}' is not an HTTP version`, versionType.describe),
};

export const httpSendSettings: readonly RuleSetting<HttpSendDraft>[] = [
  valued("meth", methodType, (rule, value) => {
    rule.method = value;
  }),
  valued("uri", uriType, (rule, value) => {
    rule.uri = { text: value };
  }),
  valued("uri-lf", format, (rule, value) => {
    rule.uri = { format: value };
  }),
  valued("ver", versionType, (rule, value) => {
    rule.version = value;
  }),
  {
    name: "hdr",
    usage: "hdr <name> <fmt>",
    read(rule, words, setting) {
      const at = words.peek ?? setting;
      const name = words.value(setting, text("<name>", "the name of a header"));
      if (name === undefined) return;
      if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
        words.refuse(at, `'${name}' is not the name of an HTTP header`);
      }
      const value = words.value(setting, format);
      if (value === undefined) return;
      if (/^(content-length|transfer-encoding)$/i.test(name)) {
        words.diagnostics.warning(
          at.span,
          `'${words.rule}': '${name}' is left out: the body's length is written for you`,
        );
      } else rule.headers = [...rule.headers, { name, value }];
    },
  },
  valued("body", text("<string>"), (rule, value) => {
    rule.body = { text: value };
  }),
  valued("body-lf", format, (rule, value) => {
    rule.body = { format: value };
  }),
  comment,
];

/** What `over` says wins; all its headers take the place of all headers. */
export function mergeRequests(base: HttpSendDraft, over: HttpSendDraft): HttpSendDraft {
  return {
    ...base,
    method: over.method ?? base.method,
    uri: over.uri ?? base.uri,
    version: over.version ?? base.version,
    headers: over.headers.length > 0 ? over.headers : base.headers,
    body: over.body ?? base.body,
    comment: over.comment ?? base.comment,
    span: over.span,
  };
}
