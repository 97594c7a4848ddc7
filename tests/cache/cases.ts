/** One table of cases for caching: request, answer, what follows, and the section of RFC 9111 (or 9110) that says so. */

export interface StoreCase {
  readonly section: string;
  readonly why: string;
  /** fields of a GET, or a whole head */
  readonly request?: readonly string[];
  readonly method?: string;
  readonly version?: "1.0";
  readonly status?: string;
  readonly answer: readonly string[];
  /** why it is not kept, or lifetime and age in seconds */
  readonly expected: string | readonly [lifetime: number, age: number];
  readonly vary?: true;
}

/** Now is Mon, 01 Jan 2024 00:00:00 GMT; `max-age` of the cache is 3600, an object has 1000 bytes at most. */
export const NOW = Date.UTC(2024, 0, 1) / 1000;
const AT = (minutes: number) => new Date((NOW + minutes * 60) * 1000).toUTCString();

const one = (
  section: string,
  why: string,
  answer: readonly string[],
  expected: StoreCase["expected"],
  more: Partial<StoreCase> = {},
): StoreCase => ({ section, why, answer, expected, ...more });

const CC = (text: string) => `Cache-Control: ${text}`;

export const STORE_CASES: readonly StoreCase[] = [
  one("3", "a lifetime is said", [CC("max-age=60")], [60, 0]),
  one("3", "other methods", [CC("max-age=60")], "method", { method: "POST" }),
  one("3", "HEAD has no content", [CC("max-age=60")], "method", { method: "HEAD" }),
  one("3", "other statuses (as HAProxy)", [CC("max-age=60")], "status", {
    status: "404 Not Found",
  }),
  one("3.3", "incomplete: a part", [CC("max-age=60"), "Content-Range: bytes 0-1/2"], "status", {
    status: "206 Partial Content",
    request: ["Range: bytes=0-1"],
  }),
  one("3", "HTTP/1.0 (as HAProxy)", [CC("max-age=60")], "version", { version: "1.0" }),
  one("5.2.2.5", "no-store of the answer", [CC("max-age=60, no-store")], "no-store"),
  one("5.2.1.5", "no-store of the request", [CC("max-age=60")], "no-store", {
    request: [CC("no-store")],
  }),
  one("5.2.2.7", "private", [CC("private, max-age=60")], "private"),
  one(
    "5.2.2.7",
    "private with fields counts as private",
    [CC('private="x", max-age=60')],
    "private",
  ),
  one("5.2.2.4", "no-cache is kept by others only (as HAProxy)", [CC("no-cache")], "no-cache"),
  one("5.4", "Pragma without Cache-Control", ["Pragma: no-cache", `Expires: ${AT(10)}`], "pragma"),
  one("3.5", "Authorization", [CC("max-age=60")], "authorization", {
    request: ["Authorization: Basic eDp5"],
  }),
  one("3.5", "Authorization, but public", [CC("public, max-age=60")], [60, 0], {
    request: ["Authorization: Basic eDp5"],
  }),
  one("3.5", "Authorization, but s-maxage", [CC("s-maxage=60")], [60, 0], {
    request: ["Authorization: Basic eDp5"],
  }),
  one("3.5", "Authorization, but must-revalidate", [CC("must-revalidate, max-age=9")], [9, 0], {
    request: ["Authorization: Basic eDp5"],
  }),
  one("7.3", "Set-Cookie is somebody's own", [CC("max-age=60"), "Set-Cookie: a=b"], "set-cookie"),
  one("4.1", "Vary, not processed", [CC("max-age=60"), "Vary: Accept"], "vary"),
  one("4.1", "Vary, processed", [CC("max-age=60"), "Vary: Accept"], [60, 0], { vary: true }),
  one("4.1", "Vary: *", [CC("max-age=60"), "Vary: Accept, *"], "vary *", { vary: true }),
  one("4.2.1", "s-maxage comes before max-age", [CC("max-age=60, s-maxage=90")], [90, 0]),
  one("4.2.1", "max-age comes before Expires", [CC("max-age=60"), `Expires: ${AT(10)}`], [60, 0]),
  one("4.2.1", "Expires less Date", [`Expires: ${AT(10)}`, `Date: ${AT(0)}`], [600, 0]),
  one("4.2.1", "Expires without Date", [`Expires: ${AT(1)}`], [60, 0]),
  one("5.3", "an Expires that is no date is over", ["Expires: 0", 'ETag: "a"'], "stale"),
  one("5.3", "Expires of the past", [`Expires: ${AT(-10)}`], "stale"),
  one("4.2.1", "a number that is none is over", [CC("max-age=soon")], "stale"),
  one("4.2.1", "max-age=0", [CC("max-age=0"), 'ETag: "a"'], "stale"),
  one("1.2.2", "a number that is too large", [CC("max-age=99999999999999999999")], [3600, 0]),
  one("4.2.1", "the first of two that differ", [CC("max-age=60"), CC("max-age=90")], [60, 0]),
  one("5.2", "names in any case, values in quotes", [CC('Max-Age="60"')], [60, 0]),
  one("5.2", "a comma in a quoted string parts nothing", [CC('x="a,no-store", max-age=60')], [
    60,
    0,
  ]),
  one("5.2.3", "directives that are not known", [CC("max-age=60, community=x")], [60, 0]),
  one("4.2.2", "a validator and no lifetime: that of the cache", ['ETag: "a"'], [3600, 0]),
  one("4.2.2", "Last-Modified likewise", [`Last-Modified: ${AT(-999)}`], [3600, 0]),
  one("4.2.2", "neither", ["X: y"], "no lifetime, no validator"),
  one("4.2.3", "Age", [CC("max-age=60"), "Age: 20"], [60, 20]),
  one("4.2.3", "Date in the past", [CC("max-age=600"), `Date: ${AT(-5)}`], [600, 300]),
  one("4.2.3", "the larger of both", [CC("max-age=600"), `Date: ${AT(-5)}`, "Age: 400"], [
    600,
    400,
  ]),
  one("4.2.3", "Date in the future counts as now", [CC("max-age=60"), `Date: ${AT(5)}`], [60, 0]),
  one("5.1", "an Age that is no number", [CC("max-age=60"), "Age: old"], [60, 0]),
  one("4.2", "older than it may become", [CC("max-age=60"), "Age: 60"], "stale"),
  one("3", "larger than an object may be", [CC("max-age=60"), "Content-Length: 1001"], "size"),
];

