/** How two nodes meet (HAProxy's peers.txt, "Handshake"): three lines from one, a number from the other. No I/O. */

export const STATUS = {
  ok: 200,
  later: 300,
  protocol: 501,
  version: 502,
  /** the name of the node that was called is another one */
  local: 503,
  /** nobody knows the node that calls */
  remote: 504,
} as const;

const PROTOCOL = "HAProxyS";
/** Most bytes of a line. */
const MAX_LINE = 256;
const MAX_NAME = 128;

export interface PeerHello {
  readonly major: number;
  readonly minor: number;
  /** who is called, and who calls */
  readonly callee: string;
  readonly caller: string;
}

/** What a caller sends. `minor` 0: for a peer that does not know 2.1. */
export function helloText(callee: string, caller: string, pid: number, minor: 0 | 1): string {
  return `${PROTOCOL} 2.${minor}\n${callee}\n${caller} ${pid} 1\n`;
}

/** A hello at the start of `text` and how long it is; a status: it is refused; undefined: it is not all there. */
export function readHello(
  text: string,
): { readonly hello: PeerHello; readonly length: number } | number | undefined {
  const lines: string[] = [];
  let at = 0;
  while (lines.length < 3) {
    const end = text.indexOf("\n", at);
    if (end < 0) return text.length - at > MAX_LINE ? STATUS.protocol : undefined;
    if (end - at > MAX_LINE) return STATUS.protocol;
    lines.push(text.slice(at, end));
    at = end + 1;
    if (lines.length === 1) {
      if (!lines[0].startsWith(`${PROTOCOL} `)) return STATUS.protocol;
      if (!/^[^ ]+ 2\.[0-9]{1,3}$/.test(lines[0])) return STATUS.version;
    }
  }
  const [first, callee, last] = lines;
  const caller = last.split(" ")[0];
  if (!isName(callee) || !isName(caller)) return STATUS.protocol;
  const minor = Number(first.slice(first.lastIndexOf(".") + 1));
  return { hello: { major: 2, minor, callee, caller }, length: at };
}

function isName(text: string): boolean {
  return text.length > 0 && text.length <= MAX_NAME && !/[\s\p{Cc}]/u.test(text);
}

/** The status at the start of `text`; `broken`: it is none; undefined: it is not all there. */
export function readStatus(
  text: string,
): { readonly status: number; readonly length: number } | "broken" | undefined {
  const end = text.indexOf("\n");
  if (end < 0) return text.length > 3 ? "broken" : undefined;
  return /^[0-9]{3}$/.test(text.slice(0, end))
    ? { status: Number(text.slice(0, end)), length: end + 1 }
    : "broken";
}
