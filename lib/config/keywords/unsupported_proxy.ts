/** Keywords of HAProxy's proxy sections that sluice knows by name and does not have. */
import { group, type KeywordGroup } from "./group.ts";
import type { KeywordRow, SectionKind } from "./types.ts";

const FRONT: readonly SectionKind[] = ["defaults", "frontend", "listen"];
const BACK: readonly SectionKind[] = ["defaults", "listen", "backend"];
const ALL: readonly SectionKind[] = ["defaults", "frontend", "listen", "backend"];
const REAL_BACK: readonly SectionKind[] = ["listen", "backend"];

const KEEPALIVE = "the system's settings for TCP keep-alive hold (net.ipv4.tcp_keepalive_*)";
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
    reason: KEEPALIVE,
    manual: "4.2",
    sections: BACK,
    names: {
      "srvtcpka-cnt": "Unanswered keep-alive probes before a server's connection is given up",
      "srvtcpka-idle": "Silence before keep-alive probes on servers' connections",
      "srvtcpka-intvl": "Time between keep-alive probes on servers' connections",
    },
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
    manual: "4.2",
    sections: BACK,
    prefixes: BOTH,
    names: {
      "option checkcache": "Refuses answers that would be cached by mistake",
      "option transparent": "Connects to where the client wanted to go",
    },
  },
  {
    status: "unsupported",
    manual: "4.2",
    sections: ALL,
    prefixes: BOTH,
    names: {
      "option http-restrict-req-hdr-names": "Restricts the characters of headers' names",
    },
  },
  {
    status: "unsupported",
    manual: "4.2",
    sections: FRONT,
    prefixes: BOTH,
    names: {
      "option idle-close-on-response": "Closes idle connections of a soft stop after a response",
    },
  },
  {
    status: "unsupported",
    manual: "4.2",
    sections: BACK,
    names: {
      "max-keep-alive-queue": "Queue length at which connections move to another server",
    },
  },
  {
    status: "unsupported",
    manual: "4.2",
    sections: REAL_BACK,
    names: {
      dispatch: "The only server, without a name",
      "use-fcgi-app": "The FastCGI application behind the backend",
    },
  },
];

export const unsupportedProxyRows: readonly KeywordRow[] = groups.flatMap(group);
