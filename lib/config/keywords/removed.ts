/** Keywords that HAProxy itself has removed: old configurations and tutorials still have them. */
import { group, type KeywordGroup } from "./group.ts";
import type { KeywordRow, SectionKind } from "./types.ts";

const BACK: readonly SectionKind[] = ["defaults", "listen", "backend"];
const ALL: readonly SectionKind[] = ["defaults", "frontend", "listen", "backend"];
const REWRITE = "HAProxy removed it; write an 'http-request' or 'http-response' rule";
const BOTH: readonly ("no" | "default")[] = ["no", "default"];

const groups: readonly (KeywordGroup & { sections: readonly SectionKind[] })[] = [
  {
    status: "unsupported",
    reason: "HAProxy removed it; write 'timeout client'",
    manual: "2.0",
    sections: ALL,
    names: { clitimeout: "Old form of 'timeout client'" },
  },
  {
    status: "unsupported",
    reason: "HAProxy removed it; write 'timeout connect'",
    manual: "2.0",
    sections: ALL,
    names: { contimeout: "Old form of 'timeout connect'" },
  },
  {
    status: "unsupported",
    reason: "HAProxy removed it; write 'timeout server'",
    manual: "2.0",
    sections: ALL,
    names: { srvtimeout: "Old form of 'timeout server'" },
  },
  {
    status: "unsupported",
    reason: "HAProxy removed it; write 'option redispatch'",
    manual: "2.0",
    sections: ALL,
    names: { redispatch: "Old form of 'option redispatch'" },
  },
  {
    status: "unsupported",
    reason: "it is deprecated; a server with the address it shall have says more",
    manual: "4.2",
    sections: BACK,
    names: { transparent: "Old form of 'option transparent'" },
  },
  {
    status: "unsupported",
    reason: "HAProxy removed it; write 'option httpclose'",
    manual: "2.0",
    sections: ALL,
    prefixes: BOTH,
    names: { "option forceclose": "Old form of 'option httpclose'" },
  },
  {
    status: "unsupported",
    reason: "HAProxy removed it; connections are kept alive without it",
    manual: "2.0",
    sections: ALL,
    prefixes: BOTH,
    names: { "option http-tunnel": "One look at each connection's first request only" },
  },
  {
    status: "unsupported",
    reason: "HAProxy removed it; write 'http-request return status 200' or 'monitor-uri'",
    manual: "2.0",
    sections: ALL,
    names: { "monitor-net": "Answers checks from a network" },
  },
  {
    status: "unsupported",
    reason: "HAProxy removed it; write 'http-request deny'",
    manual: "2.0",
    sections: ALL,
    names: { block: "Old form of 'http-request deny'" },
  },
  {
    status: "unsupported",
    reason: "HAProxy removed it; 'cookie NAME prefix' keeps clients on their server by the " +
      "application's own cookie",
    manual: "1.5",
    sections: ALL,
    names: { appsession: "Keeps clients on their server by an application's cookie" },
  },
  {
    status: "unsupported",
    reason: REWRITE,
    manual: "2.0",
    sections: ALL,
    names: Object.fromEntries(
      [
        "reqadd",
        "reqallow",
        "reqdel",
        "reqdeny",
        "reqiallow",
        "reqidel",
        "reqideny",
        "reqipass",
        "reqirep",
        "reqitarpit",
        "reqpass",
        "reqrep",
        "reqtarpit",
        "rspadd",
        "rspdel",
        "rspdeny",
        "rspidel",
        "rspideny",
        "rspirep",
        "rsprep",
      ].map((name) => [name, "Old rule on headers"]),
    ),
  },
];

export const removedRows: readonly KeywordRow[] = groups.flatMap(group);
