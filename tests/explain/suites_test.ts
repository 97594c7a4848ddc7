/** Whole suites of tests through the command line; UPDATE_GOLDEN=1 writes what is printed. */
import assert from "node:assert/strict";
import { main } from "../../lib/cli/main.ts";
import { SluiceProcess } from "../../lib/runtime/process.ts";
import { compilePolicies } from "../../routes/policies.ts";
import { assertGolden } from "../support/golden.ts";

const directory = new URL("suites/", import.meta.url);

async function sluice(...args: string[]): Promise<{ code: number; text: string }> {
  let text = "";
  const code = await main(args, {
    env: {},
    output: { out: (more) => text += more, err: (more) => text += more, render: {} },
    compilePolicies,
    createProcess: (settings) => new SluiceProcess({ ...settings, compilePolicies }),
  });
  return { code, text: text.replaceAll(directory.pathname, "") };
}

const path = (name: string) => new URL(name, directory).pathname;

const SUITES: readonly (readonly [name: string, code: number])[] = [
  ["all_pass.yaml", 0],
  ["a41_rate_limit.yaml", 0],
  ["some_fail.yaml", 1],
  ["mistakes.yaml", 1],
];

for (const [name, expected] of SUITES) {
  Deno.test(`sluice test ${name} ends with ${expected} and says why`, async () => {
    const { code, text } = await sluice("test", path(name));
    assert.equal(code, expected, text);
    await assertGolden(import.meta.url, `suites/${name}.expected`, text);
  });
}

Deno.test("tests run on the configuration that -f names, whatever its form", async () => {
  const { code, text } = await sluice("test", "-f", path("some_fail.cfg"), path("some_fail.yaml"));
  assert.equal(code, 1);
  assert.match(text, /^5 tests, 4 failed;/m);
});

Deno.test("--filter runs only tests with these words in their names", async () => {
  const { code, text } = await sluice("test", path("some_fail.yaml"), "--filter", "passes");
  assert.equal(code, 0);
  assert.match(text, /^ok {4}passes\n\n1 test, all passed; 1 request\n/);
  const none = await sluice("test", path("some_fail.yaml"), "--filter", "nobody");
  assert.equal(none.code, 1);
  assert.match(none.text, /no test has 'nobody' in its name/);
});

Deno.test("--json tells results, differences and the coverage of every rule", async () => {
  const { code, text } = await sluice("test", path("some_fail.yaml"), "--json");
  assert.equal(code, 1);
  const { tests, coverage } = JSON.parse(text);
  assert.deepEqual(tests.map((test: { failure: unknown }) => test.failure === null), [
    true,
    false,
    false,
    false,
    false,
  ]);
  assert.deepEqual(tests[1].failure.differences[0], {
    what: "backend",
    expected: "three",
    found: "two",
  });
  assert.deepEqual(
    coverage.map(({ line, applied }: { line: number; applied: number }) => [line, applied]),
    [[8, 0], [9, 1], [10, 10]],
  );
});

Deno.test("--junit prints one testcase for each test, failures inside", async () => {
  const { code, text } = await sluice("test", path("some_fail.yaml"), "--junit");
  assert.equal(code, 1);
  assert.match(text, /^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuite /);
  assert.match(text, /tests="5" failures="4"/);
  assert.equal(text.match(/<testcase /g)?.length, 5);
  assert.equal(text.match(/<failure /g)?.length, 4);
});

Deno.test("a configuration with tests is checked with them, and runs without", async () => {
  const good = await sluice("check", path("all_pass.yaml"));
  assert.equal(good.text, "Configuration file is valid\n");
  assert.equal(good.code, 0);
});

Deno.test("converting to haproxy.cfg says that the tests are left out", async () => {
  const { code, text } = await sluice("convert", path("all_pass.yaml"));
  assert.equal(code, 0);
  assert.match(text, /^\[WARNING\] the tests of 'all_pass.yaml' are left out/);
});

Deno.test("a file without tests is refused with a sentence", async () => {
  const { code, text } = await sluice("test", path("some_fail.cfg"));
  assert.equal(code, 1);
  assert.match(text, /is no YAML: give the configuration by '-f/);
});
