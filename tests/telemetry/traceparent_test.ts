import assert from "node:assert/strict";
import fc from "fast-check";
import { formatTraceParent, parseTraceParent, RandomIds } from "../../lib/telemetry/traceparent.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

/** From W3C Trace Context, section 3.2 and 4.3. */
const cases: readonly (readonly [text: string, good: boolean])[] = [
  [`00-${TRACE}-${SPAN}-01`, true],
  [` 00-${TRACE}-${SPAN}-00 `, true],
  [`00-${TRACE}-${SPAN}-01-more`, false],
  [`01-${TRACE}-${SPAN}-01-more`, true],
  [`cc-${TRACE}-${SPAN}-01`, true],
  [`cc-${TRACE}-${SPAN}-01.more`, false],
  [`ff-${TRACE}-${SPAN}-01`, false],
  [`00-${"0".repeat(32)}-${SPAN}-01`, false],
  [`00-${TRACE}-${"0".repeat(16)}-01`, false],
  [`00-${TRACE.toUpperCase()}-${SPAN}-01`, false],
  [`00-${TRACE.slice(1)}-${SPAN}-01`, false],
  [`00-${TRACE}-${SPAN}-1`, false],
  [`00-${TRACE}-${SPAN}`, false],
  ["", false],
];
for (const [text, good] of cases) {
  Deno.test(`traceparent ${JSON.stringify(text)} is ${good ? "valid" : "none"}`, () => {
    const parsed = parseTraceParent(text);
    assert.equal(parsed !== undefined, good);
    if (good) assert.deepEqual([parsed!.traceId, parsed!.spanId], [TRACE, SPAN]);
  });
}

Deno.test("any text is read, and what is written is valid", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 0, max: 255 }), (text, flags) => {
      parseTraceParent(text);
      const own = { traceId: TRACE, spanId: SPAN, flags };
      assert.deepEqual(parseTraceParent(formatTraceParent(own)), { ...own, flags: flags & 1 });
    }),
    { seed: 5 },
  );
});

Deno.test("numbers are of the right length and never all zero", () => {
  const ids = new RandomIds((bytes) => void bytes.fill(0));
  for (let i = 0; i < 200; i++) {
    assert.match(ids.trace(), /^0{31}1$/);
    assert.match(ids.span(), /^0{15}1$/);
  }
});
