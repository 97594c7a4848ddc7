/** Hashes and parts of the request's URL (manual 7.3.6). */
import type { Head } from "../../http1/head.ts";
import type { StreamView } from "../context.ts";
import { sourceOf } from "../addresses.ts";
import { avalanche, sdbm } from "../hash.ts";
import { parseIp, parseIp4 } from "../ip.ts";
import type { FetchRow } from "../rows.ts";
import { bytesOfIp, type Value } from "../sample.ts";
import { pathOf, pathqOf } from "../target.ts";

const SECTION = "7.3.6";

function row(
  base: Pick<FetchRow, "name" | "type" | "doc">,
  read: (head: Head, stream: StreamView) => Value | undefined,
): FetchRow {
  return {
    args: [],
    needs: "request",
    section: SECTION,
    ...base,
    make: () => (stream) => {
      const head = stream.request;
      return head === undefined ? undefined : read(head, stream);
    },
  };
}

function hashOf(head: Head, rest: string): number {
  const text = (head.get("host") ?? "") + rest;
  return avalanche(sdbm(text, 0, text.length));
}

const base32 = (head: Head) => hashOf(head, pathOf(head.target) ?? "");
const url32 = (head: Head) => hashOf(head, pathqOf(head.target) ?? "");

/** The hash in network order, then the bytes of the client's address. */
function withSource(hash: number, stream: StreamView): string | undefined {
  const source = sourceOf(stream);
  const ip = source.family === "unix" ? undefined : parseIp(source.host);
  // An IPv4 address is held as the number it is: the hash is written as one.
  return ip === undefined ? bytesOfIp(hash) : bytesOfIp(hash) + bytesOfIp(ip);
}

/** Address and port of a target in absolute form (RFC 9112 section 3.2.2) whose host is an IPv4 address. */
function endOf(target: string): { readonly ip: number; readonly port: number } | undefined {
  const found = /^http(s?):\/\/([0-9.]{7,15})(?::([0-9]{1,5}))?(?=[/?]|$)/i.exec(target);
  const ip = found === null ? -1 : parseIp4(found[2], 0, found[2].length);
  if (ip < 0) return undefined;
  const standard = found![1] === "" ? 80 : 443;
  return { ip, port: found![3] === undefined ? standard : Number(found![3]) };
}

export const TARGET_FETCHES: readonly FetchRow[] = [
  row({ name: "base32", type: "sint", doc: "a 32-bit hash of `base`" }, base32),
  row(
    { name: "base32+src", type: "bin", doc: "`base32` and the client's address: 8 or 20 bytes" },
    (head, stream) => withSource(base32(head), stream),
  ),
  row({ name: "url32", type: "sint", doc: "a 32-bit hash of `baseq`" }, url32),
  row(
    { name: "url32+src", type: "bin", doc: "`url32` and the client's address: 8 or 20 bytes" },
    (head, stream) => withSource(url32(head), stream),
  ),
  row(
    { name: "url_ip", type: "ip", doc: "the IPv4 address that is the host in the target" },
    ({ target }) => endOf(target)?.ip,
  ),
  row(
    { name: "url_port", type: "sint", doc: "the port behind that address, or its scheme's" },
    ({ target }) => endOf(target)?.port,
  ),
];
