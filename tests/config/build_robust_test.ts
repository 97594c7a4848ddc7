/** What the builder does with texts that are wrong, strange or large. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { keywordRows, optionTables } from "../../lib/config/keywords/index.ts";
import { alerts, build, valid } from "./support.ts";

const BASE = `
defaults
    mode http
    timeout client 30s
    timeout connect 5s
    timeout server 1m
`;

Deno.test("all mistakes of a text are reported, not only the first", () => {
  const said = alerts(
    "global\n    dameon\ndefaults\n    mode htp\n    retries x\nbackend b\n    server\n",
  );
  assert.equal(said.length, 4);
});

Deno.test("a disabled proxy is not checked for references", () => {
  valid(
    `${BASE}\nfrontend a\n    bind 127.0.0.1:8001\n    disabled\n    default_backend nowhere\n`,
  );
});

Deno.test("no statement, however wrong, makes the builder throw", () => {
  const kinds = ["global", "defaults base", "defaults", "frontend f", "listen l", "backend b"];
  const name = fc.constantFrom(...keywordRows.map((row) => row.name));
  const setting = fc.constantFrom(
    ...optionTables.flatMap((table) => table.rows.map((r) => r.name)),
  );
  const value = fc.constantFrom(
    "",
    "1",
    "-1",
    "x",
    ":80",
    "/x",
    "5s",
    "if",
    "{",
    "}",
    "on",
    "http",
    "503",
    "len",
    "no",
  );
  const line = fc.tuple(
    fc.constantFrom("", "no ", "default "),
    name,
    fc.array(fc.oneof(setting, value, fc.string({ maxLength: 8 })), { maxLength: 6 }),
  ).map(([prefix, keyword, words]) => `    ${prefix}${keyword} ${words.join(" ")}`);
  const section = fc.tuple(fc.constantFrom(...kinds), fc.array(line, { maxLength: 8 }))
    .map(([head, lines]) => [head, ...lines].join("\n"));
  fc.assert(
    fc.property(fc.array(section, { minLength: 1, maxLength: 4 }), (sections) => {
      const { config, list } = build(`${sections.join("\n")}\n`);
      assert.equal(config === undefined, list.some((d) => d.severity === "alert"));
    }),
    { seed: 2604, numRuns: 2000 },
  );
});

Deno.test("a configuration of thousands of backends is built in a time that grows with its size", () => {
  const text = (count: number) => {
    let backends = BASE;
    let rules = "frontend f\n    bind 127.0.0.1:8080\n";
    for (let i = 0; i < count; i++) {
      backends += `backend b${i}\n    server s${i} 10.0.0.1:80 check\n`;
      rules += `    use_backend b${i} if { hdr(host) h${i} }\n`;
    }
    return backends + rules;
  };
  const took = (count: number) => {
    const input = text(count);
    const start = performance.now();
    valid(input);
    return performance.now() - start;
  };
  took(500);
  const small = took(1000);
  // ten times as much: far from a hundred times as long
  assert.ok(took(10_000) < Math.max(small, 5) * 50);
});
