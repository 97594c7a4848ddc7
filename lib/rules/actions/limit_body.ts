/** `limit-body`: how large a body may be, whether it says so itself or not. */
import { size } from "../../config/keywords/args.ts";
import { numberArgument } from "../argument.ts";
import type { ActionRow, Verdict } from "../types.ts";

const BYTES = size(0, Number.MAX_SAFE_INTEGER);
const REQUEST: Verdict = { type: "deny", status: 413 };
const RESPONSE: Verdict = { type: "deny", status: 502 };

export const LIMIT_BODY_ACTIONS: readonly ActionRow[] = [
  {
    name: "limit-body",
    args: "{ <size> | <expr> }",
    rules: ["http-request", "http-response"],
    doc: "refuses a body that is larger (413, 502), or ends it where it becomes so (chunks)",
    section: "none: sluice's own",
    compile: (reader, ctx) => {
      const read = numberArgument(reader, "a size", BYTES, ctx);
      const side = ctx.kind === "http-request" ? "request" : "response";
      const refused = side === "request" ? REQUEST : RESPONSE;
      return read && ((stream) => {
        const bytes = read(stream);
        if (bytes === undefined || bytes < 0) return undefined;
        return stream.limitBody?.(side, bytes) ? refused : undefined;
      });
    },
  },
];
