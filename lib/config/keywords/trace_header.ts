/** `trace-header`: sluice's own. Who knows the secret may ask why a request went where it did (docs/explain.md). */
import { Refusal, text } from "./args.ts";
import type { ArgType } from "./args.ts";
import { globalKeyword, type KeywordRow, named, one } from "./types.ts";

/** Characters of a secret at least: it stands between anybody and the trace of a request. */
const SHORTEST = 12;

const headerName: ArgType<string> = {
  label: "<name>",
  describe: "the name of a header",
  schema: { type: "string", pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" },
  parse({ text }) {
    return /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(text)
      ? text
      : new Refusal(`'${text}' is no header name`, "letters, digits and !#$%&'*+-.^_`|~");
  },
};

export const traceHeaderRows: readonly KeywordRow[] = [
  globalKeyword({
    name: "trace-header",
    args: { name: one(headerName), settings: named({ secret: text("<secret>") }) },
    summary: "A request with the secret in this header is traced; its answer says by which name",
    manual: "none, it is sluice's own (docs/explain.md)",
    apply(global, { name, settings: { secret } }, { keyword, diagnostics }) {
      // The secret itself is in no message.
      if (secret === undefined) {
        diagnostics.alert(keyword.span, "'trace-header' needs 'secret' and a secret", {
          allowed: "trace-header <name> secret <secret>",
        });
      } else if (secret.length < SHORTEST) {
        diagnostics.alert(
          keyword.span,
          `the secret of 'trace-header' has ${secret.length} characters, ${SHORTEST} are needed`,
        );
      } else {
        global.traceHeader = { name, secret };
      }
    },
  }),
];
