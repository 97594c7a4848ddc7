/** The times of TCP keep-alive (manual 4.2 `clitcpka-*`, `srvtcpka-*`). */
import type { ProxyDraft } from "../draft.ts";
import { integer, time } from "./args.ts";
import { type KeywordRow, one, proxyKeyword, type SectionKind } from "./types.ts";

const SIDES = [
  {
    prefix: "cli",
    field: "clientKeepAlive",
    sections: ["defaults", "frontend", "listen"],
    whose: "a client's connection",
  },
  {
    prefix: "srv",
    field: "serverKeepAlive",
    sections: ["defaults", "listen", "backend"],
    whose: "a connection to a server",
  },
] as const satisfies readonly {
  prefix: string;
  field: keyof ProxyDraft;
  sections: readonly SectionKind[];
  whose: string;
}[];

export const keepAliveRows: readonly KeywordRow[] = SIDES.flatMap(
  ({ prefix, field, sections, whose }) => {
    const needs = `(with 'option ${prefix}tcpka')`;
    const change = (proxy: ProxyDraft, values: ProxyDraft[typeof field]) => {
      proxy[field] = { ...proxy[field], ...values };
    };
    return [
      proxyKeyword({
        name: `${prefix}tcpka-idle`,
        sections,
        args: { time: one(time({ min: 1000, unit: "s" })) },
        summary: `Silence on ${whose} before a keep-alive probe ${needs}`,
        manual: "4.2",
        apply: (proxy, { time }) => change(proxy, { keepIdle: Math.ceil(time / 1000) }),
      }),
      proxyKeyword({
        name: `${prefix}tcpka-intvl`,
        sections,
        args: { time: one(time({ min: 1000, unit: "s" })) },
        summary: `Time between two keep-alive probes on ${whose} ${needs}`,
        manual: "4.2",
        apply: (proxy, { time }) => change(proxy, { keepInterval: Math.ceil(time / 1000) }),
      }),
      proxyKeyword({
        name: `${prefix}tcpka-cnt`,
        sections,
        args: { count: one(integer(1, 127)) },
        summary: `Unanswered keep-alive probes that end ${whose} ${needs}`,
        manual: "4.2",
        apply: (proxy, { count }) => change(proxy, { keepCount: count }),
      }),
    ];
  },
);
