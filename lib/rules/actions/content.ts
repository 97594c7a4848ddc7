/** Actions of content rules in TCP mode: `switch-mode`, `close` (manual 4.2 `tcp-request content`, `tcp-response content`). */
import type { ActionRow, Verdict } from "../types.ts";

const HTTP: Verdict = { type: "http" };
const CLOSE: Verdict = { type: "close" };

export const CONTENT_ACTIONS: readonly ActionRow[] = [
  {
    name: "switch-mode",
    args: "http [ proto <name> ]",
    rules: ["tcp-request content"],
    doc: "the client speaks HTTP: its requests take the frontend's rules of HTTP",
    section: "4.2",
    compile: (reader, ctx) => {
      const mode = reader.need("'http'", "http");
      if (mode === undefined) return undefined;
      if (mode.text !== "http") {
        ctx.diagnostics.alert(
          mode.span,
          `'switch-mode' leads to 'http' only, not to '${mode.text}'`,
        );
        return undefined;
      }
      if (ctx.side === "backend") {
        ctx.diagnostics.alert(ctx.word.span, "'switch-mode' is possible in a frontend only");
        return undefined;
      }
      if (reader.accept("proto")) {
        const proto = reader.need("a protocol", "h1");
        if (proto === undefined) return undefined;
        if (proto.text !== "h1") {
          ctx.diagnostics.alert(
            proto.span,
            `'switch-mode http proto ${proto.text}' is not supported`,
            {
              allowed: "h1",
            },
          );
          return undefined;
        }
      }
      return () => HTTP;
    },
  },
  {
    name: "close",
    args: "",
    rules: ["tcp-response content"],
    doc: "closes the server's connection; what has come of it still goes to the client",
    section: "4.2",
    compile: (_reader, ctx) => {
      if (ctx.mode === "tcp") return () => CLOSE;
      ctx.diagnostics.alert(ctx.word.span, "'close' is possible in 'mode tcp' only", {
        allowed: "'reject', or 'option http-server-close'",
      });
      return undefined;
    },
  },
];
