/** `use-service`: something of the proxy itself answers the request (manual 4.2 `http-request use-service`). */
import { nearest } from "../../config/suggest.ts";
import type { ActionRow, Verdict } from "../types.ts";

/** What can answer; routes/services.ts has the functions. */
export const SERVICE_NAMES = ["prometheus-exporter"] as const;

export type ServiceName = typeof SERVICE_NAMES[number];

export const SERVICE_ACTIONS: readonly ActionRow[] = [
  {
    name: "use-service",
    args: "<service>",
    rules: ["http-request"],
    doc: "lets the proxy itself answer: 'prometheus-exporter' gives its metrics",
    section: "4.2",
    compile(reader, ctx) {
      const allowed = SERVICE_NAMES.join(", ");
      const word = reader.need("the name of a service", allowed);
      if (word === undefined) return undefined;
      const name = SERVICE_NAMES.find((each) => each === word.text);
      if (name === undefined) {
        ctx.diagnostics.alert(word.span, `there is no service '${word.text}'`, {
          allowed,
          nearest: nearest(word.text, SERVICE_NAMES),
        });
        return undefined;
      }
      const verdict: Verdict = { type: "service", name };
      return () => verdict;
    },
  },
];
