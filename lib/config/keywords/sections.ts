/** Section kinds (manual 2.1, 3, 4, 5.3.2, 6.2.1, 10.1.1), and the keywords of those sluice does not have. */
import { group, NO_FASTCGI } from "./group.ts";
import type { KeywordRow, KeywordStatus, SectionKind } from "./types.ts";

/** One section kind. */
export interface SectionRow {
  readonly kind: SectionKind;
  /** Whether the header line has a name. */
  readonly name: "none" | "optional" | "required";
  /** Whether it may say `from NAME`. */
  readonly from: boolean;
  readonly summary: string;
  readonly manual: string;
  readonly status: Exclude<KeywordStatus, "ignored">;
  readonly reason?: string;
}

const proxy = (kind: SectionKind, name: SectionRow["name"], summary: string): SectionRow => ({
  kind,
  name,
  from: true,
  summary,
  manual: "4",
  status: "supported",
});

const section = (kind: SectionKind, manual: string, summary: string): SectionRow => ({
  kind,
  name: "required",
  from: false,
  summary,
  manual,
  status: "supported",
});

const missing = (
  kind: SectionKind,
  manual: string,
  summary: string,
  reason: string,
): SectionRow => ({
  kind,
  name: "required",
  from: false,
  summary,
  manual,
  status: "unsupported",
  reason,
});

export const sectionRows: readonly SectionRow[] = [
  {
    kind: "global",
    name: "none",
    from: false,
    summary: "The process",
    manual: "3",
    status: "supported",
  },
  proxy("defaults", "optional", "Settings that the proxies after it start from"),
  proxy("frontend", "required", "Takes connections of clients"),
  proxy("listen", "required", "A frontend and a backend in one"),
  proxy("backend", "required", "Sends connections and requests to servers"),
  section("userlist", "3.4", "Users, their passwords and groups"),
  section("peers", "3.5", "Other instances that share stick tables"),
  section("mailers", "3.6", "Mail servers for alerts"),
  missing(
    "program",
    "3.7",
    "A program that runs beside the proxy",
    "start it by your service manager",
  ),
  section("http-errors", "3.8", "A group of error files that proxies take by its name"),
  section("ring", "3.9", "A buffer for log lines, and servers that they are sent to"),
  section("log-forward", "3.10", "Takes syslog messages and passes them on"),
  section("resolvers", "5.3.2", "DNS servers for names that change while running"),
  section("cache", "6.2.1", "A cache for responses"),
  {
    kind: "namespace_list",
    name: "none",
    from: false,
    summary: "Network namespaces that clients' PROXY headers may name",
    manual: "5.2",
    status: "supported",
  },
  {
    kind: "crt-store",
    name: "optional",
    from: false,
    summary: "Certificates by name",
    manual: "3.11 (HAProxy 3.0)",
    status: "supported",
  },
  missing(
    "traces",
    "3.12 (HAProxy 3.1)",
    "Traces of the engine",
    "sluice has none; see its log and statistics",
  ),
  missing(
    "log-profile",
    "8.3 (HAProxy 3.1)",
    "Log formats by event",
    "write 'log-format' lines in the proxies",
  ),
  section("acme", "12.8 (HAProxy 3.2)", "Certificates from an authority"),
  missing(
    "fcgi-app",
    "10.1.1",
    "A FastCGI application",
    NO_FASTCGI,
  ),
];

/** Keywords of the missing sections: so that help and suggestions know them by name. */
const keywords: Partial<Record<SectionKind, Readonly<Record<string, string>>>> = {
  program: {
    command: "What is started",
    group: "Its group",
    "option start-on-reload": "Started anew at a reload",
    user: "Its user",
  },
  "fcgi-app": {
    acl: "Names a test",
    docroot: "Directory of documents",
    index: "Script of a directory",
    "log-stderr": "Where error output goes",
    "option get-values": "Asks the application for its limits",
    "option keep-conn": "Keeps connections",
    "option max-reqs": "Requests at the same time",
    "option mpxs-conns": "Several requests on a connection",
    "pass-header": "Passes a header on",
    "path-info": "How paths are split",
    "set-param": "Sets a parameter",
  },
};

export const otherSectionRows: readonly KeywordRow[] = sectionRows
  .filter((s) => s.status === "unsupported")
  .flatMap((s) =>
    group({
      status: "unsupported",
      reason: `section '${s.kind}' is not there: ${s.reason}`,
      manual: s.manual,
      sections: [s.kind],
      names: keywords[s.kind] ?? {},
    })
  );
