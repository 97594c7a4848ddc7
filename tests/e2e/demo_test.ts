import assert from "node:assert/strict";
import { freePort } from "../support/ports.ts";
import { waitFor } from "../support/poll.ts";
import { curl, curlTimes, tally } from "../support/curl.ts";
import { isAlive, start } from "../support/process.ts";
import { scopedTest } from "../support/scope.ts";
import { rootDirectory, underTest } from "../support/under_test.ts";

scopedTest("the demonstration serves what it says, and Ctrl-C ends it cleanly", {
  programs: ["curl"],
  unless: underTest === "source" ? undefined : "it runs from source",
}, async (scope) => {
  const port = freePort();
  const demo = start(scope, "demo", [
    Deno.execPath(),
    "run",
    "-A",
    `${rootDirectory}scripts/demo.ts`,
    "--port",
    String(port),
  ]);
  await waitFor("the demonstration to speak", () => demo.output().includes("Ctrl-C stops"), {
    explain: () => demo.output(),
  });
  const at = `http://127.0.0.1:${port}`;
  const names = (await curlTimes(6, `${at}/`)).map((body) => body.split(" ")[0]);
  assert.deepEqual(tally(names), { red: 4, green: 2 });
  assert.match((await curl(`${at}/api/x`)).body, /^blue answers GET \/api\/x/);
  assert.match((await curl(`${at}/api/x`)).body, /client: 127\.0\.0\.1/);
  assert.equal((await curl(`${at}/private`)).status, 403);
  const page = await curl(`${at}/?<script>`, ["-H", "Accept: text/html"]);
  assert.match(page.headers.get("content-type") ?? "", /^text\/html/);
  assert.match(page.body, /<h1>(red|green)<\/h1>/);
  assert.doesNotMatch(page.body, /<script>/);

  const secure = /https:\/\/localhost:(\d+)\//.exec(demo.output())?.[1];
  if (secure !== undefined) {
    const over = await curl(`https://127.0.0.1:${secure}/`, ["--insecure", "--http2"]);
    assert.equal(over.status, 200);
    assert.match(over.body, /^(red|green) answers/);
  }

  const statistics = /http:\/\/localhost:(\d+)\/ +the statistics/.exec(demo.output())?.[1];
  const shown = await curl(`http://127.0.0.1:${statistics}/`);
  assert.match(shown.body, /data-k="S:pages\/green"/);

  // One server goes away: the others answer, no client sees it.
  await curl(`${at}/break`);
  for (let n = 0; n < 8; n++) assert.equal((await curl(`${at}/`)).status, 200);

  const sluice = Number(/kill -USR2 (\d+)/.exec(demo.output())?.[1]);
  demo.signal("SIGINT");
  const status = await demo.exited;
  assert.equal(status.code, 0, demo.output());
  assert.equal(isAlive(sluice), false);
});
