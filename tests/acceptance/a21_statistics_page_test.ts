/** A21: the statistics page of the tutorial, in a real browser and with curl. */
import assert from "node:assert/strict";
import { newPage, sharedBrowser } from "../support/browser.ts";
import { curl } from "../support/curl.ts";
import { waitFor } from "../support/poll.ts";
import type { Scope } from "../support/scope.ts";
import { type BothForms, type Form, startProxy } from "../support/sluice.ts";
import { DEFAULTS, port80, proxy, row, twoWebServers, web1, web2 } from "./tutorial.ts";

const browserOfFile = sharedBrowser();

const stats = "127.0.0.1:4321";
const url = `http://${stats}/status`;
const login = ["--user", "yu:yu"];

const text: BothForms = {
  cfg: `global
    log 127.0.0.1 local2
${DEFAULTS.cfg}
listen stats
    bind ${stats}
    stats enable
    stats uri /status
    stats auth yu:yu
    stats refresh 1
    log global
    stats admin if TRUE

frontend webcluster
    bind ${proxy}:${port80}
    use_backend webserver-80

backend webserver-80
    server web1 ${web1}:${port80} check inter 500ms fall 2 rise 1
    server web2 ${web2}:${port80} check inter 500ms fall 2 rise 1
`,
  yaml: `global:
  log: "127.0.0.1 local2"
${DEFAULTS.yaml}
listens:
  stats:
    bind: "${stats}"
    stats:
      enable: true
      uri: /status
      auth: "yu:yu"
      refresh: 1
      admin: "if TRUE"
    log: global
frontends:
  webcluster:
    bind: "${proxy}:${port80}"
    use_backend:
      - { backend: webserver-80 }
backends:
  webserver-80:
    servers:
      web1: { address: "${web1}:${port80}", check: true, inter: 500ms, fall: 2, rise: 1 }
      web2: { address: "${web2}:${port80}", check: true, inter: 500ms, fall: 2, rise: 1 }
`,
};

async function begin(scope: Scope, form: Form) {
  const servers = await twoWebServers(scope);
  await startProxy(scope, text[form], { form, listening: [stats, `${proxy}:${port80}`] });
  return servers;
}

/** The word in the `status` column. */
async function status(server: string): Promise<string> {
  const { body } = await curl(`${url};csv;norefresh`, login);
  const row = body.split("\n").find((line) => line.startsWith(`webserver-80,${server},`));
  return row?.split(",")[17] ?? "";
}

