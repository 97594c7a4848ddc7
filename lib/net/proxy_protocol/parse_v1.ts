/** The line of version 1 (section 2.1). */
import { formatIp, parseIpv4, parseIpv6, tcpAddress } from "../address.ts";
import type { Address } from "../conn.ts";
import { HeaderProblem, type HeaderResult, type ProxyHeader } from "./header.ts";

/** bytes of the longest line with its CRLF */
const LONGEST = 107;
const PORT = /^(?:0|[1-9][0-9]{0,4})$/;
const UNKNOWN: ProxyHeader = { version: 1, tlvs: [] };

/** Parses `bytes[start, end)`, which begins with `PROXY `. */
export function parseV1(bytes: Uint8Array, start: number, end: number): HeaderResult {
  const last = Math.min(end, start + LONGEST);
  let at = start;
  while (at < last && bytes[at] !== 10) at++;
  if (at === last) return end - start >= LONGEST ? HeaderProblem.Invalid : undefined;
  if (bytes[at - 1] !== 13) return HeaderProblem.Invalid;
  let text = "";
  for (let i = start; i < at - 1; i++) text += String.fromCharCode(bytes[i]);
  const words = text.split(" ");
  if (words[1] === "UNKNOWN") return { header: UNKNOWN, end: at + 1 };
  const v4 = words[1] === "TCP4";
  if (!v4 && words[1] !== "TCP6") return HeaderProblem.BadProtocol;
  if (words.length !== 6) return HeaderProblem.Invalid;
  const source = addressOf(words[2], words[4], v4);
  const destination = addressOf(words[3], words[5], v4);
  if (source === undefined || destination === undefined) return HeaderProblem.Invalid;
  return { header: { version: 1, ends: { source, destination }, tlvs: [] }, end: at + 1 };
}

function addressOf(host: string, port: string, v4: boolean): Address | undefined {
  const ip = v4 ? parseIpv4(host) : parseIpv6(host);
  if (ip === undefined || !PORT.test(port) || Number(port) > 65535) return undefined;
  return tcpAddress(formatIp(ip), Number(port));
}
