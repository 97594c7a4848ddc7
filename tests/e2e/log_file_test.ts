/** Access logs as files: JSON lines, rotation by the real logrotate, a flood. */
import assert from "node:assert/strict";
import { curlBody } from "../support/curl.ts";
import { waitFor } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { run } from "../support/process.ts";
import { scopedTest } from "../support/scope.ts";
import { startProxy } from "../support/sluice.ts";
import { commandUnderTest } from "../support/under_test.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

scopedTest("'option httplog json' writes one object a line, whatever the client sends", {
  programs: ["curl"],
}, async (scope) => {
  const web = `127.0.0.1:${freePort()}`;
  const file = scope.path("access.log");
  await startProxy(
    scope,
    `global
    log file@${file} format raw local0
defaults
    log global
    option httplog json
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend web
    bind ${web}
    capture request header User-Agent len 20
    http-request return status 200 content-type text/plain string hello
`,
    { listening: [web] },
  );
  const target = `/${"long".repeat(400)}?a="b"`;
  await curlBody(`http://${web}${target}`, ["-A", 'the "agent" \\ of\ttests', "--globoff"]);
  const lines = await waitFor("the line", () => read(file).includes("\n") ? read(file) : undefined);
  const entry = JSON.parse(lines.split("\n")[0]);
  assert.equal(entry.frontend, "web");
  assert.equal(entry.status, 200);
  assert.equal(entry.method, "GET");
  assert.ok(target.startsWith(entry.target.slice(0, 100)), entry.target);
  assert.deepEqual(entry.request_headers, ['the "agent" \\ of\ttes']);
  assert.equal(entry.termination, "LR--");
  assert.equal(entry.request_cookie, null);
  assert.match(entry.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

scopedTest("logrotate with our file rotates the log of a proxy of two threads; no line is lost", {
  programs: ["curl", "logrotate"],
}, async (scope) => {
  const web = `127.0.0.1:${freePort()}`;
  const file = scope.path("logs/access.log");
  Deno.mkdirSync(scope.path("logs"));
  const socket = scope.path("sluice.sock");
  const { process } = await startProxy(
    scope,
    `global
    nbthread 2
    stats socket ${socket} level operator
    log file@${file} format raw local0 info
defaults
    log global
    log-format %HU
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend web
    bind ${web}
    http-request return status 200 content-type text/plain string hello
`,
    { listening: [web] },
  );
  const ask = (from: number, to: number) =>
    run([
      "curl",
      "-s",
      "-o",
      "/dev/null",
      "-H",
      "connection: close",
      `http://${web}/n[${from}-${to}]`,
    ]);
  // The file that we give people, in this place and with this program.
  const wrapper = scope.write(
    "bin/sluice",
    `#!/bin/sh\nexec ${commandUnderTest([]).join(" ")} "$@"\n`,
  );
  Deno.chmodSync(wrapper, 0o755);
  const { uid, gid } = Deno.statSync(scope.dir);
  const names = await run(["id", "-un", String(uid)]);
  const groups = await run(["id", "-gn", String(gid)]);
  const rotation = read(`${ROOT}scripts/sluice.logrotate`)
    .replace("/var/log/sluice/*.log", file)
    .replace("sluice adm", `${names.stdout.trim()} ${groups.stdout.trim()}`)
    .replace("/run/sluice/sluice.sock", socket);
  assert.ok(rotation.includes(socket) && rotation.includes(file));
  const config = scope.write("logrotate.conf", rotation);
  Deno.chmodSync(config, 0o644);
  await ask(1, 50);
  await waitFor("fifty lines", () => read(file).split("\n").length > 50 ? true : undefined);
  const rotated = await run(
    ["logrotate", "--force", "--state", scope.path("state"), config],
    { env: { PATH: `${scope.path("bin")}:${Deno.env.get("PATH")}` } },
  );
  assert.equal(rotated.code, 0, rotated.stderr);
  await ask(51, 100);
  await waitFor("fifty lines more", () => read(file).split("\n").length > 50 ? true : undefined);
  const lines = (text: string) => text.split("\n").filter((line) => line.startsWith("/n")).length;
  assert.equal(lines(read(`${file}.1`)), 50);
  assert.equal(lines(read(file)), 50);
  // SIGHUP does the same, and reads the configuration again.
  Deno.renameSync(file, `${file}.2`);
  process.signal("SIGHUP");
  await ask(101, 110);
  await waitFor("a file again", () => lines(read(file)) === 10 ? true : undefined);
});
