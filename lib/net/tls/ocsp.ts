/** OCSP answers (RFC 6960 4.2.1), as far as deciding whether one may be stapled. Pure. */
import { certificateTime } from "./certificate.ts";
import { derChildren, type DerValue, readDer, Tag } from "./der.ts";

const GENERALIZED_TIME = Tag.GENERALIZED_TIME;

function text({ value }: DerValue): string {
  return String.fromCharCode(...value);
}

/** The fields of the one answer in `der`; a text: why there is none. */
function singleAnswer(der: Uint8Array<ArrayBuffer>): DerValue[] | string {
  const outer = readDer(der, 0);
  const [status, wrapper] = outer?.tag === Tag.SEQUENCE ? derChildren(outer) : [];
  if (status === undefined) return "it is no OCSP answer";
  if (status.value[0] !== 0) return `the responder refused to answer (${status.value[0]})`;
  const sequence = wrapper && derChildren(wrapper)[0];
  const octets = sequence && derChildren(sequence)[1];
  const basic = octets && readDer(octets.value, 0);
  const data = basic && derChildren(basic)[0];
  const responses = data && derChildren(data).find(({ tag }) => tag === Tag.SEQUENCE);
  const list = responses === undefined ? [] : derChildren(responses);
  if (list.length !== 1) return `it has ${list.length} answers instead of one`;
  return derChildren(list[0]);
}

/** What an answer is about (RFC 6960 4.1.1 CertID). */
export interface OcspCertId {
  /** DER of the whole */
  readonly der: Uint8Array<ArrayBuffer>;
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  readonly serial: Uint8Array;
}

/** Which certificate an answer is about; undefined when it is none. */
export function ocspCertId(der: Uint8Array<ArrayBuffer>): OcspCertId | undefined {
  const answer = singleAnswer(der);
  const id = typeof answer === "string" ? undefined : answer[0];
  const [, name, key, serial] = id === undefined ? [] : derChildren(id);
  if (id === undefined || serial === undefined) return undefined;
  return {
    der: id.whole,
    issuerNameHash: name.value,
    issuerKeyHash: key.value,
    serial: serial.value,
  };
}

/** Until when an answer may be shown (nextUpdate), in wall ms; undefined: it does not say. */
export function ocspEnd(der: Uint8Array<ArrayBuffer>): number | undefined {
  const answer = singleAnswer(der);
  const next = typeof answer === "string" ? undefined : answer[3];
  const time = next?.tag === 0xa0 ? derChildren(next)[0] : undefined;
  return time && certificateTime(text(time));
}

/** What is wrong with `der` as an answer for the certificate of this serial number; undefined: nothing. */
export function ocspProblem(
  der: Uint8Array<ArrayBuffer>,
  serial: Uint8Array,
  wallMs: number,
): string | undefined {
  const answer = singleAnswer(der);
  if (typeof answer === "string") return answer;
  const [id, state, thisUpdate] = answer;
  const asked = id && derChildren(id)[3];
  if (asked === undefined || state === undefined) return "it is no OCSP answer";
  const isSame = asked.value.length === serial.length &&
    asked.value.every((byte, i) => byte === serial[i]);
  if (!isSame) return "it is for another certificate";
  if (state.tag !== 0x80) return "it does not say that the certificate is good";
  if (
    thisUpdate?.tag === GENERALIZED_TIME && certificateTime(text(thisUpdate)) > wallMs + 300_000
  ) {
    return "it is not valid yet";
  }
  const end = ocspEnd(der);
  return end !== undefined && end < wallMs ? "it has expired" : undefined;
}
