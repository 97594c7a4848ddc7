/** One captured message as `show errors` writes it. */
import type { Capture } from "../../proxy/captures.ts";
import { formatAddress } from "../../net/address.ts";
import { instantText } from "./instant_text.ts";

/** Bytes of one line of the dump. */
const LINE = 70;

/** Who sent it, where it is wrong, and its bytes with what cannot be printed escaped. */
export function formatCapture(capture: Capture): string {
  const { kind, at, proxy, proxyId, backend, server, event, source, error, bytes } = capture;
  const side = kind === "request" ? "frontend" : "backend";
  return `\n[${instantText(at)}] ${side} ${proxy} (#${proxyId}): invalid ${kind}\n` +
    `  backend ${backend ?? "<NONE>"}, server ${server ?? "<NONE>"}, event #${event}, ` +
    `src ${formatAddress(source)}\n` +
    `  len ${bytes.length}, error at position ${error.position}: ${error.message}\n\n` +
    dump(bytes);
}

/** Lines end where the message's do, or when they are full; a `+` marks one that goes on. */
function dump(bytes: Uint8Array): string {
  let text = "";
  let start = 0;
  let goesOn = false;
  while (start < bytes.length) {
    let line = "";
    let at = start;
    while (at < bytes.length && line.length < LINE) {
      line += printable(bytes[at]);
      if (bytes[at++] === 10) break;
    }
    text += `  ${String(start).padStart(5, "0")}${goesOn ? "+" : " "} ${line}\n`;
    goesOn = bytes[at - 1] !== 10;
    start = at;
  }
  return text;
}

const NAMED: Readonly<Record<number, string>> = {
  9: "\\t",
  10: "\\n",
  13: "\\r",
  27: "\\e",
  92: "\\\\",
};

function printable(byte: number): string {
  if (NAMED[byte] !== undefined) return NAMED[byte];
  if (byte >= 32 && byte < 127) return String.fromCharCode(byte);
  return `\\x${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}
