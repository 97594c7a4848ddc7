/** `option ldap-check` (manual 4.2): an anonymous simple bind of LDAPv3 succeeds (RFC 4511 section 4.2). */
import type { CheckKind } from "../check.ts";
import { bySequence } from "../sequence/kinds.ts";
import type { Judgement } from "../sequence/steps.ts";
import { bigEndian, expect, protocolSequence, send } from "./steps.ts";

/** LDAPMessage { messageID 1, bindRequest { version 3, name "", simple "" } } */
// deno-fmt-ignore
const BIND = new Uint8Array([
  0x30, 0x0c, 0x02, 0x01, 0x01, 0x60, 0x07, 0x02, 0x01, 0x03, 0x04, 0x00, 0x80, 0x00,
]);
/** messageID 1, then a bindResponse */
const BOUND = "\x02\x01\x01\x61";
/** resultCode: an ENUMERATED of one byte */
const RESULT = "\x0a\x01";

const foreign: Judgement = { status: "L7RSP", info: "Not LDAPv3 protocol" };

/** Where the contents of a BER value begin and how long they are; lengths of 1, 2 or 4 bytes only. */
function contents(text: string, at: number): { start: number; length: number } | "more" | "bad" {
  if (text.length < at + 2) return "more";
  const first = text.charCodeAt(at + 1);
  if (first < 0x80) return { start: at + 2, length: first };
  const bytes = first & 0x7f;
  if (bytes !== 1 && bytes !== 2 && bytes !== 4) return "bad";
  if (text.length < at + 2 + bytes) return "more";
  return { start: at + 2 + bytes, length: bigEndian(text, at + 2, bytes) };
}

function judge(text: string, last: boolean): Judgement | "more" | "good" {
  const short = (): Judgement | "more" => last ? { status: "L7RSP" } : "more";
  if (text[0] !== "\x30") return foreign;
  const message = contents(text, 0);
  if (message === "bad") return foreign;
  if (message === "more" || text.length < message.start + message.length) return short();
  if (!text.startsWith(BOUND, message.start)) return foreign;
  const response = contents(text, message.start + BOUND.length - 1);
  if (typeof response === "string" || !text.startsWith(RESULT, response.start)) return foreign;
  const code = text.charCodeAt(response.start + RESULT.length);
  if (code === 0) return "good";
  return {
    status: "L7STS",
    code,
    info: "See RFC: http://tools.ietf.org/html/rfc4511#section-4.1.9",
  };
}

const sequence = protocolSequence([
  send(1, BIND),
  expect({ step: 2, judge, success: () => ({ status: "L7OK", info: "Success" }) }),
]);

export const ldapCheck: CheckKind = {
  name: "ldap-check",
  section: "4.2 option ldap-check",
  doc: "Binds to an LDAP server without a name.",
  compile: () => bySequence(sequence),
};
