/** Keywords of HAProxy's proxy sections that sluice knows by name and does not have. */
import { group, type KeywordGroup, NO_FASTCGI } from "./group.ts";
import type { KeywordRow, SectionKind } from "./types.ts";

const FRONT: readonly SectionKind[] = ["defaults", "frontend", "listen"];
const BACK: readonly SectionKind[] = ["defaults", "listen", "backend"];
const REAL_BACK: readonly SectionKind[] = ["listen", "backend"];

const BOTH: readonly ("no" | "default")[] = ["no", "default"];

type Row = KeywordGroup & { sections: readonly SectionKind[] };

const groups: readonly Row[] = [
  {
    status: "unsupported",
    reason:
      "there are no SPOP agents without the SPOE filter; 'option tcp-check' tests the connection",
    manual: "4.2",
    sections: BACK,
    names: { "option spop-check": "Checks of SPOP agents" },
  },
  {
    status: "ignored",
    reason: "it is a hint that the runtime cannot give to the system",
    manual: "4.2",
    sections: FRONT,
    prefixes: BOTH,
    names: {
      "option tcp-smart-accept": "Saves a packet when a client's connection is accepted",
    },
  },
  {
    status: "ignored",
    reason: "it is a hint that the runtime cannot give to the system",
    manual: "4.2",
    sections: BACK,
    prefixes: BOTH,
    names: { "option tcp-smart-connect": "Saves a packet when a server is connected" },
  },
  {
    status: "unsupported",
    reason:
      "a rule says which answers are meant: 'http-response deny if { res.hdr(set-cookie) -m found } " +
      "!{ res.hdr(cache-control) -m sub private no-store no-cache }'",
    manual: "4.2",
    sections: BACK,
    prefixes: BOTH,
    names: {
      "option checkcache": "Refuses answers that would be cached by mistake",
    },
  },
  {
    status: "unsupported",
    reason: "write 'server NAME 0.0.0.0', which goes to where the client wanted to go",
    manual: "4.2",
    sections: BACK,
    prefixes: BOTH,
    names: { "option transparent": "Connects to where the client wanted to go" },
  },
  {
    status: "unsupported",
    reason: NO_FASTCGI,
    manual: "4.2",
    sections: REAL_BACK,
    names: {
      "use-fcgi-app": "The FastCGI application behind the backend",
    },
  },
  {
    status: "unsupported",
    reason: "HAProxy 3.3 removes it; write 'server NAME ADDRESS'",
    manual: "4.2",
    sections: REAL_BACK,
    names: { dispatch: "The only server, without a name" },
  },
];

export const unsupportedProxyRows: readonly KeywordRow[] = groups.flatMap(group);
