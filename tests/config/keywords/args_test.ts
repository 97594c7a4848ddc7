import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type ArgType,
  fileMode,
  integer,
  MAX_TIME,
  oneOf,
  Refusal,
  size,
  time,
} from "../../../lib/config/keywords/args.ts";

const span = { file: "t", line: 1, column: 1, length: 1 };
const parse = <T>(type: ArgType<T>, text: string): T | Refusal => type.parse({ text, span });

function refusal(type: ArgType<unknown>, text: string): Refusal {
  const value = parse(type, text);
  assert.ok(value instanceof Refusal, `'${text}' was taken as ${value}`);
  assert.ok(value.message.length > 0);
  return value;
}

Deno.test("a time counts milliseconds unless it has a unit", () => {
  const cases: Record<string, number> = {
    "0": 0,
    "500": 500,
    "500ms": 500,
    "5s": 5000,
    "2m": 120_000,
    "1h": 3_600_000,
    "24d": 2_073_600_000,
    "2000us": 2,
    [`${MAX_TIME}`]: MAX_TIME,
  };
  for (const [text, ms] of Object.entries(cases)) assert.equal(parse(time(), text), ms, text);
  assert.equal(parse(time({ unit: "s" }), "10"), 10_000);
});

Deno.test("a time below a millisecond is rounded up, so that a limit never becomes no limit", () => {
  assert.equal(parse(time(), "1us"), 1);
  assert.equal(parse(time(), "1001us"), 2);
  assert.equal(parse(time(), "0us"), 0);
});

Deno.test("a time that is no time is refused with what is allowed", () => {
  for (const text of ["", "s", "-1", "1.5s", "5S", "5 s", "5y", "1m30s", "0x5"]) {
    refusal(time(), text);
  }
  for (const text of ["25d", "2147483648", "99999999999999999999"]) {
    assert.match(refusal(time(), text).message, /too long: the maximum is 2147483647 ms/);
  }
  assert.match(refusal(time({ min: 1 }), "0").message, /too short/);
});

Deno.test("every time of a whole number and a unit reads as that many milliseconds", () => {
  const units = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  fc.assert(
    fc.property(
      fc.nat(),
      fc.constantFrom(...Object.entries(units)),
      (count, [unit, factor]) => {
        const value = parse(time(), `${count}${unit}`);
        const ms = Math.ceil(count * factor);
        if (ms > MAX_TIME) assert.ok(value instanceof Refusal);
        else assert.equal(value, ms);
      },
    ),
    { seed: 2601, numRuns: 300 },
  );
});

Deno.test("no text makes an argument type throw", () => {
  const types: ArgType<unknown>[] = [time(), integer(1), size(0, 1e9), oneOf("a", "b"), fileMode];
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      for (const type of types) type.parse({ text, span });
    }),
    { seed: 2602, numRuns: 300 },
  );
});

Deno.test("a whole number is refused outside its bounds", () => {
  const type = integer(-1024, 1024);
  assert.equal(parse(type, "-1024"), -1024);
  assert.equal(parse(type, "1024"), 1024);
  assert.equal(refusal(type, "1025").allowed, "a number from -1024 to 1024");
  assert.equal(refusal(integer(0), "-1").allowed, "a number that is not negative");
  assert.equal(refusal(integer(1), "9".repeat(30)).message.includes("not a whole number"), true);
  for (const text of ["", "5k", "1e3", "0x10", "1.0", " 1"]) refusal(integer(0), text);
});

Deno.test("a size takes the suffixes k, m and g", () => {
  const type = size(1024, 1 << 30);
  assert.equal(parse(type, "16384"), 16384);
  assert.equal(parse(type, "16k"), 16384);
  assert.equal(parse(type, "1M"), 1048576);
  assert.equal(parse(type, "1g"), 1 << 30);
  for (const text of ["1023", "2g", "k", "16kb", "-1"]) refusal(type, text);
});

Deno.test("a word that is not in a list is answered with the list and the nearest one", () => {
  const { allowed, nearest } = refusal(oneOf("never", "safe", "aggressive", "always"), "save");
  assert.equal(allowed, "'never', 'safe', 'aggressive' or 'always'");
  assert.equal(nearest, "safe");
});

Deno.test("file permissions are octal", () => {
  assert.equal(parse(fileMode, "600"), 0o600);
  assert.equal(parse(fileMode, "0660"), 0o660);
  for (const text of ["999", "rw", "", "77777"]) refusal(fileMode, text);
});
