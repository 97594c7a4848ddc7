/** Actions on the request line: `set-method`, `set-path`, `set-pathq`, `set-query`, `set-uri` (manual 4.2). */
import { withPath, withPathq, withQuery } from "../../expr/target.ts";
import { isToken } from "../../http1/bytes.ts";
import { formatArgument } from "../format_word.ts";
import type { ActionRow } from "../types.ts";

const HEX = "0123456789ABCDEF";

/**
 * Percent-encodes what cannot stand in a request target: spaces and control characters. HAProxy leaves a space,
 * which makes the server see another target than the one that was meant.
 */
export function encodeTarget(text: string): string {
  // deno-lint-ignore no-control-regex
  return /[\x00-\x20\x7f]/.test(text)
    // deno-lint-ignore no-control-regex
    ? text.replace(/[\x00-\x20\x7f]/g, (c) => {
      const code = c.charCodeAt(0);
      return "%" + HEX[code >> 4] + HEX[code & 15];
    })
    : text;
}

function targetAction(
  name: string,
  doc: string,
  write: (target: string, part: string) => string,
): ActionRow {
  return {
    name,
    args: "<fmt>",
    rules: ["http-request"],
    doc,
    section: "4.2",
    compile: (reader, ctx) => {
      const format = formatArgument(reader, "a format", ctx);
      return format && ((stream) => {
        const head = stream.request;
        head?.setTarget(write(head.target, encodeTarget(format(stream))));
        return undefined;
      });
    },
  };
}

export const TARGET_ACTIONS: readonly ActionRow[] = [
  {
    name: "set-method",
    args: "<fmt>",
    rules: ["http-request"],
    doc: "replaces the method; what is no method (RFC 9110 section 9.1) changes nothing",
    section: "4.2",
    compile: (reader, ctx) => {
      const format = formatArgument(reader, "a format", ctx);
      return format && ((stream) => {
        const method = format(stream);
        if (isToken(method)) stream.request?.setMethod(method);
        return undefined;
      });
    },
  },
  targetAction("set-path", "replaces the path; the query stays", withPath),
  targetAction("set-pathq", "replaces the path and the query", withPathq),
  targetAction("set-query", "replaces the query; an empty one removes it", withQuery),
  targetAction("set-uri", "replaces the whole request target", (_, part) => part),
];
