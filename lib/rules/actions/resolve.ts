/** `do-resolve` (manual 4.2): a name's address from a `resolvers` section, into a variable. */
import { nearest } from "../../config/suggest.ts";
import { parseIp } from "../../expr/ip.ts";
import type { ArgSpec } from "../../expr/rows.ts";
import { Typed } from "../../expr/sample.ts";
import type { Variable } from "../../expr/variables.ts";
import { sampleArgument } from "../argument.ts";
import type { ActionRow } from "../types.ts";

const CALL: readonly ArgSpec[] = [
  { name: "var", type: "variable" },
  { name: "resolvers", type: "str" },
  { name: "family", type: "enum", values: ["ipv4", "ipv6"], optional: true },
];

export const RESOLVE_ACTIONS: readonly ActionRow[] = [
  {
    name: "do-resolve",
    call: CALL,
    args: "<expr>",
    rules: ["http-request", "tcp-request content"],
    doc: "sets a variable to the address that a name has; leaves it when the name has none",
    section: "4.2",
    compile: (reader, ctx) => {
      const [variable, section, family] = ctx.call as [
        Variable,
        string,
        "ipv4" | "ipv6" | undefined,
      ];
      const read = sampleArgument(reader, "str", ctx);
      const resolver = ctx.findResolver?.(section);
      if (resolver === undefined) {
        const names = ctx.resolverNames ?? [];
        ctx.diagnostics.alert(ctx.word.span, `there is no 'resolvers' section '${section}'`, {
          nearest: nearest(section, names),
        });
      }
      if (read === undefined || resolver === undefined) return undefined;
      return (stream) => {
        const name = read(stream);
        if (name === undefined) return undefined;
        const set = (address: string | undefined) => {
          const ip = address === undefined ? undefined : parseIp(address);
          if (ip !== undefined) variable.set(stream, new Typed("ip", ip));
          return undefined;
        };
        // The manual: IPv6 is preferred when nothing is said.
        const found = resolver.lookup(name as string, family ?? "ipv6");
        return found instanceof Promise ? found.then(set) : set(found);
      };
    },
  },
];
