/** Actions that want a header at the beginning of a connection: `expect-proxy`, `expect-netscaler-cip` (manual 4.2). */
import type { StreamView } from "../../expr/context.ts";
import type { ActionRow } from "../types.ts";

function expects(name: string, doc: string, mark: (stream: StreamView) => void): ActionRow {
  return {
    name,
    args: "layer4",
    rules: ["tcp-request connection"],
    doc,
    section: "4.2",
    compile: (reader, ctx) => {
      const word = reader.need("'layer4'", "layer4");
      if (word === undefined) return undefined;
      if (word.text !== "layer4") {
        ctx.diagnostics.alert(word.span, `'${word.text}' cannot stand behind '${name}'`, {
          allowed: "layer4",
        });
        return undefined;
      }
      return (stream) => {
        mark(stream);
        return undefined;
      };
    },
  };
}

export const EXPECT_ACTIONS: readonly ActionRow[] = [
  expects(
    "expect-proxy",
    "the connection must begin with a header of the PROXY protocol, and gets its addresses",
    ({ session }) => session.expectsProxy = true,
  ),
  expects(
    "expect-netscaler-cip",
    "the connection must begin with NetScaler's header, and gets its addresses",
    ({ session }) => session.expectsCip = true,
  ),
];
