/** Which answers and requests may be compressed (manual 4.2 `compression`, RFC 9110 section 8.4). */
import type { CompressionChoice } from "../config/model_compression.ts";
import type { Head } from "../http1/head.ts";

const STATUSES: ReadonlySet<number> = new Set([200, 201, 202, 203]);

/** True when the answer to a GET or POST may be sent in another coding to a client that takes it. */
export function isEligible(
  head: Head,
  requestMethod: string,
  { types, minSize }: CompressionChoice,
): boolean {
  if (!STATUSES.has(head.status) || requestMethod === "HEAD" || head.framing === "none") {
    return false;
  }
  if (head.version < 11) return false;
  if (head.find("content-encoding") >= 0 || head.find("content-range") >= 0) return false;
  if (forbidsChange(head)) return false;
  const etag = head.get("etag");
  if (etag !== undefined && !/^(W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/.test(etag)) return false;
  if (head.framing === "length" && head.contentLength < minSize) return false;
  if (head.get("content-type")?.toLowerCase().startsWith("multipart")) return false;
  return isOfType(head, types);
}

/** Fields whose sense depends on the bytes of a request's body (RFC 9530, RFC 3230, RFC 9110 section 14.5). */
const OF_THE_BYTES = [
  "content-encoding",
  "content-range",
  "content-digest",
  "repr-digest",
  "digest",
  "content-md5",
];

/** True when a request's body may go to the server in another coding. */
export function isRequestEligible(head: Head, { types, minSize }: CompressionChoice): boolean {
  if (head.framing === "none" || head.received.version < 11 || head.upgrade !== "") return false;
  if (head.framing === "length" && head.contentLength < Math.max(1, minSize)) return false;
  if (OF_THE_BYTES.some((name) => head.find(name) >= 0)) return false;
  return !forbidsChange(head) && isOfType(head, types);
}

/** RFC 9111 sections 5.2.1.6 and 5.2.2.6 */
function forbidsChange(head: Head): boolean {
  return /(^|[\s,])no-transform($|[\s,;])/i.test(all(head, "cache-control"));
}

function isOfType(head: Head, types: readonly string[]): boolean {
  if (types.length === 0) return true;
  const type = head.get("content-type")?.toLowerCase();
  return type !== undefined && types.some((each) => type.startsWith(each));
}

/** Every value of a field, joined as one list. */
function all(head: Head, name: string): string {
  let text = "";
  for (let at = head.find(name); at >= 0; at = head.find(name, at + 1)) {
    text += `${text === "" ? "" : ","}${head.value(at)}`;
  }
  return text;
}

/** The answer depends on what the client takes (RFC 9110 section 12.5.5). */
export function addVary(head: Head): void {
  const vary = all(head, "vary").toLowerCase();
  if (/(^|[\s,])(accept-encoding|\*)($|[\s,])/.test(vary)) return;
  head.append("Vary", "Accept-Encoding");
}

/** The bytes are not those that the tag stands for any more (RFC 9110 section 8.8.1). */
export function weakenEtag(head: Head): void {
  const at = head.find("etag");
  if (at >= 0 && !head.value(at).startsWith("W/")) head.setValue(at, `W/${head.value(at)}`);
}
