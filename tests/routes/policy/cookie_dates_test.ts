import assert from "node:assert/strict";
import type { Server } from "../../../lib/balance/server.ts";
import type { CookieConfig } from "../../../lib/config/model_cookie.ts";
import { encodeCookieDate } from "../../../lib/proxy/cookie_date.ts";
import { CookieValues } from "../../../lib/proxy/cookie_values.ts";
import type { Stream } from "../../../lib/proxy/stream.ts";
import { PersistenceCookie } from "../../../routes/policy/cookies.ts";
import { requestHead, responseHead } from "../../http1/support.ts";

const NOW = 1_700_000_000;
const span = { file: "t", line: 1, column: 1, length: 1 };

const server = {
  index: 0,
  config: { cookie: "s1" },
  state: { running: true },
} as unknown as Server;

function config(maxidle?: number, maxlife?: number): CookieConfig {
  return {
    name: "SRV",
    mode: "insert",
    indirect: true,
    nocache: false,
    postonly: false,
    preserve: false,
    httponly: false,
    secure: false,
    dynamic: false,
    domains: [],
    attributes: [],
    maxidle,
    maxlife,
    span,
  };
}

/** One request with this cookie: the letters of the log, and the cookie that the client gets. */
function exchange(cookie: PersistenceCookie, value: string): [letters: string, set?: string] {
  const request = requestHead(`GET / HTTP/1.1\r\nHost: x\r\nCookie: SRV=${value}\r\n\r\n`);
  const stream = {
    request,
    process: { wall: () => NOW * 1000 },
    lastServer: server,
  } as unknown as Stream;
  cookie.readRequest(stream);
  const response = responseHead("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  cookie.editResponse(stream, response);
  const { request: asked, response: set } = stream.persistence!;
  const field = response.get("set-cookie");
  return field === undefined ? [asked + set] : [asked + set, field];
}

const at = (ago: number) => encodeCookieDate(NOW - ago);
const now = at(0);

interface Row {
  readonly maxidle?: number;
  readonly maxlife?: number;
  readonly value: string;
  readonly letters: string;
  /** the cookie that is set, without its path */
  readonly set?: string;
}

/** Compared with the real HAProxy by scripts/compare_cookies.ts. */
const ROWS: readonly Row[] = [
  { value: "s1", letters: "VN" },
  { value: `s1|${at(100)}`, letters: "VU", set: "s1" },
  { value: `s1|${at(-100)}`, letters: "VN" },
  { value: `s1|${at(100)}|${at(200)}`, letters: "VU", set: "s1" },
  { value: "s1|", letters: "VN" },
  { value: "s1|!!!!!", letters: "VN" },
  { maxidle: 3600, value: "s1", letters: "VU", set: `s1|${now}` },
  { maxidle: 3600, value: `s1|${at(100)}`, letters: "VU", set: `s1|${now}` },
  { maxidle: 3600, value: `s1|${now}`, letters: "VN" },
  { maxidle: 3600, value: `s1|${at(3600)}`, letters: "VU", set: `s1|${now}` },
  { maxidle: 3600, value: `s1|${at(3604)}`, letters: "EI", set: `s1|${now}` },
  { maxidle: 3600, value: `s1|${at(-86_400)}`, letters: "VN" },
  { maxidle: 3600, value: `s1|${at(-86_404)}`, letters: "EI", set: `s1|${now}` },
  { maxlife: 3600, value: "s1", letters: "VU", set: `s1|${now}|${now}` },
  { maxlife: 3600, value: `s1|${now}|${at(100)}`, letters: "VN" },
  { maxlife: 3600, value: `s1|${at(50)}|${at(100)}`, letters: "VU", set: `s1|${now}|${at(100)}` },
  { maxlife: 3600, value: `s1|${now}|${at(3604)}`, letters: "OI", set: `s1|${now}|${now}` },
  { maxlife: 3600, value: `s1|${now}|${at(-86_404)}`, letters: "OI", set: `s1|${now}|${now}` },
  {
    maxidle: 600,
    maxlife: 3600,
    value: `s1|${at(700)}|${at(3700)}`,
    letters: "OI",
    set: `s1|${now}|${now}`,
  },
  {
    maxidle: 600,
    maxlife: 3600,
    value: `s1|${at(700)}|${at(800)}`,
    letters: "EI",
    set: `s1|${now}|${now}`,
  },
];

for (const { maxidle, maxlife, value, letters, set } of ROWS) {
  const limits = `maxidle ${maxidle ?? "none"}, maxlife ${maxlife ?? "none"}`;
  Deno.test(`${limits}: SRV=${value} is ${letters}`, () => {
    const values = new CookieValues({ servers: [server], places: 0 }, undefined);
    const cookie = new PersistenceCookie(config(maxidle, maxlife), values, false);
    assert.deepEqual(
      exchange(cookie, value),
      set === undefined ? [letters] : [letters, `SRV=${set}; path=/`],
    );
  });
}
