/** As much of DNS as a check needs: one question, and whether bytes answer it (RFC 1035 section 4). */

const A = 1;
const IN = 1;
const RESPONSE = 0x8000;
const RECURSION = 0x0100;

/** A question for the addresses of `name`; undefined: it is no name. */
export function dnsQuery(id: number, name: string): Uint8Array<ArrayBuffer> | undefined {
  const labels = name.split(".").filter((label) => label !== "");
  if (labels.some((label) => label.length > 63) || name.length > 253) return undefined;
  const bytes = new Uint8Array(12 + labels.reduce((sum, label) => sum + label.length + 1, 1) + 4);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, id);
  view.setUint16(2, RECURSION);
  view.setUint16(4, 1);
  let at = 12;
  for (const label of labels) {
    bytes[at++] = label.length;
    for (let i = 0; i < label.length; i++) bytes[at++] = label.charCodeAt(i);
  }
  view.setUint16(at + 1, A);
  view.setUint16(at + 3, IN);
  return bytes;
}

/** Names of response codes (RFC 1035 section 4.1.1, RFC 6895). */
const CODES: readonly string[] = [
  "NOERROR",
  "FORMERR",
  "SERVFAIL",
  "NXDOMAIN",
  "NOTIMP",
  "REFUSED",
];

/** What answers a query: a response code's name; undefined: these bytes are no answer to it. */
export function dnsAnswer(query: Uint8Array, answer: Uint8Array): string | undefined {
  if (answer.length < 12 || answer[0] !== query[0] || answer[1] !== query[1]) return undefined;
  if (((answer[2] << 8) & RESPONSE) === 0) return undefined;
  const code = answer[3] & 15;
  return CODES[code] ?? `RCODE ${code}`;
}
