import assert from "node:assert/strict";
import { choosePacker } from "../../scripts/compile/packers.ts";
import { writeSelfExtracting } from "../../scripts/compile/self_extracting.ts";
import { isRoot } from "../support/needs.ts";
import { waitFor } from "../support/poll.ts";
import { run, start } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";

// A program of a few lines stands for sluice here: what is tested is the header and the packing.
const PROGRAM = `
const [what] = Deno.args;
if (what === "wait") {
  Deno.addSignalListener("SIGTERM", () => { console.log("stopping"); Deno.exit(7); });
  console.log("pid " + Deno.pid);
  setInterval(() => {}, 1000);
} else if (what === "exit") Deno.exit(Number(Deno.args[1]));
else console.log(JSON.stringify({
  args: Deno.args, runtime: Deno.execPath(), main: Deno.mainModule, cwd: Deno.cwd(),
}));
`;

let file = "";
let directory = "";

Deno.test.beforeAll(async () => {
  directory = Deno.makeTempDirSync({ prefix: "sluice-test-" });
  Deno.chmodSync(directory, 0o755);
  file = `${directory}/sluice`;
  Deno.writeTextFileSync(`${directory}/main.js`, PROGRAM);
  await writeSelfExtracting({
    version: "0.0.0",
    runtime: Deno.execPath(),
    main: `${directory}/main.js`,
    output: file,
    packer: choosePacker("gzip"),
    fast: true,
  });
});

Deno.test.afterAll(() => Deno.removeSync(directory, { recursive: true }));

const inCache = (scope: Scope) => ({
  env: { SLUICE_CACHE: scope.path("cache") },
  clearEnv: true,
  cwd: scope.dir,
});

async function show(scope: Scope, args: readonly string[] = []) {
  const { code, stdout, stderr } = await run([file, "show", ...args], inCache(scope));
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as { args: string[]; runtime: string; main: string; cwd: string };
}

scopedTest("arguments arrive as they were given, whatever is in them", {}, async (scope) => {
  const odd = ["", " ", "a b", "*", "$HOME", "`id`", '"', "'", "\\", "--help", "-x", "ä\n"];
  const shown = await show(scope, odd);
  assert.deepEqual(shown.args, ["show", ...odd]);
  assert.equal(shown.cwd, Deno.realPathSync(scope.dir));
});

scopedTest(
  "everything is unpacked once, privately, into the cache directory",
  {},
  async (scope) => {
    const shown = await show(scope);
    assert.ok(shown.runtime.startsWith(`${scope.path("cache")}/runtime-`));
    assert.ok(shown.main.startsWith(`file://${scope.path("cache")}/sluice-`));
    assert.equal((Deno.statSync(scope.path("cache")).mode ?? 0) & 0o777, 0o700);
    const first = Deno.statSync(shown.runtime).mtime?.getTime();
    const begin = performance.now();
    await show(scope);
    assert.ok(performance.now() - begin < 2000);
    assert.equal(Deno.statSync(shown.runtime).mtime?.getTime(), first);
    const left = [...Deno.readDirSync(scope.path("cache"))].map((entry) => entry.name)
      .filter((name) => /\.\d+$/.test(name));
    assert.deepEqual(left, [], "no unfinished part stays");
  },
);

scopedTest("two first starts at once both work", {}, async (scope) => {
  const both = await Promise.all([show(scope), show(scope), show(scope)]);
  assert.equal(new Set(both.map((each) => each.runtime)).size, 1);
});

scopedTest("the exit code is the program's", {}, async (scope) => {
  assert.equal((await run([file, "exit", "42"], inCache(scope))).code, 42);
});

scopedTest("signals reach the program itself: the shell has become it", {}, async (scope) => {
  const running = start(scope, "waiting", [file, "wait"], inCache(scope));
  const pid = await waitFor("it to run", () => /^pid (\d+)$/m.exec(running.output())?.[1]);
  assert.equal(Number(pid), running.pid);
  assert.equal(Deno.readTextFileSync(`/proc/${pid}/comm`).trim(), "sluice");
  running.signal("SIGTERM");
  const status = await running.exited;
  assert.equal(status.code, 7);
  assert.match(running.output(), /stopping/);
});

scopedTest("it is found by PATH as well", {}, async (scope) => {
  const answer = await run(["/bin/sh", "-c", "sluice exit 5"], {
    env: { PATH: `${directory}:/usr/bin:/bin`, SLUICE_CACHE: scope.path("cache") },
    clearEnv: true,
  });
  assert.equal(answer.code, 5);
});

scopedTest("XDG_CACHE_HOME is used by a user who has one", {
  unless: isRoot ? "root uses /var/cache" : undefined,
}, async (scope) => {
  const answer = await run([file, "show"], {
    env: { XDG_CACHE_HOME: scope.path("xdg") },
    clearEnv: true,
  });
  assert.ok(JSON.parse(answer.stdout).runtime.startsWith(scope.path("xdg/sluice/")));
});

scopedTest("a cache directory of another user is refused", { root: true }, async (scope) => {
  const cache = scope.path("cache");
  Deno.mkdirSync(cache);
  Deno.chownSync(cache, 65534, 65534);
  const answer = await run([file, "show"], inCache(scope));
  assert.equal(answer.code, 1);
  assert.match(answer.stderr, /no directory to unpack into/);
  assert.deepEqual([...Deno.readDirSync(cache)], []);
});

scopedTest("a runtime that another user put there is not run", { root: true }, async (scope) => {
  const { runtime } = await show(scope);
  Deno.writeTextFileSync(runtime, "#!/bin/sh\necho evil\n");
  Deno.chownSync(runtime, 65534, 65534);
  const answer = await run([file, "show"], inCache(scope));
  assert.doesNotMatch(answer.stdout, /evil/);
  assert.notEqual(answer.code, 0);
});

scopedTest("a symbolic link in place of the cache directory is refused", {}, async (scope) => {
  Deno.mkdirSync(scope.path("elsewhere"));
  Deno.symlinkSync(scope.path("elsewhere"), scope.path("cache"));
  const answer = await run([file, "show"], inCache(scope));
  assert.equal(answer.code, 1);
  assert.deepEqual([...Deno.readDirSync(scope.path("elsewhere"))], []);
});

scopedTest("a damaged file says so and leaves nothing behind", {}, async (scope) => {
  const whole = Deno.readFileSync(file);
  const damaged = scope.path("damaged");
  const bytes = whole.slice(0, whole.length - 1_000_000);
  Deno.writeFileSync(damaged, bytes, { mode: 0o755 });
  const answer = await run([damaged, "show"], inCache(scope));
  assert.equal(answer.code, 1);
  assert.match(answer.stderr, /sluice: /);
  assert.equal(answer.stdout, "");
  const again = await run([damaged, "show"], inCache(scope));
  assert.equal(again.code, 1, "the broken part is not taken for a good one");
});

scopedTest("the file names no path of the machine it was made on", {}, () => {
  const head = new TextDecoder().decode(Deno.readFileSync(file).subarray(0, 20_000));
  const header = head.slice(0, head.indexOf("\nexit 1\n"));
  assert.equal(header.includes(directory), false);
  assert.equal(header.includes(Deno.execPath()), false);
  assert.doesNotMatch(header, /@[A-Z_]+@/);
  return Promise.resolve();
});
