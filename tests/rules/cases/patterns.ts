/** Cases of actions that change maps and ACLs. Every case has keys of its own: in HAProxy all share one process. */
import { PLAIN, type RuleCase } from "./types.ts";

const MAP = "tests/expr/maps/text.map";
const LIST = "tests/expr/maps/list.lst";
const FIELDS = PLAIN.slice(1).map((line) => line.replace(/^[^:]*/, (name) => name.toLowerCase()));

const sets = (rules: readonly string[], value: string, differs?: string): RuleCase => ({
  rules: [...rules, `http-request set-header R "[%[str(K),map(${MAP},none)]]"`]
    .map((rule) => rule.replaceAll("K", `key${value}`)),
  sent: [PLAIN[0], ...FIELDS, `r: [${value}]`],
  section: "4.2",
  ...(differs === undefined ? {} : { differs }),
});

export const PATTERN_CASES: readonly RuleCase[] = [
  sets([`http-request set-map(${MAP}) K one`], "one"),
  sets([`http-request set-map(${MAP}) K x`, `http-request set-map(${MAP}) K two`], "two"),
  sets([`http-request set-map(${MAP}) K%[str()] %[src]`], "127.0.0.1"),
  sets([`http-request set-map(${MAP}) K x`, `http-request del-map(${MAP}) K`], "none"),
  sets([`http-request set-map(${MAP}) K never if { path /other }`], "none"),
  {
    rules: [
      `http-request set-header First yes if { str(/acl-1) -f ${LIST} }`,
      `http-request add-acl(${LIST}) /acl-1`,
      `http-request set-header Second yes if { str(/acl-1) -f ${LIST} }`,
      `http-request del-acl(${LIST}) /acl-1`,
      `http-request set-header Third yes if { str(/acl-1) -f ${LIST} }`,
    ],
    sent: [PLAIN[0], ...FIELDS, "second: yes"],
    section: "4.2",
  },
];
