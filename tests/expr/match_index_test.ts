/** Indexes of patterns answer as trying every pattern in turn does. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Ip6 } from "../../lib/expr/ip.ts";
import { parseMapFile } from "../../lib/expr/map_file.ts";
import { INDEX_BUILDERS } from "../../lib/expr/match_index.ts";
import { parseNetwork } from "../../lib/expr/match_ip.ts";
import { Segments } from "../../lib/expr/segments.ts";

const SEED = { seed: 20260103, numRuns: 2000 };
const text = fc.string({ unit: fc.constantFrom("a", "b", "/", "."), maxLength: 6 });
const some = fc.string({ unit: fc.constantFrom("a", "b", "/", "."), minLength: 1, maxLength: 4 });

const TESTS: Readonly<Record<string, (value: string, pattern: string) => boolean>> = {
  str: (value, pattern) => value === pattern,
  sub: (value, pattern) => value.includes(pattern),
  end: (value, pattern) => value.endsWith(pattern),
};

for (const [name, matches] of Object.entries(TESTS)) {
  Deno.test(`the index of '${name}' answers the first pattern that matches`, () => {
    fc.assert(
      fc.property(fc.array(some, { maxLength: 8 }), text, (patterns, value) => {
        const index = INDEX_BUILDERS[name](patterns, () => assert.fail());
        assert.equal(index(value), patterns.findIndex((pattern) => matches(value, pattern)));
      }),
      SEED,
    );
  });
}

Deno.test("the index of 'beg' answers the longest pattern that matches", () => {
  fc.assert(
    fc.property(fc.array(some, { maxLength: 8 }), text, (patterns, value) => {
      const index = INDEX_BUILDERS.beg(patterns, () => assert.fail());
      let best = -1;
      patterns.forEach((pattern, i) => {
        if (!value.startsWith(pattern)) return;
        if (best < 0 || pattern.length > patterns[best].length) best = i;
      });
      assert.equal(index(value), best);
    }),
    SEED,
  );
});

Deno.test("the index of 'dir' answers the first pattern that stands between slashes", () => {
  const part = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 2 });
  const pattern = fc.array(part, { minLength: 1, maxLength: 2 }).map((parts) => parts.join("/"));
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 8 }), text, (patterns, value) => {
      const index = INDEX_BUILDERS.dir(patterns, () => assert.fail());
      assert.equal(index(value), patterns.findIndex((p) => `/${value}/`.includes(`/${p}/`)));
    }),
    SEED,
  );
});

Deno.test("the index of 'ip' answers the smallest network, the first of equal ones", () => {
  const network = fc.tuple(fc.nat(7), fc.integer({ min: 26, max: 32 })).map(([last, bits]) =>
    `10.0.0.${last * 8}/${bits}`
  );
  fc.assert(
    fc.property(fc.array(network, { maxLength: 8 }), fc.nat(63), (networks, last) => {
      const value = 0x0a000000 + last;
      const index = INDEX_BUILDERS.ip(networks, () => assert.fail());
      let best = -1;
      let bestBits = -1;
      networks.forEach((text, i) => {
        const { address, mask } = parseNetwork(text)!.four!;
        const bits = Number(text.split("/")[1]);
        if (((value & mask) >>> 0) === address && bits > bestBits) [best, bestBits] = [i, bits];
      });
      assert.equal(index(value), best);
    }),
    SEED,
  );
});

Deno.test("the index of 'ip' knows the ends of the IPv6 space", () => {
  const index = INDEX_BUILDERS.ip(["::/0", "ffff::/16", "ffff:ffff::/32"], () => assert.fail());
  assert.equal(index(new Ip6(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff)), 2);
  assert.equal(index(new Ip6(0xffff0000, 0, 0, 0)), 1);
  assert.equal(index(new Ip6(0, 0, 0, 0)), 0);
});

Deno.test("segments answer the interval of the least rank, then the first", () => {
  const interval = fc.tuple(fc.nat(20), fc.nat(8), fc.nat(2), fc.boolean()).map(
    ([from, length, rank, open]) => ({ from, end: open ? undefined : from + length + 1, rank }),
  );
  fc.assert(
    fc.property(fc.array(interval, { maxLength: 10 }), fc.nat(35), (intervals, point) => {
      const segments = new Segments(intervals, (a, b) => a - b);
      let best = -1;
      intervals.forEach(({ from, end, rank }, i) => {
        const holds = point >= from && (end === undefined || point < end);
        if (holds && (best < 0 || rank < intervals[best].rank)) best = i;
      });
      assert.equal(segments.find(point), best);
    }),
    SEED,
  );
});

Deno.test("a map file's lines are keys and values, without the white space around", () => {
  assert.deepEqual(parseMapFile("# c\n  a \t b  c \t\n\n   \nd\n #e f\r\ng h\r\n\tk\tv"), [
    { key: "a", value: "b  c", line: 2 },
    { key: "d", value: "", line: 5 },
    { key: "#e", value: "f", line: 6 },
    { key: "g", value: "h", line: 7 },
    { key: "k", value: "v", line: 8 },
  ]);
});

/** Nanoseconds of one lookup: the best of several rounds. */
function cost(entries: number, name: string, key: (i: number) => string): number {
  const keys = Array.from({ length: entries }, (_, i) => key(i * Math.floor(100_000 / entries)));
  const index = INDEX_BUILDERS[name](keys, () => assert.fail());
  const probes = Array.from({ length: 1000 }, (_, i) => keys[(i * 7919) % keys.length]);
  const values = name === "ip" ? probes.map((p) => parseNetwork(p)!.four!.address) : probes;
  let best = Infinity;
  for (let round = 0; round < 40; round++) {
    const start = performance.now();
    for (const value of values) if (index(value) < 0) assert.fail();
    best = Math.min(best, (performance.now() - start) * 1e6 / values.length);
  }
  return best;
}

Deno.test("a lookup among 100,000 entries costs like one among 100, whatever the match method", () => {
  // Trying every pattern would cost 1000 times as much; a machine under load makes any number wrong by some.
  const like = (name: string, keyOf: (i: number) => string) => {
    const ratio = cost(100_000, name, keyOf) / cost(100, name, keyOf);
    assert.ok(ratio < 50, `${name}: ${ratio} times`);
  };
  const host = (i: number) => `www${i % 1000}.site${Math.floor(i / 1000)}.example.com`;
  for (const name of ["str", "beg", "end", "dom"]) like(name, host);
  like("beg", (i) => `/api/v${i % 10}/section${Math.floor(i / 1000)}/item${i}`);
  like("ip", (i) => `10.${i >> 12}.${(i >> 4) & 255}.${(i & 15) * 16}/28`);
});
