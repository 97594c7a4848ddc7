/** HTTP/2 by ALPN: curl and a real browser at the front, TLS to a server behind. */
import assert from "node:assert/strict";
import { newPage, sharedBrowser } from "../support/browser.ts";
import { Authority } from "../support/certificates.ts";
import { curl } from "../support/curl.ts";
import { startNginx } from "../support/nginx.ts";
import { freePort } from "../support/ports.ts";
import { mustRun } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { reloadedProxy } from "../support/reloaded_proxy.ts";
import { underTest } from "../support/under_test.ts";

const browserOfFile = sharedBrowser();

const startProxy = reloadedProxy();

const needs = { programs: ["nginx", "curl", "nghttp", "h2load", "openssl"], limit: 180_000 };

/** sluice with TLS before a web server, and sluice before that one, over TLS, without TLS before it. */
async function setUpTls(scope: Scope, files: Readonly<Record<string, string>> = {}) {
  const web = `127.0.0.1:${freePort()}`;
  await startNginx(scope, { name: "web", listen: [web], files });
  const authority = Authority.make("h2");
  const pem = scope.write("site.pem", authority.issue({ names: ["localhost"] }).pem);
  const ca = scope.write("ca.crt", authority.certificate);
  const secure = `127.0.0.1:${freePort()}`;
  const plain = `127.0.0.1:${freePort()}`;
  await startProxy(
    scope,
    `defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend secure
    bind ${secure} ssl crt ${pem} alpn h2,http/1.1
    http-response add-header x-front %[fc_http_major]/%[ssl_fc_alpn]
    default_backend web
frontend plain
    bind ${plain}
    http-response add-header x-back %[bc_http_major]
    default_backend secure
backend web
    server web ${web}
backend secure
    http-reuse always
    server s1 ${secure} ssl verify required ca-file ${ca} verifyhost localhost alpn h2
`,
    { listening: [secure, plain] },
  );
  return { secure, plain };
}

scopedTest("'proto h1' does not offer HTTP/2, and says so", {
  ...needs,
  unless: underTest === "haproxy" ? "HAProxy offers it and then breaks off" : undefined,
}, async (scope) => {
  const pem = scope.write("site.pem", Authority.make("Root").issue({ names: ["localhost"] }).pem);
  const address = `127.0.0.1:${freePort()}`;
  const { process } = await startProxy(
    scope,
    `frontend fe
    mode http
    timeout client 30s
    bind ${address} ssl crt ${pem} proto h1 alpn h2,http/1.1
    http-request return status 200 content-type text/plain lf-string %[fc_http_major]/%[ssl_fc_alpn]
`,
    { listening: [address] },
  );
  const answer = await curl(`https://${address}/`, ["--insecure", "--http2"]);
  assert.equal(answer.body, "1/http/1.1");
  assert.match(process.output(), /'h2' of 'alpn' is not offered, because of 'proto h1'/);
});

scopedTest("curl and sluice agree on HTTP/2 or HTTP/1.1 by ALPN", needs, async (scope) => {
  const { secure } = await setUpTls(scope);
  for (const [args, told] of [[["--http2"], "2/h2"], [["--http1.1"], "1/http/1.1"]] as const) {
    const answer = await curl(`https://${secure}/`, ["--insecure", ...args]);
    assert.equal(answer.body, "web\n");
    assert.equal(answer.headers.get("x-front"), told);
  }
  const got = await mustRun(["nghttp", "-n", "-s", "-m", "20", `https://${secure}/`]);
  assert.equal(got.match(/ 200 +\d/g)?.length, 20);
  const said = await mustRun(["h2load", "-n", "1000", "-c", "5", "-m", "10", `https://${secure}/`]);
  assert.match(said, /Application protocol: h2\n/);
  assert.match(said, /1000 succeeded, 0 failed, 0 errored/);
});

scopedTest("a server is spoken HTTP/2 over TLS when it agrees by ALPN", needs, async (scope) => {
  const { plain } = await setUpTls(scope);
  for (const version of ["--http1.1", "--http2-prior-knowledge"]) {
    const answer = await curl(`http://${plain}/`, [version]);
    assert.equal(answer.body, "web\n");
    assert.equal(answer.headers.get("x-back"), "2");
    assert.equal(answer.headers.get("x-front"), "2/h2");
  }
});

scopedTest(
  "a browser loads a page and 60 pictures over one HTTP/2 connection",
  { programs: [...needs.programs, "chromium"] },
  async (scope) => {
    const picture = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>`;
    const names = Array.from({ length: 60 }, (_, n) => `p${n}.svg`);
    const { secure } = await setUpTls(scope, {
      ...Object.fromEntries(names.map((name) => [name, picture])),
      "page.html": `<!doctype html><title>t</title>${
        names.map((name) => `<object data="/${name}" type="image/svg+xml"></object>`).join("")
      }`,
    });
    const browser = await browserOfFile();
    const { page } = await newPage(scope, browser, { ignoreHTTPSErrors: true });
    const answer = await page.goto(`https://${secure}/page.html`);
    assert.equal(answer?.status(), 200);
    const protocol = await page.evaluate(
      `performance.getEntriesByType("navigation")[0].nextHopProtocol`,
    );
    assert.equal(protocol, "h2");
    const fetched = await page.evaluate(`Promise.all(
      Array.from({ length: 60 }, (_, n) => fetch("/p" + n + ".svg").then((r) => r.text()))
    )`) as string[];
    assert.deepEqual(fetched, new Array(60).fill(picture));
  },
);