row(
  "A21: the page asks for the password, lists everything and has HAProxy's columns as CSV",
  { programs: ["nginx", "curl"] },
  async (scope, form) => {
    const [, second] = await begin(scope, form);
    const refused = await curl(url);
    assert.equal(refused.status, 401);
    assert.match(refused.headers.get("www-authenticate") ?? "", /^Basic realm="/);
    assert.equal((await curl(url, ["--user", "yu:wrong"])).status, 401);
    const page = await curl(url, login);
    assert.equal(page.status, 200);
    assert.equal(page.headers.get("refresh"), "1");
    for (const word of ["stats", "webcluster", "webserver-80", "web1", "web2"]) {
      assert.ok(page.body.includes(word), word);
    }
    const csv = await curl(`${url};csv`, login);
    assert.ok(csv.body.startsWith("# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq"));
    await second.process.stop();
    await waitFor("web2 to be seen as down", async () => await status("web2") === "DOWN");
    // A script that is no browser changes servers as it does with HAProxy.
    const done = await curl(url, [...login, "--data", "s=web1&action=maint&b=webserver-80"]);
    assert.equal(done.status, 303);
    assert.equal(done.headers.get("location"), "/status;st=DONE");
    assert.equal(await status("web1"), "MAINT");
  },
);

row(
  "A21: in a browser a server is put into maintenance and back, and the page follows by itself",
  { programs: ["nginx", "curl", "chromium"] },
  async (scope, form) => {
    const [, second] = await begin(scope, form);
    const browser = await browserOfFile();
    const httpCredentials = { username: "yu", password: "yu" };
    const { page, problems } = await newPage(scope, browser, { httpCredentials });
    await page.goto(url);
    const row = (server: string) => page.locator(`tr[data-k="S:webserver-80/${server}"]`);
    const colour = (server: string) =>
      row(server).locator(".badge").evaluate((badge) => getComputedStyle(badge).color);
    await row("web1").and(page.locator(".active_up")).waitFor();
    const up = await colour("web1");
    // Nobody loads the page again: it follows what happens.
    await second.process.stop();
    await row("web2").and(page.locator(".active_down")).waitFor();
    assert.notEqual(await colour("web2"), up);
    const choose = async (server: string, action: string) => {
      const form = page.locator("section[data-proxy='webserver-80'] form");
      await form.locator(`input[name=s][value=${server}]`).check();
      await form.locator("select[name=action]").selectOption(action);
      await form.locator("input[type=submit]").click();
      await page.locator(".note.good").waitFor();
    };
    await choose("web1", "maint");
    assert.equal(await status("web1"), "MAINT");
    await row("web1").and(page.locator(".maintain")).waitFor();
    await choose("web1", "ready");
    assert.match(await status("web1"), /^UP/);
    await page.locator("#search").fill("web2");
    assert.equal(await row("web1").isHidden(), true);
    assert.equal(await row("web2").isVisible(), true);
    assert.deepEqual(problems, []);
  },
);

row(
  "A21: without JavaScript the page refreshes itself and its forms work",
  { programs: ["nginx", "curl", "chromium"] },
  async (scope, form) => {
    const [, second] = await begin(scope, form);
    const browser = await browserOfFile();
    const { page } = await newPage(scope, browser, {
      httpCredentials: { username: "yu", password: "yu" },
      javaScriptEnabled: false,
      viewport: { width: 390, height: 844 },
      colorScheme: "dark",
    });
    await page.goto(url);
    await second.process.stop();
    await page.locator(`tr.active_down[data-k="S:webserver-80/web2"]`).waitFor();
    await page.goto(`${url};norefresh`);
    const form2 = page.locator("section[data-proxy='webserver-80'] form");
    await form2.locator("input[name=s][value=web1]").check();
    await form2.locator("select[name=action]").selectOption("drain");
    await form2.locator("input[type=submit]").click();
    await page.locator(".note.good").waitFor();
    assert.match(await status("web1"), /^DRAIN/);
    assert.ok(page.url().endsWith(";st=DONE;norefresh"), page.url());
  },
);

row(
  "A21: another site cannot make a browser change servers",
  { programs: ["nginx", "curl"] },
  async (scope, form) => {
    await begin(scope, form);
    const page = await curl(url, [...login, "--header", "Accept: text/html"]);
    const token = /name="token" value="([0-9a-f]+)"/.exec(page.body)?.[1] ?? "";
    assert.notEqual(token, "");
    const post = async (given: string, ...fields: string[]) => {
      const data = `s=web1&action=maint&b=webserver-80&token=${given}`;
      const answer = await curl(url, [
        ...login,
        ...fields.flatMap((field) => ["--header", field]),
        "--data",
        data,
      ]);
      return answer.headers.get("location");
    };
    const denied = "/status;st=DENY";
    assert.equal(await post(token, "Origin: http://evil.example"), denied);
    assert.equal(
      await post(token, `Origin: http://${stats}`, "Sec-Fetch-Site: cross-site"),
      denied,
    );
    assert.equal(await post("0".repeat(32), `Origin: http://${stats}`), denied);
    assert.equal(await post("", "Referer: http://evil.example/"), denied);
    assert.equal(await post(token, "Origin: null"), denied);
    assert.match(await status("web1"), /^UP/);
    assert.equal(await post(token, `Origin: http://${stats}`), "/status;st=DONE");
    assert.equal(await status("web1"), "MAINT");
  },
);
