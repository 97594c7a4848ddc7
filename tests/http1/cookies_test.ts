import assert from "node:assert/strict";
import fc from "fast-check";
import { editCookies, editSetCookie, findCookie } from "../../lib/http1/cookies.ts";

/** A `Cookie` value, and what is left when every cookie SRV is removed; undefined: no field. From the real HAProxy. */
const REMOVED: readonly [value: string, left: string | undefined][] = [
  ["", ""],
  ["SRV=s1", undefined],
  ["SRV=s2; a=b", "a=b"],
  ["a=b; SRV=s2", "a=b"],
  ["a=b;SRV=s2 ;c=d", "a=b; c=d"],
  ["a=b , SRV=s1, x=y", "a=b, x=y"],
  ["SRV = s2", undefined],
  ["SRV=", undefined],
  ["SRV", "SRV"],
  ["a; SRV=s2; b", "a; b"],
  ["SRV=s1; SRV=s2", undefined],
  ["SRV=s1; a=b; SRV=s2; c=d; SRV=s3", "a=b; c=d"],
  ["$Version=1; SRV=s2; $Path=/", undefined],
  ["a=b; SRV=s2; $Path=/; c=d", "a=b; c=d"],
  ['SRV="s2"', undefined],
  ['a="x;SRV=s1"; SRV=s2', 'a="x;SRV=s1"'],
  ['a="x\\";SRV=s1"; b=c', 'a="x\\";SRV=s1"; b=c'],
  ["srv=s1", "srv=s1"],
  ["SRVX=s1; SR=s2", "SRVX=s1; SR=s2"],
  ["a=b; ; SRV=s2;", "a=b;; "],
  ["SRV=s2;", undefined],
  ["a = b; c= d", "a=b; c=d"],
  [";SRV=s2;a=b", "a=b"],
];

for (const [value, left] of REMOVED) {
  Deno.test(`without its cookie ${JSON.stringify(value)} is ${JSON.stringify(left)}`, () => {
    assert.equal(editCookies(value, "SRV", () => undefined), left);
  });
}

Deno.test("an edited cookie keeps its neighbours as they are", () => {
  const edited = editCookies("a=1;  SRV=s2~x ,b=2", "SRV", (value) => value.slice(3));
  assert.equal(edited, "a=1;  SRV=x ,b=2");
});

Deno.test("each occurrence of the cookie is edited by itself", () => {
  const seen: string[] = [];
  const edited = editCookies("SRV=a; SRV=b; SRV=c", "SRV", (value) => {
    seen.push(value);
    return value === "b" ? undefined : value + value;
  });
  assert.deepEqual(seen, ["a", "b", "c"]);
  assert.equal(edited, "SRV=aa; SRV=cc");
});

/** A `Set-Cookie` value after its cookie SRV became `new`. */
const SET: readonly [value: string, edited: string][] = [
  ["SRV=old; Path=/", "SRV=new; Path=/"],
  ["SRV = old ; Path=/", "SRV=new ; Path=/"],
  ["SRV=; Path=/", "SRV=new; Path=/"],
  ["SRV=a,b", "SRV=new,b"],
  ["SRVX=old; SRV=old", "SRVX=old; SRV=old"],
  ["SRV; Path=/", "SRV; Path=/"],
  ["Path=/; SRV=old", "Path=/; SRV=old"],
];

for (const [value, edited] of SET) {
  Deno.test(`Set-Cookie: ${value} becomes ${edited}`, () => {
    assert.equal(editSetCookie(value, "SRV", () => "new"), edited);
  });
}

Deno.test("a Set-Cookie field goes when its cookie does", () => {
  assert.equal(editSetCookie("SRV=old; Path=/", "SRV", () => undefined), undefined);
  assert.equal(editSetCookie("SRV=old; Path=/", "SRV", () => ""), "SRV=; Path=/");
});

/** What `capture cookie` finds. */
const FOUND: readonly [value: string, prefix: string, found: string | undefined][] = [
  ["a=b; SRVX=s2; SRV=s1", "SRV", "SRVX=s2"],
  ["a=b; SRVX=s2; SRV=s1", "SRV=", "SRV=s1"],
  ["a=b; SRV=t; SRV=s1", "SRV=s", "SRV=s1"],
  ["SRV = s1", "SRV=", "SRV=s1"],
  ["x=SRV=1", "SRV", undefined],
  ["$SRV=1; SRV", "SRV", undefined],
  ["", "SRV", undefined],
];

for (const [value, prefix, found] of FOUND) {
  Deno.test(`the first cookie of ${JSON.stringify(value)} that begins with ${prefix}`, () => {
    assert.equal(findCookie(value, prefix), found);
  });
}

Deno.test("only the first pair of Set-Cookie is found", () => {
  assert.equal(findCookie("a=b; SRV=s1", "SRV", true), undefined);
  assert.equal(findCookie("SRV=s1; a=b", "SRV", true), "SRV=s1");
});

const part = fc.constantFrom(
  "SRV",
  "SR",
  "a",
  "=",
  " = ",
  ";",
  "; ",
  ",",
  " ",
  '"',
  "\\",
  "$",
  "b",
);
const value = fc.array(part, { maxLength: 30 }).map((parts) => parts.join(""));

Deno.test("removal leaves no cookie of the name, no other is lost, and doing it again changes nothing", () => {
  fc.assert(
    fc.property(value, (text) => {
      const others = (of: string): string[] => {
        const names: string[] = [];
        // what stays in place is told by looking at all names that may be there
        for (const name of ["SR", "a", "b"]) {
          editCookies(of, name, (v) => {
            names.push(`${name}=${v}`);
            return v;
          });
        }
        return names;
      };
      const left = editCookies(text, "SRV", () => undefined);
      if (left === undefined) return;
      editCookies(left, "SRV", () => assert.fail(`${JSON.stringify(text)} -> ${left}`));
      assert.equal(editCookies(left, "SRV", () => undefined), left);
      assert.deepEqual(others(left).sort(), others(text).sort());
    }),
    { seed: 3101, numRuns: 2000 },
  );
});

Deno.test("a long hostile value is read in linear time", () => {
  const text = "a = b ;".repeat(200) + "SRV=x;".repeat(400) + '"'.repeat(1000);
  const begin = performance.now();
  editCookies(text, "SRV", () => undefined);
  assert.ok(performance.now() - begin < 500);
});
