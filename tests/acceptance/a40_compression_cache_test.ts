import assert from "node:assert/strict";
import { curl } from "../support/curl.ts";
import { startHttpOrigin } from "../support/tcp.ts";
import { startProxy } from "../support/sluice.ts";
import { DEFAULTS, port80, proxy, row } from "./tutorial.ts";

const address = `${proxy}:${port80}`;

const text = (origin: string) => ({
  cfg: `${DEFAULTS.cfg}
cache small
    total-max-size 4
    max-object-size 100000
    max-age 60

frontend webcluster
    bind ${address}
    compression algo gzip
    compression type text/html text/plain text/css
    http-request cache-use small
    http-response cache-store small
    default_backend webserver-80

backend webserver-80
    server web1 ${origin}
`,
  yaml: `${DEFAULTS.yaml}
caches:
  small:
    total-max-size: 4
    max-object-size: 100000
    max-age: 60
frontends:
  webcluster:
    bind: "${address}"
    compression: { algo: gzip, type: [text/html, text/plain, text/css] }
    http-request: [cache-use small]
    http-response: [cache-store small]
    default_backend: webserver-80
backends:
  webserver-80:
    servers:
      web1: "${origin}"
`,
});

const PAGE = "<p>The same line again and again.</p>\n".repeat(100);

row(
  "A40: compressed only when accepted and worth it; the second request does not touch the server",
  { programs: ["curl"] },
  async (scope, form) => {
    let asked = 0;
    const answers: Record<string, string> = {
      "/page.html": "Content-Type: text/html\r\nCache-Control: max-age=30",
      "/picture.png": "Content-Type: image/png\r\nCache-Control: no-store",
      "/private.html": "Content-Type: text/html\r\nCache-Control: private",
    };
    const origin = await startHttpOrigin(scope, ({ line }) => {
      asked++;
      const fields = answers[line.split(" ")[1]];
      return `HTTP/1.1 200 OK\r\n${fields}\r\nContent-Length: ${PAGE.length}\r\n\r\n${PAGE}`;
    });
    await startProxy(scope, text(origin.address)[form], { form, listening: [address] });
    const url = (path: string) => `http://${address}${path}`;

    const plain = await curl(url("/private.html"));
    assert.equal(plain.headers.get("content-encoding"), undefined);
    assert.equal(plain.body, PAGE);
    const packed = await curl(url("/private.html"), ["--compressed"]);
    assert.equal(packed.headers.get("content-encoding"), "gzip");
    assert.match(packed.headers.get("vary") ?? "", /accept-encoding/i);
    assert.equal(packed.body, PAGE);
    const picture = await curl(url("/picture.png"), ["--compressed"]);
    assert.equal(picture.headers.get("content-encoding"), undefined);
    assert.equal(asked, 3);

    const first = await curl(url("/page.html"));
    assert.equal(first.headers.get("age"), undefined);
    assert.equal(asked, 4);
    const second = await curl(url("/page.html"));
    assert.equal(second.body, PAGE);
    assert.match(second.headers.get("age") ?? "", /^\d+$/);
    const third = await curl(url("/page.html"), ["--compressed"]);
    assert.equal(third.body, PAGE);
    assert.equal(third.headers.get("content-encoding"), "gzip");
    assert.equal(asked, 4, "the server was asked again");
    await curl(url("/private.html"));
    assert.equal(asked, 5, "what is private is not kept");
  },
);
