/** `mirror-to`: a copy of requests for a second backend. */
import { nearest } from "../../config/suggest.ts";
import type { ActionRow } from "../types.ts";
import { readPercent } from "./traffic.ts";

export const MIRROR_ACTIONS: readonly ActionRow[] = [
  {
    name: "mirror-to",
    args: "<backend> [percent <n>]",
    rules: ["http-request"],
    doc: "sends a copy of requests to another backend, whose answers are thrown away",
    section: "none: sluice's own",
    compile: (reader, ctx) => {
      const word = reader.need("the name of a backend");
      if (word === undefined) return undefined;
      const send = ctx.mirrorTo?.(word.text);
      if (send === undefined) {
        ctx.diagnostics.alert(word.span, `there is no backend '${word.text}' of mode http`, {
          nearest: nearest(word.text, ctx.proxyNames ?? []),
        });
        return undefined;
      }
      const meant = readPercent(reader, ctx);
      return meant && ((stream) => {
        if (meant(stream)) send(stream);
        return undefined;
      });
    },
  },
];
