/** The static table of HPACK (RFC 7541 appendix A): index 1 to 61. */

const ROWS = `:authority|
:method|GET
:method|POST
:path|/
:path|/index.html
:scheme|http
:scheme|https
:status|200
:status|204
:status|206
:status|304
:status|400
:status|404
:status|500
accept-charset|
accept-encoding|gzip, deflate
accept-language|
accept-ranges|
accept|
access-control-allow-origin|
age|
allow|
authorization|
cache-control|
content-disposition|
content-encoding|
content-language|
content-length|
content-location|
content-range|
content-type|
cookie|
date|
etag|
expect|
expires|
from|
host|
if-match|
if-modified-since|
if-none-match|
if-range|
if-unmodified-since|
last-modified|
link|
location|
max-forwards|
proxy-authenticate|
proxy-authorization|
range|
referer|
refresh|
retry-after|
server|
set-cookie|
strict-transport-security|
transfer-encoding|
user-agent|
vary|
via|
www-authenticate|`;

/** Position 0 is nobody's. */
export const STATIC_NAMES: string[] = [""];
export const STATIC_VALUES: string[] = [""];
/** index of the first entry of a name */
export const STATIC_NAME_INDEX: Map<string, number> = new Map();
/** index by name, then by value, of entries with a value */
export const STATIC_FIELD_INDEX: Map<string, Map<string, number>> = new Map();

for (const row of ROWS.split("\n")) {
  const [name, value] = row.split("|");
  const index = STATIC_NAMES.length;
  STATIC_NAMES.push(name);
  STATIC_VALUES.push(value);
  if (!STATIC_NAME_INDEX.has(name)) STATIC_NAME_INDEX.set(name, index);
  if (value === "") continue;
  let values = STATIC_FIELD_INDEX.get(name);
  if (values === undefined) STATIC_FIELD_INDEX.set(name, values = new Map());
  values.set(value, index);
}

/** Entries of the static table; the dynamic table's indexes come after it. */
export const STATIC_COUNT: number = STATIC_NAMES.length - 1;
