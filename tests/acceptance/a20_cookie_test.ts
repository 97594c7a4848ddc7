import assert from "node:assert/strict";
import { curl, type CurlAnswer } from "../support/curl.ts";
import { type Nginx, startNginx } from "../support/nginx.ts";
import { waitFor } from "../support/poll.ts";
import type { Scope } from "../support/scope.ts";
import { reloadedProxy } from "../support/reloaded_proxy.ts";
import { type BothForms, type Form } from "../support/sluice.ts";
import { DEFAULTS, port80, proxy, row, web1, web2 } from "./tutorial.ts";

const startProxy = reloadedProxy();

const needs = { programs: ["nginx", "curl"] };
const address = `${proxy}:${port80}`;
const url = `http://${address}/`;

function text(cookie: BothForms): BothForms {
  const check = "check inter 300ms fall 2 rise 1";
  return {
    cfg: `${DEFAULTS.cfg}
frontend webcluster
    bind ${address}
    use_backend webserver-80

backend webserver-80
    balance roundrobin
    option redispatch
    cookie ${cookie.cfg}
    server web1 ${web1}:${port80} cookie web1 ${check}
    server web2 ${web2}:${port80} cookie web2 ${check}
`,
    yaml: `${DEFAULTS.yaml}
frontends:
  webcluster:
    bind: "${address}"
    use_backend:
      - { backend: webserver-80 }
backends:
  webserver-80:
    balance: roundrobin
    option: { redispatch: true }
    cookie: ${cookie.yaml}
    servers:
      web1: { address: "${web1}:${port80}", cookie: web1, check: true, inter: 300ms, fall: 2, rise: 1 }
      web2: { address: "${web2}:${port80}", cookie: web2, check: true, inter: 300ms, fall: 2, rise: 1 }
`,
  };
}

/** The web servers; `/cookie` shows the Cookie field that came, `/set` sets a cookie of the application. */
function webServers(scope: Scope): Promise<[Nginx, Nginx]> {
  const start = (name: string, host: string) =>
    startNginx(scope, {
      name,
      listen: [`${host}:${port80}`],
      extra: `location = /cookie { return 200 "[$http_cookie]"; }
    location = /set { add_header Set-Cookie "WEBCOOKIE=app; Path=/"; return 200 "${name}"; }`,
    });
  return Promise.all([start("web1", web1), start("web2", web2)]);
}

function ask(cookie: string, path = ""): Promise<CurlAnswer> {
  return curl(`${url}${path}`, ["--header", `Cookie: ${cookie}`]);
}

async function begin(scope: Scope, form: Form, cookie: BothForms): Promise<[Nginx, Nginx]> {
  const servers = await webServers(scope);
  await startProxy(scope, text(cookie)[form], { form, listening: [address] });
  return servers;
}

row(
  "A20: an inserted cookie keeps a client on its server until that is down",
  needs,
  async (scope, form) => {
    const [first] = await begin(scope, form, {
      cfg: "WEBCOOKIE insert nocache indirect",
      yaml: "{ name: WEBCOOKIE, insert: true, nocache: true, indirect: true }",
    });
    // nginx sends ETag and Last-Modified with its files: such an answer could be cached.
    const answer = await curl(url);
    const server = answer.body.trim();
    assert.equal(answer.headers.get("set-cookie"), `WEBCOOKIE=${server}; path=/`);
    assert.equal(answer.headers.get("cache-control"), "private");
    for (let n = 0; n < 4; n++) {
      for (const name of ["web1", "web2"]) {
        const again = await ask(`WEBCOOKIE=${name}`);
        assert.equal(again.body.trim(), name);
        assert.equal(again.headers.get("set-cookie"), undefined);
        assert.equal(again.headers.get("cache-control"), undefined);
      }
    }
    assert.equal((await ask("WEBCOOKIE=web1", "cookie")).body, "[]");
    assert.equal((await ask("a=b; WEBCOOKIE=web2; c=d", "cookie")).body, "[a=b; c=d]");
    await first.process.stop();
    const other = await waitFor("the client to be sent to the other server", async () => {
      const now = await ask("WEBCOOKIE=web1");
      return now.status === 200 ? now : undefined;
    });
    assert.equal(other.body.trim(), "web2");
    assert.equal(other.headers.get("set-cookie"), "WEBCOOKIE=web2; path=/");
  },
);

row("A20: the application's own cookie is rewritten", needs, async (scope, form) => {
  await begin(scope, form, {
    cfg: "WEBCOOKIE rewrite",
    yaml: "{ name: WEBCOOKIE, rewrite: true }",
  });
  const plain = await curl(url);
  assert.equal(plain.headers.get("set-cookie"), undefined);
  const set = await curl(`${url}set`);
  assert.equal(set.headers.get("set-cookie"), `WEBCOOKIE=${set.body}; Path=/`);
  for (const name of ["web1", "web2", "web1"]) {
    assert.equal((await ask(`WEBCOOKIE=${name}`)).body.trim(), name);
  }
});

row("A20: the application's own cookie gets a prefix", needs, async (scope, form) => {
  await begin(scope, form, {
    cfg: "WEBCOOKIE prefix",
    yaml: "{ name: WEBCOOKIE, prefix: true }",
  });
  const set = await curl(`${url}set`);
  assert.equal(set.headers.get("set-cookie"), `WEBCOOKIE=${set.body}~app; Path=/`);
  for (const name of ["web1", "web2", "web1"]) {
    assert.equal((await ask(`WEBCOOKIE=${name}~app`)).body.trim(), name);
    assert.equal((await ask(`WEBCOOKIE=${name}~app`, "cookie")).body, "[WEBCOOKIE=app]");
  }
});
