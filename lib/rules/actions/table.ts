/** All actions that sluice knows, and the names of those that it refuses. */
import type { ActionRow, RuleKind } from "../types.ts";
import { ADDRESS_ACTIONS } from "./address.ts";
import { CAPTURE_ACTIONS } from "./capture.ts";
import { EARLY_HINT_ACTIONS } from "./early_hint.ts";
import { CONTENT_ACTIONS } from "./content.ts";
import { EXPECT_ACTIONS } from "./expect.ts";
import { CACHE_ACTIONS } from "./cache.ts";
import { JWT_AUTH_ACTIONS } from "./jwt_auth.ts";
import { HEADER_ACTIONS } from "./header.ts";
import { NORMALIZE_ACTIONS } from "./normalize.ts";
import { PATTERN_ACTIONS } from "./patterns.ts";
import { REDIRECT_ACTIONS } from "./redirect.ts";
import { REPLACE_ACTIONS } from "./replace.ts";
import { REPLY_ACTIONS } from "./reply.ts";
import { SOCKET_ACTIONS } from "./socket.ts";
import { STICK_ACTIONS } from "./stick.ts";
import { RESOLVE_ACTIONS } from "./resolve.ts";
import { SERVICE_ACTIONS } from "./service.ts";
import { STREAM_ACTIONS } from "./stream.ts";
import { TARGET_ACTIONS } from "./target.ts";
import { LIMIT_BODY_ACTIONS } from "./limit_body.ts";
import { MIRROR_ACTIONS } from "./mirror.ts";
import { TRAFFIC_ACTIONS } from "./traffic.ts";
import { VARIABLE_ACTIONS } from "./variable.ts";
import { VERDICT_ACTIONS } from "./verdict.ts";
import { WAIT_ACTIONS } from "./wait.ts";

export const ACTION_ROWS: readonly ActionRow[] = [
  ...VERDICT_ACTIONS,
  ...REPLY_ACTIONS,
  ...REDIRECT_ACTIONS,
  ...HEADER_ACTIONS,
  ...REPLACE_ACTIONS,
  ...TARGET_ACTIONS,
  ...VARIABLE_ACTIONS,
  ...NORMALIZE_ACTIONS,
  ...ADDRESS_ACTIONS,
  ...STREAM_ACTIONS,
  ...CAPTURE_ACTIONS,
  ...EARLY_HINT_ACTIONS,
  ...PATTERN_ACTIONS,
  ...RESOLVE_ACTIONS,
  ...WAIT_ACTIONS,
  ...LIMIT_BODY_ACTIONS,
  ...EXPECT_ACTIONS,
  ...STICK_ACTIONS,
  ...CONTENT_ACTIONS,
  ...SERVICE_ACTIONS,
  ...CACHE_ACTIONS,
  ...JWT_AUTH_ACTIONS,
  ...MIRROR_ACTIONS,
  ...TRAFFIC_ACTIONS,
  ...SOCKET_ACTIONS,
];

export const ACTIONS: ReadonlyMap<string, ActionRow> = new Map(
  ACTION_ROWS.map((row) => [row.name, row]),
);

/** The row of an action: `track-sc3` has that of `track-sc0`. */
export function findAction(name: string): ActionRow | undefined {
  return ACTIONS.get(name.replace(/^track-sc[0-9]{1,3}$/, "track-sc0"));
}

/** The names of the actions that a rule set has. */
export function actionNames(kind: RuleKind): string[] {
  return ACTION_ROWS.filter((row) => row.rules.includes(kind)).map((row) => row.name);
}

/** HAProxy's actions that sluice has no row for: refused by name, and why, or what there is instead. */
const UNSUPPORTED: ReadonlyMap<string, string> = new Map([
  ["lua", "there is no Lua"],
  ["send-spoe-group", "there is no SPOE filter"],
]);

/** Why an action of HAProxy's is refused; undefined: it is none. */
export function whyUnsupported(name: string): string | undefined {
  return UNSUPPORTED.get(name) ?? (name.startsWith("lua.") ? UNSUPPORTED.get("lua") : undefined);
}
