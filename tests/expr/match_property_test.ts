/** The compiled matches against the plainest possible reading of the manual. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { asciiLower } from "../../lib/expr/converters/text.ts";
import { formatIp, Ip6, parseIp, parseIp4, parseIp6 } from "../../lib/expr/ip.ts";
import { networkTest, parseNetwork, parseShortIp4 } from "../../lib/expr/match_ip.ts";
import { rangeTest, readRange } from "../../lib/expr/match_number.ts";
import {
  delimitedTest,
  exactTest,
  prefixTest,
  substringTest,
  suffixTest,
} from "../../lib/expr/match_string.ts";
import type { Pattern } from "../../lib/expr/patterns.ts";

const SEED = { seed: 20260101 };
const span = { file: "", line: 1, column: 1, length: 0 };

/** Short texts over few letters, so that matches are frequent. */
const text = fc.string({ unit: fc.constantFrom("a", "b", "A", "/", ".", "?", ":"), maxLength: 8 });
const pattern = fc.record({ text, ignoreCase: fc.boolean() }).map((p): Pattern => ({ ...p, span }));
const patterns = fc.array(pattern, { minLength: 1, maxLength: 12 });

type Build = (patterns: readonly Pattern[]) => (text: string) => boolean;

function agrees(build: Build, one: (text: string, pattern: string) => boolean): void {
  fc.assert(
    fc.property(patterns, text, (list, value) => {
      const expected = list.some((p) =>
        p.ignoreCase ? one(asciiLower(value), asciiLower(p.text)) : one(value, p.text)
      );
      assert.equal(build(list)(value), expected);
    }),
    { ...SEED, numRuns: 2000 },
  );
}

Deno.test("str, beg, end and sub agree with comparing one pattern after the other", () => {
  agrees(exactTest, (value, p) => value === p);
  agrees(prefixTest, (value, p) => value.startsWith(p));
  agrees(suffixTest, (value, p) => value.endsWith(p));
  agrees(substringTest, (value, p) => value.includes(p));
});

Deno.test("dir and dom agree with cutting the text at delimiters", () => {
  for (const delimiters of ["/?", "/?.:"]) {
    const isDelimiter = (c: string) => delimiters.includes(c);
    agrees((list) => delimitedTest(list, delimiters), (value, p) => {
      const chars = [...p];
      while (chars.length > 0 && isDelimiter(chars[0])) chars.shift();
      while (chars.length > 0 && isDelimiter(chars.at(-1)!)) chars.pop();
      const part = chars.join("");
      if (part === "") {
        return delimitedTest([{ text: "", ignoreCase: false, span }], delimiters)(value);
      }
      for (let i = 0; i + part.length <= value.length; i++) {
        const before = i === 0 || isDelimiter(value[i - 1]);
        const end = i + part.length;
        const behind = end === value.length || isDelimiter(value[end]);
        if (before && behind && value.slice(i, end) === part) return true;
      }
      return false;
    });
  }
});

Deno.test("joined ranges agree with trying each range", () => {
  const bound = fc.integer({ min: -20, max: 20 });
  const range = fc.tuple(bound, bound).map(([a, b]) => ({
    from: Math.min(a, b),
    to: Math.max(a, b),
  }));
  fc.assert(
    fc.property(fc.array(range, { maxLength: 9 }), bound, (ranges, value) => {
      const expected = ranges.some((r) => value >= r.from && value <= r.to);
      assert.equal(rangeTest(ranges)(value), expected);
    }),
    { ...SEED, numRuns: 2000 },
  );
});

Deno.test("operators mean what they say, at the ends of the 64-bit range too", () => {
  const number = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  const plain = (n: bigint) => Number.isSafeInteger(Number(n)) ? Number(n) : n;
  fc.assert(
    fc.property(number, fc.oneof(number, fc.constant(0n), fc.constantFrom(-1n, 1n)), (a, step) => {
      const b = a + step;
      const test = (operator: string) => {
        const range = readRange(String(b), operator);
        assert(typeof range === "object");
        return rangeTest([range])(plain(a));
      };
      if (b > 2n ** 63n - 1n || b < -(2n ** 63n)) return;
      assert.equal(test("eq"), a === b);
      assert.equal(test("ge"), a >= b);
      assert.equal(test("gt"), a > b);
      assert.equal(test("le"), a <= b);
      assert.equal(test("lt"), a < b);
    }),
    { ...SEED, numRuns: 1000 },
  );
});

