/**
 * The routing token or cookie at the beginning of a connection of RDP ([MS-RDPBCGR] 2.2.1.1): a header of TPKT and
 * one of X.224 (11 bytes), then `Cookie: NAME=VALUE` and a line end.
 */

const HEADERS = 11;
const WORD = "cookie:";

/** Not all of the cookie is there. */
export const MORE: unique symbol = Symbol("more");

/** The value of the cookie; of the one named `name` in any case, when it is given; MORE, or undefined: there is none. */
export function rdpCookie(text: string, name?: string): string | typeof MORE | undefined {
  if (text.length > 0 && text.charCodeAt(0) !== 3) return undefined;
  if (text.length > 5 && text.charCodeAt(5) !== 0xe0) return undefined;
  const known = text.slice(HEADERS, HEADERS + WORD.length).toLowerCase();
  if (known !== WORD.slice(0, known.length)) return undefined;
  if (known.length < WORD.length) return MORE;
  let at = HEADERS + WORD.length;
  while (text[at] === " ") at++;
  const end = text.indexOf("\r", at);
  const line = end < 0 ? text.slice(at) : text.slice(at, end);
  const equals = line.indexOf("=");
  if (line.includes("\n")) return undefined;
  if (name !== undefined) {
    const wanted = `${name.toLowerCase()}=`;
    const begun = line.slice(0, wanted.length).toLowerCase();
    if (!wanted.startsWith(begun) || (end >= 0 && begun !== wanted)) return undefined;
  }
  if (end < 0 || text.length < end + 2) return MORE;
  return text[end + 1] === "\n" && equals >= 0 ? line.slice(equals + 1) : undefined;
}

/** The server that a routing token `IP.PORT.RESERVED` names; its numbers are little endian ([MS-RDPBCGR] 3.2.5.3.1). */
export function rdpToken(
  cookie: string,
): { readonly host: string; readonly port: number } | undefined {
  const match = /^([0-9]{1,10})\.([0-9]{1,5})\./.exec(cookie);
  if (match === null) return undefined;
  const ip = Number(match[1]);
  const port = Number(match[2]);
  if (ip > 0xffffffff || port > 65535) return undefined;
  const host = [ip & 255, ip >>> 8 & 255, ip >>> 16 & 255, ip >>> 24].join(".");
  return { host, port: (port & 255) << 8 | port >> 8 };
}
