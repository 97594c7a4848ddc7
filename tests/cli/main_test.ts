import assert from "node:assert/strict";
import type { CliHost } from "../../lib/cli/host.ts";
import { main } from "../../lib/cli/main.ts";
import { helpFor, topics } from "../../lib/cli/help.ts";
import { LANGUAGE_VERSION } from "../../lib/config/version.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { compilePolicies } from "../../routes/policies.ts";

const GOOD = `defaults
    mode http
    timeout client 5s
    timeout connect 5s
    timeout server 5s
listen web
    bind 127.0.0.1:9
    server a 127.0.0.1:10
`;
const WARN = GOOD.replace("    timeout client 5s\n", "");
const BAD = GOOD.replace("server a", "servr a").replace("mode http", "mode htp");
const EMPTY = "global\n";

/** A host that records what is printed; its process compiles nothing and must not be started. */
function recording(env: Record<string, string> = {}) {
  let out = "";
  let err = "";
  const host: CliHost = {
    env,
    output: { out: (text) => out += text, err: (text) => err += text, render: {} },
    compilePolicies,
    createProcess: () => ({
      provision: () => true,
      start: () => Promise.reject(new Error("started")),
      reload: () => Promise.reject(new Error("reloaded")),
      drain: () => Promise.resolve(),
      stop: () => {},
      pause: () => {},
      resume: () => {},
      finished: new Promise(() => {}),
    }),
  };
  return { host, out: () => out, err: () => err };
}

async function run(args: string[], env: Record<string, string> = {}) {
  const { host, out, err } = recording(env);
  const code = await main(args, host);
  return { code, out: out(), err: err() };
}

function files(scope: Scope) {
  return {
    good: scope.write("good.cfg", GOOD),
    warn: scope.write("warn.cfg", WARN),
    bad: scope.write("bad.cfg", BAD),
    empty: scope.write("empty.cfg", EMPTY),
  };
}

scopedTest(
  "-c ends with HAProxy's exit codes and says so on standard output",
  {},
  async (scope) => {
    const { good, warn, bad, empty } = files(scope);
    assert.deepEqual(await run(["-c", "-f", good]), {
      code: 0,
      out: "Configuration file is valid\n",
      err: "",
    });
    const warned = await run(["-c", "-f", warn]);
    assert.equal(warned.code, 0);
    assert.equal(warned.out, "Configuration file is valid (1 warning)\n");
    assert.match(warned.err, /^\[WARNING\] .*warn\.cfg:5:1: .*timeout client/);
    const wrong = await run(["check", bad]);
    assert.equal(wrong.code, 1);
    assert.equal(wrong.out, "");
    assert.match(wrong.err, /bad\.cfg:2:10: .*'htp'/);
    assert.match(wrong.err, /bad\.cfg:8:5: .*'servr'/);
    assert.match(wrong.err, /\[ALERT\] the configuration cannot be used: 2 mistakes\n$/);
    const nothing = await run(["-c", "-f", empty]);
    assert.equal(nothing.code, 2);
    assert.match(nothing.out, /^Nothing would listen/);
  },
);

scopedTest("-q says nothing, -dW makes a warning a mistake", {}, async (scope) => {
  const { good, warn, bad } = files(scope);
  assert.deepEqual(await run(["-c", "-q", "-f", good]), { code: 0, out: "", err: "" });
  assert.deepEqual(await run(["-c", "-q", "-f", bad]), { code: 1, out: "", err: "" });
  assert.deepEqual(await run(["-q", "-f", bad]), { code: 1, out: "", err: "" });
  assert.equal((await run(["-c", "-q", "-dW", "-f", warn])).code, 1);
  assert.match((await run(["-c", "-dW", "-f", warn])).err, /'zero-warning' is set/);
  assert.equal((await run(["-c", "-dW", "-f", good])).code, 0);
  const global = scope.write("zero.cfg", `global\n    zero-warning\n${WARN}`);
  assert.equal((await run(["-c", "-f", global])).code, 1);
});

scopedTest("a file that is not there is a mistake", {}, async (scope) => {
  const { code, err } = await run(["-c", "-f", scope.path("none.cfg")]);
  assert.equal(code, 1);
  assert.match(err, /none\.cfg.*no such file/);
});

scopedTest("-C changes the directory before files are read, or says why not", {}, async (scope) => {
  files(scope);
  const cwd = Deno.cwd();
  try {
    assert.equal((await run(["-C", scope.dir, "-c", "--", "good.cfg"])).code, 0);
  } finally {
    Deno.chdir(cwd);
  }
  const { code, err } = await run(["-C", scope.path("nowhere"), "-c", "-f", "x"]);
  assert.equal(code, 1);
  assert.match(err, /cannot change to the directory '.*nowhere'/);
});