const word = fc.oneof(
  fc.constantFrom(0, 1, 0xffff, 0xffffffff),
  fc.integer({ min: 0, max: 0xffffffff }),
);
const ip4 = word;
const ip6 = fc.tuple(word, word, word, word).map(([a, b, c, d]) => new Ip6(a, b, c, d));

Deno.test("an address written and read again is the same", () => {
  fc.assert(
    fc.property(fc.oneof(ip4, ip6), (ip) => {
      assert.deepEqual(parseIp(formatIp(ip)), ip);
    }),
    { ...SEED, numRuns: 3000 },
  );
});

Deno.test("IPv6 addresses are written as the runtime's URL parser writes them (RFC 5952)", () => {
  fc.assert(
    fc.property(ip6, (ip) => {
      const text = formatIp(ip);
      if (text.includes(".")) return;
      assert.equal(`[${text}]`, new URL(`http://[${text}]/`).hostname);
    }),
    { ...SEED, numRuns: 1000 },
  );
});

Deno.test("reading addresses never throws, and takes no IPv6 text that a URL does not take", () => {
  const nearly = fc.string({
    unit: fc.constantFrom("0", "1", "f", "F", "25", "256", ":", "::", ".", "g", " "),
    maxLength: 12,
  });
  fc.assert(
    fc.property(nearly, (text) => {
      const four = parseIp4(text);
      assert.equal(
        four >= 0,
        /^((25[0-5]|2[0-4]\d|1\d\d|0*\d{1,2})\.){3}(25[0-5]|2[0-4]\d|1\d\d|0*\d{1,2})$/
          .test(text) && !/\d{4}/.test(text),
      );
      parseShortIp4(text);
      parseNetwork(text);
      if (text.includes("%")) return;
      let valid = true;
      try {
        new URL(`http://[${text}]/`);
      } catch {
        valid = false;
      }
      // A URL's parser wants no leading zeros in an embedded IPv4 address; it strips white space.
      if (!text.includes(".") && !text.includes(" ")) {
        assert.equal(parseIp6(text) !== undefined, valid, text);
      }
    }),
    { ...SEED, numRuns: 5000 },
  );
});

Deno.test("a network test agrees with comparing the first bits", () => {
  const near = fc.tuple(fc.constantFrom(0x7f000000, 0xc0000200), fc.integer({ min: 0, max: 511 }))
    .map(([base, n]) => base + n);
  const network = fc.tuple(near, fc.integer({ min: 20, max: 32 }));
  fc.assert(
    fc.property(fc.array(network, { maxLength: 8 }), near, (networks, ip) => {
      const parsed = networks.map(([base, bits]) => parseNetwork(`${formatIp(base)}/${bits}`)!);
      const expected = networks.some(([base, bits]) =>
        Math.floor(base / 2 ** (32 - bits)) === Math.floor(ip / 2 ** (32 - bits))
      );
      const test = networkTest(parsed);
      assert.equal(test(ip), expected);
      assert.equal(test(new Ip6(0, 0, 0xffff, ip)), expected);
      const six = networks.map(([base, bits]) =>
        parseNetwork(`::ffff:${formatIp(base)}/${96 + bits}`)!
      );
      assert.equal(networkTest(six)(ip), expected);
      assert.equal(networkTest(six)(new Ip6(0, 0, 0xffff, ip)), expected);
    }),
    { ...SEED, numRuns: 2000 },
  );
});

Deno.test("abbreviated IPv4 addresses fill the bytes between with zeros (manual 7.1.6)", () => {
  const rows: readonly [string, string][] = [
    ["127.1", "127.0.0.1"],
    ["10.12", "10.0.0.12"],
    ["192.168.1", "192.168.0.1"],
    ["192.168.0.1", "192.168.0.1"],
  ];
  for (const [short, long] of rows) assert.equal(parseShortIp4(short), parseIp4(long));
  for (const bad of ["", "1.", "256.1", "1.2.3.4.5", "1.2.3.256", "a"]) {
    assert.equal(parseShortIp4(bad), -1, bad);
  }
});