export interface ServeCase {
  readonly section: string;
  readonly why: string;
  /** Cache-Control of the request */
  readonly asked: string;
  /** s; the object is fresh for 100 */
  readonly age: number;
  readonly mustRevalidate?: true;
  readonly serves: boolean;
}

const ask = (
  section: string,
  why: string,
  asked: string,
  age: number,
  serves: boolean,
  mustRevalidate?: true,
): ServeCase => ({ section, why, asked, age, serves, mustRevalidate });

export const SERVE_CASES: readonly ServeCase[] = [
  ask("4.2", "fresh", "", 99, true),
  ask("4.2", "not fresh any more", "", 100, false),
  ask("5.2.1.4", "no-cache", "no-cache", 1, false),
  ask("5.2.1.1", "younger than max-age", "max-age=50", 50, true),
  ask("5.2.1.1", "older than max-age", "max-age=50", 51, false),
  ask("5.2.1.1", "max-age=0", "max-age=0", 1, false),
  ask("5.2.1.3", "fresh for long enough", "min-fresh=20", 80, true),
  ask("5.2.1.3", "fresh, but not for long enough", "min-fresh=20", 81, false),
  ask("5.2.1.2", "any staleness", "max-stale", 5000, true),
  ask("5.2.1.2", "stale within", "max-stale=10", 110, true),
  ask("5.2.1.2", "stale beyond", "max-stale=10", 111, false),
  ask("5.2.2.2", "must-revalidate forbids stale", "max-stale", 101, false, true),
  ask("5.2.2.2", "must-revalidate permits fresh", "", 10, true, true),
  ask("5.2.1.1", "max-age and max-stale both hold", "max-age=105, max-stale=10", 106, false),
];

export interface ConditionCase {
  readonly section: string;
  readonly fields: readonly string[];
  readonly etag?: string;
  readonly lastModified?: string;
  readonly is304: boolean;
}

export const CONDITION_CASES: readonly ConditionCase[] = [
  { section: "13.1.2", fields: ['If-None-Match: "a"'], etag: '"a"', is304: true },
  { section: "13.1.2", fields: ['If-None-Match: "b"'], etag: '"a"', is304: false },
  { section: "13.1.2", fields: ['If-None-Match: "b", "a"'], etag: '"a"', is304: true },
  { section: "8.8.3.2", fields: ['If-None-Match: W/"a"'], etag: '"a"', is304: true },
  { section: "8.8.3.2", fields: ['If-None-Match: "a"'], etag: 'W/"a"', is304: true },
  { section: "13.1.2", fields: ["If-None-Match: *"], is304: true },
  { section: "13.1.2", fields: ['If-None-Match: "a"'], is304: false },
  {
    section: "13.1.3",
    fields: [`If-Modified-Since: ${AT(0)}`],
    lastModified: AT(0),
    is304: true,
  },
  {
    section: "13.1.3",
    fields: [`If-Modified-Since: ${AT(-1)}`],
    lastModified: AT(0),
    is304: false,
  },
  { section: "13.1.3", fields: ["If-Modified-Since: soon"], lastModified: AT(0), is304: false },
  {
    section: "13.2.2",
    fields: ['If-None-Match: "b"', `If-Modified-Since: ${AT(0)}`],
    etag: '"a"',
    lastModified: AT(0),
    is304: false,
  },
];

