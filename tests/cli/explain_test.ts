import assert from "node:assert/strict";
import { main } from "../../lib/cli/main.ts";
import { SluiceProcess } from "../../lib/runtime/process.ts";
import { compilePolicies } from "../../routes/policies.ts";
import { type Scope, scopedTest } from "../support/scope.ts";

const CONFIG = `global
    stats socket SOCKET level admin
    log 127.0.0.1:1 local0
defaults
    mode http
    timeout client 5s
    timeout connect 5s
    timeout server 5s
frontend one
    bind 127.0.0.1:8081 name first
    default_backend be
frontend two
    bind 127.0.0.1:8082
    default_backend be
frontend raw
    bind 127.0.0.1:8083
    mode tcp
    default_backend tcp
backend be
    option httpchk GET /health
    server a 127.0.0.1:1 check inter 10ms
backend tcp
    mode tcp
    server a 127.0.0.1:1 check inter 10ms
`;

async function explain(scope: Scope, ...args: string[]) {
  const socket = scope.path("runtime.sock");
  const file = scope.write("a.cfg", CONFIG.replace("SOCKET", socket));
  let out = "";
  let err = "";
  const code = await main(["explain", "-f", file, ...args], {
    env: {},
    output: { out: (text) => out += text, err: (text) => err += text, render: {} },
    compilePolicies,
    createProcess: (settings) => new SluiceProcess({ ...settings, compilePolicies }),
  });
  return { code, out, err, socket };
}

scopedTest("an explanation opens no socket and asks no server", {}, async (scope) => {
  const { code, out, socket } = await explain(scope, "http://x:8081/");
  assert.equal(code, 0);
  assert.match(out, /^→ server be\/a \(127\.0\.0\.1:1\); the client gets 200$/m);
  assert.throws(() => Deno.statSync(socket), Deno.errors.NotFound);
});

scopedTest(
  "a frontend is found by the port, its name, or the bind line's name",
  {},
  async (scope) => {
    const frontendOf = async (...args: string[]) =>
      JSON.parse((await explain(scope, "--json", ...args)).out).frontend;
    assert.equal(await frontendOf("http://x:8082/"), "two");
    assert.equal(await frontendOf("/path", "--frontend", "two"), "two");
    assert.equal(await frontendOf("/path", "--bind", "first"), "one");
    assert.equal(await frontendOf("/path", "--bind=:8082"), "two");
    assert.equal(await frontendOf("--dst", "127.0.0.1:8083"), "raw");
  },
);

const MISTAKES: readonly (readonly [args: readonly string[], said: RegExp])[] = [
  [
    ["http://x/"],
    /several frontends could take this request on port 80: .*one \(127\.0\.0\.1:8081\)/,
  ],
  [["/", "--frontend", "three"], /there is no frontend 'three'; there are one, two, raw/],
  [["/", "--bind", ":9999"], /no 'bind' is ':9999'; there are/],
  [["/", "--bind", "first", "--src", "somewhere"], /'somewhere' is no address of a client/],
  [["/", "--bind", "first", "--down", "be/z"], /'be\/z': No such server/],
  [["/", "--bind", "first", "-H", "no header"], /'no header' is no header/],
  [["/", "--bind", "first", "--at", "soon"], /'soon' is no time/],
  [["/", "--bind", "first", "--answer", "99"], /'99' is no status/],
  [["GET", "nowhere", "--bind", "first"], /'nowhere' is neither a path nor an http or https URL/],
  [["--bind", "first"], /frontend 'one' speaks HTTP: say the request/],
  [["--src"], /'--src' needs ADDRESS/],
  [["/", "--jsn"], /unknown option '--jsn', did you mean '--json'\?/],
];

for (const [args, said] of MISTAKES) {
  scopedTest(`explain ${args.join(" ")}: is refused with a sentence`, {}, async (scope) => {
    const { code, out, err } = await explain(scope, ...args);
    assert.equal(code, 1);
    assert.equal(out, "");
    assert.match(err, said);
  });
}

scopedTest("a configuration with mistakes is not explained", {}, async (scope) => {
  const file = scope.write("b.cfg", CONFIG.replace("mode http", "mode htp"));
  const { code, err } = await explain(scope, "-f", file, "/");
  assert.equal(code, 1);
  assert.match(err, /'htp'/);
});

scopedTest("the time of the explanation may be given", {}, async (scope) => {
  const file = scope.write(
    "c.cfg",
    CONFIG.split("frontend two")[0].replace(/.*stats socket.*\n/, "").replace(
      "default_backend be",
      "http-request set-var(txn.hour) date,utime(%H)\n    default_backend be",
    ) + "backend be\n    server a 127.0.0.1:1\n",
  );
  let out = "";
  const code = await main(
    ["explain", "-f", file, "/", "--json", "--at", "2026-01-31T17:00:00Z"],
    {
      env: {},
      output: { out: (text) => out += text, err: (text) => out += text, render: {} },
      compilePolicies,
      createProcess: (settings) => new SluiceProcess({ ...settings, compilePolicies }),
    },
  );
  assert.equal(code, 0, out);
  assert.equal(JSON.parse(out).variables["txn.hour"], "17");
});
