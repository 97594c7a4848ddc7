/** All fetches that sluice knows, by name and alias. */
import type { FetchRow } from "../rows.ts";
import { AUTH_FETCHES } from "./auth.ts";
import { BODY_FETCHES } from "./body.ts";
import { CAPTURE_FETCHES } from "./capture.ts";
import { CLIENT_FETCHES } from "./client.ts";
import { COMPRESSION_FETCHES } from "./compression.ts";
import { CONNECTION_ERROR_FETCHES } from "./connection_error.ts";
import { CONSTANT_FETCHES } from "./constant.ts";
import { COOKIE_FETCHES } from "./cookie.ts";
import { HEADER_FETCHES } from "./header.ts";
import { HEADS_FETCHES } from "./heads.ts";
import { INTERNAL_FETCHES } from "./internal.ts";
import { PAYLOAD_FETCHES } from "./payload.ts";
import { PROXY_FETCHES } from "./proxies.ts";
import { PROXY_HEADER_FETCHES } from "./proxy_header.ts";
import { REQUEST_FETCHES } from "./request.ts";
import { TARGET_FETCHES } from "./target.ts";
import { TCP_INFO_FETCHES } from "./tcp_info.ts";
import { TIMER_FETCHES } from "./timers.ts";
import { STICK_FETCHES } from "./stick.ts";
import { TLS_FETCHES } from "./tls.ts";
import { URL_PARAM_FETCHES } from "./url_param.ts";
import { VARIABLE_FETCHES } from "./variable.ts";

/** The rows in the order of the manual, for help and documentation. */
export const FETCH_ROWS: readonly FetchRow[] = [
  ...CONSTANT_FETCHES,
  ...INTERNAL_FETCHES,
  ...PROXY_FETCHES,
  ...VARIABLE_FETCHES,
  ...CLIENT_FETCHES,
  ...TCP_INFO_FETCHES,
  ...CONNECTION_ERROR_FETCHES,
  ...TLS_FETCHES,
  ...PROXY_HEADER_FETCHES,
  ...REQUEST_FETCHES,
  ...PAYLOAD_FETCHES,
  ...CAPTURE_FETCHES,
  ...TARGET_FETCHES,
  ...BODY_FETCHES,
  ...HEADER_FETCHES,
  ...HEADS_FETCHES,
  ...COOKIE_FETCHES,
  ...AUTH_FETCHES,
  ...URL_PARAM_FETCHES,
  ...TIMER_FETCHES,
  ...STICK_FETCHES,
  ...COMPRESSION_FETCHES,
];

/** Name or alias → row. */
export const FETCHES: ReadonlyMap<string, FetchRow> = new Map(
  FETCH_ROWS.flatMap((row) => [row.name, ...row.aliases ?? []].map((name) => [name, row] as const)),
);
