/** Actions that only end a rule set, and small ones on the stream: `allow`, `accept`, `reject`, `set-log-level`. */
import { nearest } from "../../config/suggest.ts";
import { LogLevel } from "../../log/types.ts";
import { reasonPhrase } from "../../http1/reason.ts";
import { latin1OfText } from "../../http1/bytes.ts";
import { type ActionRow, ALLOW, REJECT, type RuleKind } from "../types.ts";
import { HTTP_RULES } from "./header.ts";

const TCP_REQUEST: readonly RuleKind[] = [
  "tcp-request connection",
  "tcp-request session",
  "tcp-request content",
];

const LEVELS: ReadonlyMap<string, number> = new Map([
  ...Object.entries(LogLevel),
  ["silent", -1],
]);

export const VERDICT_ACTIONS: readonly ActionRow[] = [
  {
    name: "allow",
    args: "",
    rules: HTTP_RULES,
    doc: "ends this rule set; the message goes on",
    section: "4.2",
    compile: () => () => ALLOW,
  },
  {
    name: "accept",
    args: "",
    rules: [...TCP_REQUEST, "tcp-response content"],
    doc: "ends this rule set; the connection goes on",
    section: "4.2",
    compile: () => () => ALLOW,
  },
  {
    name: "reject",
    args: "",
    rules: [...TCP_REQUEST, "tcp-response content", "http-request"],
    doc: "closes the connection without an answer",
    section: "4.2",
    compile: () => () => REJECT,
  },
  {
    name: "set-log-level",
    args: "<level>",
    rules: ["http-request", "http-response", "tcp-request content", "tcp-response content"],
    doc: "changes the level of the stream's log line; 'silent' makes none",
    section: "4.2",
    compile: (reader, ctx) => {
      const allowed = [...LEVELS.keys()].join(", ");
      const word = reader.need("a log level", allowed);
      if (word === undefined) return undefined;
      const level = LEVELS.get(word.text);
      if (level === undefined) {
        ctx.diagnostics.alert(word.span, `'${word.text}' is no log level`, {
          allowed,
          nearest: nearest(word.text, LEVELS.keys()),
        });
        return undefined;
      }
      return (stream) => {
        stream.logLevel = level;
        return undefined;
      };
    },
  },
  {
    name: "set-status",
    args: "<status> [reason <str>]",
    rules: ["http-response", "http-after-response"],
    doc: "changes the response's status, and its reason phrase",
    section: "4.2",
    compile: (reader, ctx) => {
      const word = reader.need("a status");
      if (word === undefined) return undefined;
      const status = Number(word.text);
      if (!/^[1-9][0-9]{2}$/.test(word.text)) {
        ctx.diagnostics.alert(word.span, `'${word.text}' is no status`, { allowed: "100 to 999" });
        return undefined;
      }
      let reason = reasonPhrase(status);
      if (reader.accept("reason")) {
        const text = reader.need("a reason phrase");
        if (text === undefined) return undefined;
        // deno-lint-ignore no-control-regex
        if (/[\x00-\x08\x0a-\x1f\x7f]/.test(text.text)) {
          ctx.diagnostics.alert(text.span, "a control character cannot stand in a reason phrase");
          return undefined;
        }
        reason = latin1OfText(text.text);
      }
      return (stream) => {
        stream.response?.setStatus(status, reason);
        return undefined;
      };
    },
  },
];