scopedTest("a directory stands for its files, several -f are read in order", {}, async (scope) => {
  scope.write("conf/10-global.cfg", "global\n    maxconn 10\n");
  scope.write("conf/20-web.cfg", GOOD);
  scope.write("conf/.hidden.cfg", BAD);
  scope.write("conf/README", "not a configuration");
  const second = scope.write("second.cfg", "backend other\n    server b 127.0.0.1:11\n");
  assert.equal((await run(["-c", "-f", scope.path("conf"), "-f", second])).code, 0);
});

Deno.test("with no file and no SLUICE_ variable the summary is printed, exit code 1", async () => {
  for (const args of [[], ["-c"], ["-db"]]) {
    const { code, err, out } = await run(args);
    assert.equal(code, 1);
    assert.equal(out, "");
    assert.match(err, /^sluice .*\nUsage: /);
  }
});

Deno.test("with no file the SLUICE_ variables are the configuration", async () => {
  const env = { SLUICE_SERVERS: "a=127.0.0.1:10", SLUICE_BIND: "127.0.0.1:9" };
  assert.equal((await run(["-c"], env)).code, 0);
  const wrong = await run(["-c"], { ...env, SLUICE_SERVRS: "x" });
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /environment:\d+:1: unknown variable 'SLUICE_SERVRS'/);
  assert.match(wrong.err, /did you mean 'SLUICE_SERVERS'/);
});

Deno.test("-v is one line with the version, -vv tells what is possible here", async () => {
  const short = await run(["-v"]);
  assert.equal(short.code, 0);
  assert.match(short.out, /^sluice \d+\.\d+\.\d+ \(.*\)\n$/);
  const long = await run(["-vv"]);
  assert.ok(long.out.startsWith(short.out));
  assert.ok(long.out.includes(LANGUAGE_VERSION));
  assert.ok(long.out.includes(`Deno ${Deno.version.deno}, V8 ${Deno.version.v8}`));
  assert.match(long.out, /^Transports +: (epoll|deno)/m);
  assert.deepEqual(await run(["version"]), long);
});

Deno.test("-cc answers by its exit code", async () => {
  assert.equal((await run(["-cc", "defined(X)"], { X: "" })).code, 0);
  assert.equal((await run(["-cc", "defined(X)"])).code, 1);
  assert.equal((await run(["-cc", "defined(HAPROXY_LOCALPEER)"])).code, 0);
  assert.equal((await run(["-L", "me", "-cc", 'streq("$HAPROXY_LOCALPEER",me)'])).code, 0);
  const wrong = await run(["-cc", "definde(X)"]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /'definde'[^]*did you mean 'defined'/);
  assert.equal((await run(["-q", "-cc", "definde(X)"])).err, "");
});

Deno.test("help explains every topic of the tables, and knows the nearest one", async () => {
  for (const topic of topics()) assert.ok("text" in helpFor(topic), topic);
  const found = await run(["help", "timeout", "connect"]);
  assert.equal(found.code, 0);
  assert.match(found.out, /^timeout connect <time>\n {4}in defaults, /);
  assert.match((await run(["help", "listen"])).out, /^ {4}bind {2,}/m);
  assert.match((await run(["help", "-sf"])).out, /^-sf <pid>\*\n/);
  assert.match((await run(["help", "timeout"])).out, /timeout client/);
  const wrong = await run(["help", "maxcon"]);
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /did you mean 'maxconn'/);
  assert.match((await run(["help"])).out, /Usage: /);
});

scopedTest(
  "convert prints the other form, and the other form converts back to the same",
  {},
  async (scope) => {
    const { good, bad } = files(scope);
    const yaml = await run(["convert", good]);
    assert.equal(yaml.code, 0);
    assert.match(yaml.out, /^defaults:\n/);
    const back = await run(["convert", scope.write("good.yaml", yaml.out)]);
    assert.equal(back.code, 0);
    assert.match(back.out, /^defaults\n {4}mode http\n/);
    assert.equal((await run(["convert", scope.write("back.cfg", back.out)])).out, yaml.out);
    assert.match((await run(["convert", good, "--to", "cfg"])).out, /^defaults\n/);
    // What is wrong in it stays as it is: converting is not checking.
    assert.equal((await run(["convert", bad])).code, 0);
    assert.equal((await run(["convert", scope.write("open.cfg", 'global\n  log "x\n')])).code, 1);
  },
);

scopedTest("a warning about the command line is printed, but not with -q", {}, async (scope) => {
  const { good } = files(scope);
  assert.match((await run(["-dS", "-c", "-f", good])).err, /^\[WARNING\] '-dS' changes nothing/);
  assert.equal((await run(["-dS", "-q", "-c", "-f", good])).err, "");
});
