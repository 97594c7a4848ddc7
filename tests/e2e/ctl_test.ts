/** `sluice ctl` against a running process, over its socket and its REST API. */
import assert from "node:assert/strict";
import { SignJWT } from "jose";
import { freePort, waitListening } from "../support/ports.ts";
import { waitFor } from "../support/poll.ts";
import { start } from "../support/process.ts";
import { main } from "../../lib/cli/main.ts";
import { compilePolicies } from "../../routes/policies.ts";
import { scopedTest } from "../support/scope.ts";
import { commandUnderTest, underTest } from "../support/under_test.ts";

/** The command line in this process: starting the program each time would take most of the test's time. */
async function command(args: readonly string[]) {
  let stdout = "";
  let stderr = "";
  const output = {
    out: (text: string) => void (stdout += text),
    err: (text: string) => void (stderr += text),
    render: {},
  };
  const createProcess = () => {
    throw new Error("nothing is started here");
  };
  const code = await main(args, { env: {}, output, compilePolicies, createProcess });
  return { code, stdout, stderr };
}

const SECRET = "0123456789abcdef0123456789abcdef";

scopedTest("tables for people, JSON for programs, changes, rollback; by socket and by API", {
  unless: underTest === "haproxy" ? "it is a command of sluice" : undefined,
}, async (scope) => {
  const web = `127.0.0.1:${freePort()}`;
  const api = `127.0.0.1:${freePort()}`;
  const socket = scope.path("admin.sock");
  scope.write("secret", SECRET);
  const text = `global
    stats socket ${socket} level admin
    api bind ${api}
    api secret-file ${scope.path("secret")}
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
listen web
    bind ${web}
    server one 127.0.0.1:9
    server two 127.0.0.1:9 backup
`;
  const file = scope.write("sluice.cfg", text);
  const running = start(scope, "sluice", commandUnderTest(["-f", file]));
  await waitListening(running, [web, api]);
  const token = await new SignJWT({ scope: "admin" }).setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("1h").sign(new TextEncoder().encode(SECRET));
  const tokenFile = scope.write("token", token);
  const ways = [["--socket", socket], ["--api", `http://${api}`, "--token-file", tokenFile]];
  for (const way of ways) {
    const ctl = (...words: string[]) => command(["ctl", ...way, ...words]);
    const table = await ctl("servers");
    assert.match(table.stdout, /^backend +server +status +check +weight /);
    assert.match(table.stdout, /\nweb +one +no check /);
    const json = JSON.parse((await ctl("servers", "--json")).stdout);
    assert.deepEqual(json.map((each: { server: string }) => each.server), ["one", "two"]);
    assert.equal((await ctl("maint", "web/one")).code, 0);
    assert.match((await ctl("servers")).stdout, /\nweb +one +MAINT /);
    assert.equal((await ctl("ready", "web/one")).code, 0);
    assert.equal((await ctl("run", "get", "weight", "web/one")).stdout, "1 (initial 1)\n");
    const wrong = await ctl("maint", "web/none");
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /No such server/);
    assert.match((await ctl("servrs")).stderr, /did you mean 'servers'/);
    assert.equal((await ctl("config")).stdout.trim(), text.trim());
  }
  const reload = async (from: string, to: string) => {
    scope.write("sluice.cfg", text.replace(from, to));
    running.signal("SIGUSR2");
    const told = /reload: listen web: server three added/;
    await waitFor("the reload to tell", () => told.test(running.output()) || undefined);
  };
  await reload("server two", "server three");
  const ctl = (...words: string[]) => command(["ctl", "--socket", socket, ...words]);
  assert.match((await ctl("versions")).stdout, /\n\S+\.cfg /);
  assert.match((await ctl("rollback")).stdout, /The earlier configuration is in use\./);
  assert.equal(Deno.readTextFileSync(file), text);
  assert.match((await ctl("servers")).stdout, /\nweb +two /);
  for (const shell of ["bash", "zsh", "fish"]) {
    assert.match((await ctl("completion", shell)).stdout, /servers backends frontends/);
  }
});