/** `Range` of an object of 10 bytes with the tag "a" (RFC 9110 section 14). */
export const RANGE_CASES: readonly (readonly [
  section: string,
  fields: readonly string[],
  expected: readonly [number, number] | "none" | undefined,
])[] = [
  ["14.1.2", ["Range: bytes=0-3"], [0, 3]],
  ["14.1.2", ["Range: bytes=7-"], [7, 9]],
  ["14.1.2", ["Range: bytes=-2"], [8, 9]],
  ["14.1.2", ["Range: bytes=-20"], [0, 9]],
  ["14.1.2", ["Range: bytes=5-100"], [5, 9]],
  ["14.1.1", ["Range: bytes=10-"], "none"],
  ["14.1.1", ["Range: bytes=-0"], "none"],
  ["14.1.1", ["Range: bytes=5-2"], undefined],
  ["14.2", ["Range: pages=1-2"], undefined],
  ["14.2", ["Range: bytes=0-1,3-4"], undefined],
  ["13.1.5", ["Range: bytes=0-1", 'If-Range: "a"'], [0, 1]],
  ["13.1.5", ["Range: bytes=0-1", 'If-Range: "b"'], undefined],
  ["13.1.5", ["Range: bytes=0-1", 'If-Range: W/"a"'], undefined],
];

/** Two requests, and whether an answer to the first that varies on these fields may be given to the second. */
export const VARY_CASES: readonly (readonly [
  section: string,
  why: string,
  names: readonly string[],
  first: readonly string[],
  second: readonly string[],
  same: boolean,
])[] = [
  ["4.1", "the same value", ["accept"], ["Accept: a"], ["Accept: a"], true],
  ["4.1", "another value", ["accept"], ["Accept: a"], ["Accept: b"], false],
  ["4.1", "there and not there", ["accept"], ["Accept: a"], [], false],
  ["4.1", "in neither", ["accept"], [], [], true],
  ["4.1", "a field that is not named", ["accept"], ["X: 1"], ["X: 2"], true],
  ["4.1", "blanks between members", ["accept"], ["Accept: a, b"], ["Accept: a,b"], true],
  ["4.1", "two fields are one list", ["accept"], ["Accept: a", "Accept: b"], ["Accept: a,b"], true],
  ["4.1", "the order of a list that may mean something", ["accept"], ["Accept: a,b"], [
    "Accept: b,a",
  ], false],
  ["4.1", "codings in any case and order", ["accept-encoding"], ["Accept-Encoding: gzip, BR"], [
    "Accept-Encoding: br,gzip",
  ], true],
  ["4.1", "every named field counts", ["accept", "cookie"], ["Accept: a", "Cookie: x"], [
    "Accept: a",
    "Cookie: y",
  ], false],
];

/** What an answer to a request that is no GET does to what is kept of `/a` and `/b` (RFC 9111 section 4.4). */
export const INVALIDATION_CASES: readonly (readonly [
  why: string,
  method: string,
  status: number,
  fields: readonly string[],
  dropped: readonly string[],
])[] = [
  ["PUT that succeeds", "PUT", 204, [], ["/a"]],
  ["POST that succeeds", "POST", 200, [], ["/a"]],
  ["DELETE that succeeds", "DELETE", 200, [], ["/a"]],
  ["PATCH that succeeds", "PATCH", 200, [], ["/a"]],
  ["a method that nobody knows", "FROB", 200, [], ["/a"]],
  ["a redirect is no error", "POST", 303, [], ["/a"]],
  ["refused", "PUT", 403, [], []],
  ["failed", "POST", 500, [], []],
  ["OPTIONS is safe", "OPTIONS", 200, [], []],
  ["HEAD is safe", "HEAD", 200, [], []],
  ["Location of the same origin", "POST", 201, ["Location: /b"], ["/a", "/b"]],
  ["Location, absolute", "POST", 201, ["Location: http://x/b"], ["/a", "/b"]],
  ["Content-Location", "PUT", 200, ["Content-Location: /b"], ["/a", "/b"]],
  ["Location of another origin", "POST", 201, ["Location: http://y/b"], ["/a"]],
  ["Location of a failure", "POST", 400, ["Location: /b"], []],
];
