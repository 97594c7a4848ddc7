/** Requests that sluice compresses, decoded by a real Apache httpd (mod_deflate). */
import assert from "node:assert/strict";
import { apacheProgram, startApache } from "../support/apache.ts";
import { curl } from "../support/curl.ts";
import { freePort } from "../support/ports.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { type BothForms, type Form, forms, startProxy } from "../support/sluice.ts";

const configuration = (web: string, origin: string): BothForms => ({
  cfg: `defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend web
    bind ${web}
    compression direction both
    compression algo gzip
    compression algo-req gzip
    compression type-req text/ application/json
    compression minsize-req 100
    default_backend app
backend app
    server web1 ${origin}
`,
  yaml: `defaults:
  mode: http
  timeout: { connect: 5s, client: 30s, server: 30s }
frontends:
  web:
    bind: "${web}"
    compression:
      direction: both
      algo: gzip
      algo-req: gzip
      type-req: [text/, application/json]
      minsize-req: 100
    default_backend: app
backends:
  app:
    servers: { web1: "${origin}" }
`,
});

/** An httpd that decodes what it is sent, and answers with it and with how it was encoded. */
async function startEcho(scope: Scope, listen: string): Promise<void> {
  const { root } = await startApache(scope, {
    name: "echo",
    listen,
    modules: {
      deflate_module: "mod_deflate.so",
      filter_module: "mod_filter.so",
      cgid_module: "mod_cgid.so",
      alias_module: "mod_alias.so",
    },
    lines: 'ScriptSock cgid\nScriptAlias "/echo" "$root/echo.sh"\n' +
      '<Location "/echo">\nSetInputFilter DEFLATE\n</Location>',
  });
  const script = "#!/bin/sh\n" +
    'printf "Content-Type: text/plain\\r\\nX-Coding: $HTTP_CONTENT_ENCODING\\r\\n\\r\\n"; cat\n';
  Deno.writeTextFileSync(`${root}/echo.sh`, script);
  Deno.chmodSync(`${root}/echo.sh`, 0o755);
}

async function play(scope: Scope, form: Form): Promise<void> {
  const origin = `127.0.0.1:${freePort()}`;
  const web = `127.0.0.1:${freePort()}`;
  await startEcho(scope, origin);
  await startProxy(scope, configuration(web, origin)[form], { form, listening: [web] });
  // Larger than every buffer on the way.
  const large = Array.from({ length: 20_000 }, (_, i) => `line ${i * 7919 % 10_007}\n`).join("");
  const file = scope.write("large.txt", large);
  const send = (type: string, ...args: string[]) =>
    curl(`http://${web}/echo`, ["-H", `Content-Type: ${type}`, ...args]);

  const whole = await send("text/plain", "--data-binary", `@${file}`);
  assert.equal(whole.status, 200);
  assert.equal(whole.headers.get("x-coding"), "gzip");
  assert.ok(whole.body === large, "the server saw what the client sent");

  const chunked = ["--data-binary", `@${file}`, "-H", "Transfer-Encoding: chunked"];
  const streamed = await send("application/json", ...chunked);
  assert.equal(streamed.headers.get("x-coding"), "gzip");
  assert.ok(streamed.body === large);

  const both = await send("text/plain", "--data-binary", `@${file}`, "--compressed");
  assert.equal(both.headers.get("x-coding"), "gzip");
  assert.equal(both.headers.get("content-encoding"), "gzip");
  assert.ok(both.body === large);

  const other = await send("image/png", "--data-binary", `@${file}`);
  assert.equal(other.headers.get("x-coding"), "");
  assert.ok(other.body === large);

  const small = await send("text/plain", "--data-binary", "small");
  assert.equal(small.headers.get("x-coding"), "");
  assert.equal(small.body, "small");
}

for (const form of forms) {
  scopedTest(
    `requests are compressed, and httpd decodes what their clients sent [${form}]`,
    { programs: [apacheProgram, "curl"] },
    (scope) => play(scope, form),
  );
}
