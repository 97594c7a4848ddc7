/**
 * Every row of the tables of fetches, converters and actions has a case: in the tables that are compared with the
 * real HAProxy (cases.ts, tests/rules/cases.ts), or, where a value depends on more than a request, in the test that
 * is named here.
 */
import assert from "node:assert/strict";
import { uncompared } from "./coverage.ts";

/** Names, and the test that has them. */
type Elsewhere = readonly (readonly [names: RegExp, file: string])[];

/** These tests take the names from the tables themselves, so that none can be missing there. */
const GENERATED: ReadonlySet<string> = new Set([
  "expr/stick_test.ts",
  "e2e/tls_fetches_test.ts",
]);

const FETCHES_ELSEWHERE: Elsewhere = [
  [/^(sc[0-2]?_|src_(?!port)|table_)/, "expr/stick_test.ts"],
  [/^ssl_[fbcs]/, "e2e/tls_fetches_test.ts"],
  [/^(fc|bc)_err/, "e2e/connection_errors_test.ts"],
  [
    /^(fc_(rtt|unacked|sacked|retrans|fackets|lost|reorder)|bc_rtt)/,
    "e2e/socket_actions_test.ts",
  ],
  [/^fc_(pp_|rcvd)/, "proxy/proxy_protocol_test.ts"],
  [/^res\.c(ache|omp)/, "proxy/cache_test.ts proxy/compression_test.ts"],
  [/^(res\.body|req\.body)/, "proxy/bodies_test.ts"],
  [/^http_auth/, "e2e/auth_test.ts"],
  [/^(req|res)\.(len|payload|ssl|rdp)/, "proxy/content_test.ts"],
  [/^payload(_lv)?$/, "proxy/stick_test.ts"],
  [
    /^(res\.|bc_|[a-z]+\.timer|txn\.|cur_|capture\.|status|server_status|date|accept_date|request_date|rand|uuid|hostname)/,
    "expr/stream_fetches_test.ts",
  ],
  [/^((fc_)?(src|dst)_port|(be|fe|srv)_)/, "expr/stream_fetches_test.ts"],
];

const CONVERTERS_ELSEWHERE: Elsewhere = [
  [/^(table_|in_table$)/, "expr/stick_test.ts"],
  [/^capture-/, "rules/cases/actions.ts"],
];

const ACTIONS_ELSEWHERE: Elsewhere = [
  [/^(accept|reject|set-log-level|set-var|set-var-fmt)$/, "rules/rule_set_test.ts"],
  [/^unset-var$/, "expr/variables_test.ts"],
  [/^auth$/, "e2e/auth_test.ts"],
  [/^(set-timeout|set-retries|do-log|early-hint|strict-mode)$/, "proxy/stream_actions_test.ts"],
  [/^do-resolve$/, "rules/resolve_test.ts"],
  [/^(wait-for-body|pause|wait-for-handshake)$/, "proxy/bodies_test.ts"],
  [/^expect-/, "proxy/proxy_protocol_test.ts"],
  [/^(switch-mode|close)$/, "proxy/content_test.ts"],
  [/^use-service$/, "e2e/exporter_test.ts"],
  [/^(track-sc|sc-)/, "expr/stick_test.ts"],
  [/^cache-/, "proxy/cache_test.ts"],
  [/^jwt-auth$/, "rules/jwt_auth_test.ts"],
  [/^limit-body$/, "proxy/limit_body_test.ts"],
  [/^mirror-to$/, "proxy/mirror_test.ts"],
  [/^(set-bandwidth-limit|inject-)/, "proxy/traffic_test.ts"],
  [/^(silent-drop|set-(fc-|bc-)?(tos|mark))$/, "e2e/socket_actions_test.ts"],
];

const read = (file: string) => Deno.readTextFileSync(new URL(`../${file}`, import.meta.url));

/** Names that no test has. */
function missing(names: readonly string[], elsewhere: Elsewhere): string[] {
  return names.flatMap((name) => {
    const files = elsewhere.find(([pattern]) => pattern.test(name))?.[1].split(" ");
    if (files === undefined) return [`${name}: nowhere`];
    const word = new RegExp(`(?<![\\w.-])${name.replace(/[.+*]/g, "\\$&")}(?![\\w-])`);
    const has = files.some((file) =>
      GENERATED.has(file) ? read(file) !== "" : word.test(read(file))
    );
    return has ? [] : [`${name}: not in ${files}`];
  });
}

const rest = uncompared();

Deno.test("every fetch has a case", () => {
  const left = rest.fetches.flatMap((names) => {
    const found = names.map((name) => missing([name], FETCHES_ELSEWHERE));
    return found.some((each) => each.length === 0) ? [] : found[0];
  });
  assert.deepEqual(left, []);
});

Deno.test("every converter has a case", () => {
  assert.deepEqual(missing(rest.converters, CONVERTERS_ELSEWHERE), []);
});

Deno.test("every action has a case", () => {
  assert.deepEqual(missing(rest.actions, ACTIONS_ELSEWHERE), []);
});
