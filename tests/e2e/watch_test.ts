/** `--watch` on real files: an edit is taken, a mistake is not, and what a reload changes is told. */
import assert from "node:assert/strict";
import { curlBody } from "../support/curl.ts";
import { waitFor } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { scopedTest } from "../support/scope.ts";
import { startProxy } from "../support/sluice.ts";

scopedTest("an edited file is taken, one with a mistake leaves the running one, maps count too", {
  programs: ["curl"],
}, async (scope) => {
  const web = `127.0.0.1:${freePort()}`;
  const map = scope.write("maps/greetings.map", "x hello\n");
  const text = (suffix: string) =>
    `defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend web
    bind ${web}
    http-request return status 200 content-type text/plain lf-string "%[str(x),map(${map},none)]${suffix}"
backend app
    server a 127.0.0.1:9
`;
  const { process, configPath } = await startProxy(scope, text(" one"), {
    args: ["-db", "--watch"],
    listening: [web],
  });
  const says = (body: string) =>
    waitFor(`the answer '${body}'`, async () => await curlBody(`http://${web}/`) === body);
  await says("hello one");
  // As editors do: another file under the same name.
  Deno.writeTextFileSync(`${configPath}.swp`, text(" two").replace("server a", "server b"));
  Deno.renameSync(`${configPath}.swp`, configPath);
  await says("hello two");
  // What was changed is said when all of it is in force.
  await waitFor("the end of the reload", () => process.output().includes("was loaded again"));
  assert.match(process.output(), /reload: backend app: server b added/);
  assert.match(process.output(), /reload: backend app: server a removed/);
  assert.match(process.output(), /reload: frontend web: http-request rules: 1 added, 1 removed/);
  Deno.writeTextFileSync(configPath, `${text(" three")}    balence leastconn\n`);
  await waitFor("the refusal", () => process.output().includes("the running configuration stays"));
  assert.match(process.output(), /did you mean 'balance'/);
  assert.equal(await curlBody(`http://${web}/`), "hello two");
  Deno.writeTextFileSync(map, "x goodbye\n");
  Deno.writeTextFileSync(configPath, text(" three"));
  await says("goodbye three");
  Deno.writeTextFileSync(map, "x ciao\n");
  await says("ciao three");
});
