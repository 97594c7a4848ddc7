/** Lists of ACLs and maps that change while they are used. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { compileCriterion } from "../../lib/expr/acl.ts";
import { compileExpression } from "../../lib/expr/compile.ts";
import { liveIndex } from "../../lib/expr/live_index.ts";
import { INDEX_BUILDERS } from "../../lib/expr/match_index.ts";
import { type PatternChange, PatternStore } from "../../lib/expr/pattern_store.ts";
import { Shared } from "../../lib/expr/shared.ts";
import type { Value } from "../../lib/expr/sample.ts";
import { context, request, stream, told, words } from "./support.ts";

const FILES: Readonly<Record<string, string>> = {
  "a.map": "a 1\nb 2\na 3\n",
  "n.map": "10.0.0.0/8 10\n",
  "a.lst": "x\ny\n",
  "nets.lst": "10.0.0.0/8\n",
};
const readFile = (path: string) => FILES[path];

function lookups(shared = new Shared()) {
  return { shared, readFile };
}

const on = (path: string) =>
  stream({ request: request(`GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`) });

function reader(expression: string, shared: Shared): (path?: string) => Value | undefined {
  const ctx = context(lookups(shared));
  const compiled = compileExpression(words(expression)[0], ctx);
  assert.deepEqual(told(ctx), []);
  return (path = "/") => compiled!.eval(on(path));
}

function acl(line: string, shared: Shared): (path?: string) => boolean {
  const ctx = context(lookups(shared));
  const compiled = compileCriterion(words(line), ctx);
  assert.deepEqual(told(ctx), []);
  return (path = "/") => compiled!.test(on(path));
}

Deno.test("all converters that name a map see each change of it", () => {
  const shared = new Shared();
  const text = reader("str(a),map(a.map,none)", shared);
  const number = reader("str(b),map_str_int(a.map,0)", shared);
  const begin = reader("str(bcd),map_beg(a.map)", shared);
  const map = shared.patterns.find("map", "a.map")!;
  assert.deepEqual([text(), number(), begin()], ["1", 2, "2"]);
  assert.equal(map.set("b", "20"), undefined);
  assert.deepEqual([text(), number(), begin()], ["1", 20, "20"]);
  assert.equal(map.add("bc", "30"), undefined);
  assert.deepEqual([number(), begin()], [20, "30"]);
  // All entries of a key are set; they are found in their order.
  assert.deepEqual(map.find("a").map((entry) => entry.value), ["1", "3"]);
  map.set("a", "9");
  assert.deepEqual(map.find("a").map((entry) => entry.value), ["9", "9"]);
  assert.equal(map.delete("a"), true);
  assert.equal(map.delete("a"), false);
  assert.deepEqual([text(), begin()], ["none", "30"]);
  map.clear();
  assert.deepEqual([number(), begin(), map.size], [0, undefined, 0]);
});

Deno.test("what one of a map's users cannot take is not added for any", () => {
  const shared = new Shared();
  const find = reader("src,map_ip_int(n.map,0)", shared);
  const map = shared.patterns.find("map", "n.map")!;
  assert.equal(find(), 0);
  assert.match(map.add("nonsense", "1")!, /is not an IPv4 or IPv6 address/);
  assert.match(map.add("192.0.2.0/24", "x")!, /'x' is not an integer/);
  assert.equal(map.size, 1);
  assert.equal(map.add("192.0.2.0/24", "7"), undefined);
  assert.equal(find(), 7);
  assert.equal(map.add("192.0.2.7", "8"), undefined);
  assert.equal(find(), 8);
  assert.equal(map.set("none", "1"), "entry not found");
  assert.equal(map.replace([["0.0.0.0/0", "1"], ["bad", "2"]])!.includes("bad"), true);
  assert.equal(find(), 8);
  assert.equal(map.replace([["0.0.0.0/0", "1"]]), undefined);
  assert.equal(find(), 1);
});

Deno.test("ACLs that name a file see each change of it, whatever their match and case", () => {
  const shared = new Shared();
  const exact = acl("path,ltrim(/) -f a.lst", shared);
  const folded = acl("path,ltrim(/) -i -f a.lst", shared);
  const ending = acl("path -m end -f a.lst", shared);
  const list = shared.patterns.find("acl", "a.lst")!;
  assert.deepEqual([exact("/x"), folded("/X"), exact("/X"), ending("/abx")], [
    true,
    true,
    false,
    true,
  ]);
  list.add("new");
  assert.deepEqual([exact("/new"), folded("/NEW"), ending("/anew")], [true, true, true]);
  list.delete("x");
  assert.deepEqual([exact("/x"), folded("/X"), ending("/x")], [false, false, false]);
  assert.equal(list.deleteEntry([...list.entries()][0].id), true);
  assert.deepEqual([exact("/y"), folded("/y"), ending("/y"), exact("/new")], [
    false,
    false,
    false,
    true,
  ]);
});

Deno.test("an ACL with -u is a list of its own; one without a name in the configuration is not", () => {
  const shared = new Shared();
  const test = acl("path_beg -u 7 /a /b", shared);
  acl("path_beg /c", shared);
  assert.deepEqual(shared.patterns.list("acl").map(({ id, name }) => [id, name]), [[7, undefined]]);
  const list = shared.patterns.find("acl", "#7")!;
  list.add("/c");
  list.delete("/a");
  assert.deepEqual(["/a", "/b", "/c"].map(test), [false, true, true]);
  const numbers = acl("path,length -u 8 gt 3 lt 2", shared);
  const second = shared.patterns.find("acl", "#8")!;
  assert.deepEqual([numbers("/"), numbers("/a"), numbers("/abc")], [true, false, true]);
  second.add("2");
  assert.deepEqual([numbers("/"), numbers("/a"), numbers("/abc")], [true, true, true]);
  assert.match(second.add("x")!, /'x' is not a number/);
});

Deno.test("virt@ is a list without a file, opt@ one whose file may be missing", () => {
  const shared = new Shared();
  const text = reader("str(a),map(virt@sessions,none)", shared);
  shared.patterns.find("map", "virt@sessions")!.add("a", "1");
  assert.equal(text(), "1");
  assert.equal(reader("str(a),map(opt@missing.map,none)", shared)(), "none");
  assert.equal(reader("str(b),map(opt@a.map,none)", shared)(), "2");
  assert.equal(reader("str(b),map(file@a.map,none)", shared)(), "2");
  const ctx = context(lookups(shared));
  assert.equal(compileExpression(words("str(a),map(missing.map)")[0], ctx), undefined);
  assert.match(told(ctx)[0], /map file 'missing.map' cannot be read/);
});

Deno.test("changes are told once, and what is applied makes the same elsewhere", () => {
  const [one, two] = [new PatternStore(), new PatternStore()];
  const [a, b] = [one, two].map((store) => store.create("map", "virt@x"));
  const changes: PatternChange[] = [];
  one.onChange = (change) => {
    changes.push(change);
    two.apply(structuredClone(change));
  };
  two.onChange = () => assert.fail("an applied change is not told again");
  a.add("k", "1");
  a.add("l", "2");
  a.set("k", "3");
  a.deleteEntry(2);
  const state = (list: typeof a) => [...list.entries()].map((e) => [e.id, e.key, e.value]);
  assert.deepEqual(state(b), [[1, "k", "3"]]);
  a.replace([["m", "4"], ["m", "5"]]);
  assert.deepEqual(state(a), state(b));
  a.delete("m");
  a.add("n", "6");
  a.clear();
  assert.deepEqual(state(b), []);
  assert.equal(changes.length, 8);
});

const part = fc.string({ unit: fc.constantFrom("a", "b", "/", "."), minLength: 1, maxLength: 3 });
const net = fc.tuple(fc.nat(3), fc.integer({ min: 24, max: 32 })).map(([n, bits]) =>
  `10.0.0.${n * 64}/${bits}`
);
const step = (key: fc.Arbitrary<string>) =>
  fc.tuple(fc.constantFrom("add", "add", "add", "delete", "look"), key);

for (const match of ["str", "beg", "sub", "dir", "end", "ip"]) {
  Deno.test(`the live index of '${match}' answers as one that is built anew after each change`, () => {
    const key = match === "ip" ? net : part;
    fc.assert(
      fc.property(fc.array(step(key), { maxLength: 120 }), (steps) => {
        const reference = new PatternStore().create("map", "virt@x");
        const find = liveIndex(match, reference);
        for (const [what, text] of steps) {
          if (what === "add") assert.equal(reference.add(text, ""), undefined);
          else if (what === "delete") reference.delete(text);
          const entries = [...reference.entries()];
          const index = INDEX_BUILDERS[match](entries.map((entry) => entry.key), () => {});
          const value: Value = match === "ip" ? 0x0a000000 + text.length * 7 % 256 : text + "/a";
          assert.equal(find(value)?.id, entries[index(value)]?.id);
        }
      }),
      { seed: 20260103, numRuns: 150 },
    );
  });
}
