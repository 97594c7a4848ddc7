/** Runs of lines that are compiled to one lookup choose what trying them one after the other chooses. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { compileAcls } from "../../lib/expr/acl.ts";
import type { Observer } from "../../lib/expr/observer.ts";
import { compileUseBackends } from "../../lib/rules/use_backend.ts";
import { context, request, stream, told, wordsAt } from "../expr/support.ts";

/** With an observer every condition is tested by itself. */
const watching: Observer = {
  criterion: (_, matches, make) => make(matches),
  term: (_, test) => test,
  condition: ({ test }) => test,
  line: (_, line) => line,
};

const part = fc.string({ unit: fc.constantFrom("a", "B", "/", "."), minLength: 1, maxLength: 3 });
const keyword = fc.constantFrom(
  "path_beg",
  "path_beg",
  "path_beg -i",
  "path_end",
  "path",
  "path_dir",
  "path,lower -m beg",
  "hdr_dom(x)",
  "hdr_beg(x)",
  "hdr(x)",
  "path_sub",
);
const criterion = fc.tuple(keyword, fc.array(part, { minLength: 1, maxLength: 2 }))
  .map(([name, parts]) => `${name} -- ${parts.join(" ")}`);
// Criteria in a row are often of one kind, as in configurations.
const criteria = fc.array(
  fc.tuple(keyword, fc.array(part, { minLength: 1, maxLength: 8 }))
    .map(([name, parts]) => parts.map((text) => `${name} -- ${text}`)),
  { minLength: 1, maxLength: 4 },
).map((groups) => groups.flat());

function choose(lines: readonly string[], extra: readonly string[], observer?: Observer) {
  const ctx = context({ observer });
  const acls = compileAcls(
    [...lines.map((line, i) => `a${i} ${line}`), ...extra.map((line) => `a1 ${line}`)].map(wordsAt),
    ctx,
  );
  const uses = lines.map((_, i) =>
    `be${i} if ${i % 7 === 5 ? `!a${i}` : i % 5 === 4 ? `a${i} or a0` : `a${i}`}`
  );
  const made = compileUseBackends(uses.map(wordsAt), { ...ctx, acls });
  assert.deepEqual(told(ctx), []);
  return made!;
}

Deno.test("property: the first line that applies is found, whatever the conditions", () => {
  fc.assert(
    fc.property(
      criteria,
      fc.array(criterion, { maxLength: 1 }),
      fc.array(part, { minLength: 1, maxLength: 4 }),
      fc.array(part, { maxLength: 3 }),
      (lines, extra, path, fields) => {
        const head = request([
          `GET /${path.join("")} HTTP/1.1`,
          "Host: h",
          ...fields.map((value) => `X: ${value}, ${value}.a`),
        ]);
        const on = stream({ request: head });
        assert.equal(choose(lines, extra)(on), choose(lines, extra, watching)(on));
      },
    ),
    { seed: 20260103, numRuns: 1500 },
  );
});

Deno.test("200 lines of one kind are one lookup", () => {
  const lines = Array.from({ length: 200 }, (_, i) => `path_beg /part-${i}/`);
  const made = choose(lines.map((line) => `${line}`), []);
  let asked = 0;
  const head = request(["GET /part-196/x HTTP/1.1", "Host: h"]);
  const counting = new Proxy(stream({ request: head }), {
    get: (target, name, receiver) => {
      if (name === "request") asked++;
      return Reflect.get(target, name, receiver);
    },
  });
  made(counting);
  assert.ok(asked < 80, `the request was asked for ${asked} times`);
});

Deno.test("a sample that may be another one each time is asked for by each line", () => {
  const lines = Array.from({ length: 6 }, () => "rand(10),add(0) -m str 5");
  const made = choose(lines, []);
  let drawn = 0;
  const base = stream();
  const process = { ...base.process, random: () => drawn++ / 10 };
  assert.equal(made(stream({ process })), "be4");
});
