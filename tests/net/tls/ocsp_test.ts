import assert from "node:assert/strict";
import { ocspEnd, ocspProblem } from "../../../lib/net/tls/ocsp.ts";
import * as der from "../../../lib/net/tls/der_write.ts";
import { Random } from "../../support/random.ts";

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 1);
const SERIAL = Uint8Array.of(0x12, 0x34);

/** GeneralizedTime, which OCSP has for all years. */
function time(ms: number): Uint8Array {
  const text = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, "");
  return der.tlv(0x18, new TextEncoder().encode(text));
}

/** An answer for one certificate, as far as it is looked at (RFC 6960 4.2.1). */
function answer(state: Uint8Array, from: number, until?: number): Uint8Array<ArrayBuffer> {
  const empty = der.octetString(new Uint8Array(20));
  const id = der.sequence(
    der.sequence(der.oid("1.3.14.3.2.26")),
    empty,
    empty,
    der.integer(SERIAL),
  );
  const next = until === undefined ? [] : [der.tlv(0xa0, time(until))];
  const single = der.sequence(id, state, time(from), ...next);
  const data = der.sequence(der.tlv(0xa2, empty), time(from), der.sequence(single));
  const basic = der.sequence(data, der.sequence(), der.bitString(new Uint8Array(1)));
  const bytes = der.sequence(der.oid("1.3.6.1.5.5.7.48.1.1"), der.octetString(basic));
  return Uint8Array.from(der.sequence(der.tlv(0x0a, Uint8Array.of(0)), der.tlv(0xa0, bytes)));
}

const GOOD = der.tlv(0x80);
const REVOKED = der.tlv(0xa1, time(NOW - DAY));

Deno.test("an OCSP answer is good for its certificate, between its times", () => {
  const good = answer(GOOD, NOW - DAY, NOW + DAY);
  assert.equal(ocspProblem(good, SERIAL, NOW), undefined);
  assert.equal(ocspEnd(good), NOW + DAY);
  assert.match(ocspProblem(good, SERIAL, NOW + DAY + 1000)!, /has expired/);
  assert.match(ocspProblem(good, SERIAL, NOW - 2 * DAY)!, /not valid yet/);
  assert.match(ocspProblem(good, Uint8Array.of(1), NOW)!, /another certificate/);
  assert.match(ocspProblem(answer(REVOKED, NOW), SERIAL, NOW)!, /is good/);
});

Deno.test("an OCSP answer without nextUpdate has no end", () => {
  const endless = answer(GOOD, NOW - DAY);
  assert.equal(ocspEnd(endless), undefined);
  assert.equal(ocspProblem(endless, SERIAL, NOW + 1000 * DAY), undefined);
});

Deno.test("damaged OCSP answers never throw", () => {
  const good = answer(GOOD, NOW - DAY, NOW + DAY);
  const random = new Random(7);
  for (let i = 0; i < 3000; i++) {
    const bytes = good.slice(0, i % 3 === 0 ? random.below(good.length) : good.length);
    if (bytes.length > 0) bytes[random.below(bytes.length)] = random.below(256);
    ocspProblem(bytes, SERIAL, NOW);
    ocspEnd(bytes);
  }
});
