/** Rules, error files and the options that hold expressions. */
import assert from "node:assert/strict";
import { alerts, proxy, valid } from "./support.ts";

const BASE = `
defaults
    mode http
    timeout client 30s
    timeout connect 5s
    timeout server 1m
`;

Deno.test("forwardfor, originalto and forwarded keep their settings", () => {
  const config = valid(`${BASE}
frontend a
    bind 127.0.0.1:8001
    option forwardfor except 127.0.0.0/8 header X-Client if-none
    option originalto
backend b
    option forwarded
backend c
    option forwarded proto host by for-expr src for_port
`);
  const [a, b, c] = config.proxies.map((p) => p.options);
  assert.deepEqual(a.forwardfor, { except: "127.0.0.0/8", header: "X-Client", ifNone: true });
  assert.deepEqual(a.originalto, { except: undefined, header: "X-Original-To", ifNone: false });
  assert.deepEqual(b.forwarded, { proto: true, for: true });
  const { proto, host, by, byPort, for: client, forPort } = c.forwarded!;
  assert.deepEqual([proto, host, by, byPort, forPort], [true, true, true, undefined, true]);
  assert.equal(client !== true && client?.words[0].text, "src");
});

Deno.test("rules, ACLs, captures and redirects keep their words in order", () => {
  const config = valid(`${BASE}
frontend web
    bind 127.0.0.1:8080
    acl static path_end -i .jpg .png
    http-request deny if static
    http-request set-header X-A "a b"
    http-response del-header Server
    http-after-response set-header X-B b
    tcp-request connection reject if { src 10.0.0.1 }
    tcp-request session accept
    tcp-request content accept
    redirect scheme https unless static
    use_backend app if static
    capture request header Host len 32
    capture response header Server len 20
backend app
`);
  const words = (list: readonly { words: readonly { text: string }[] }[]) =>
    list.map((rule) => rule.words.map((w) => w.text).join(" "));
  const web = proxy(config, "web");
  assert.deepEqual(words(web.acls), ["static path_end -i .jpg .png"]);
  assert.deepEqual(words(web.httpRequest), ["deny if static", "set-header X-A a b"]);
  assert.deepEqual(words(web.httpResponse), ["del-header Server"]);
  assert.deepEqual(words(web.httpAfterResponse), ["set-header X-B b"]);
  assert.deepEqual(words(web.tcpRequestConnection), ["reject if { src 10.0.0.1 }"]);
  assert.deepEqual(words(web.tcpRequestSession), ["accept"]);
  assert.deepEqual(words(web.tcpRequestContent), ["accept"]);
  assert.deepEqual(words(web.redirects), ["scheme https unless static"]);
  assert.deepEqual(words(web.useBackends), ["app if static"]);
  assert.deepEqual(words(web.captures), [
    "request header Host len 32",
    "response header Server len 20",
  ]);
});

Deno.test("rules of a named defaults section come first and see the ACLs of that section only", () => {
  const config = valid(`
defaults base
    mode http
    timeout client 5s
    acl bad src 10.0.0.1
    http-request deny if bad { path /bad } or !bad
    http-request set-header X-Was bad
frontend web from base
    bind 127.0.0.1:8080
    acl bad src 10.0.0.2
    http-request allow if bad
`);
  const web = proxy(config, "web");
  const words = (list: readonly { words: readonly { text: string }[] }[]) =>
    list.map((rule) => rule.words.map((w) => w.text).join(" "));
  assert.deepEqual(words(web.acls), ["defaults:base:bad src 10.0.0.1", "bad src 10.0.0.2"]);
  assert.deepEqual(words(web.httpRequest), [
    "deny if defaults:base:bad { path /bad } or !defaults:base:bad",
    "set-header X-Was bad",
    "allow if bad",
  ]);
  const taken = alerts("frontend a\n    bind :8000\n    acl defaults:base:bad src 10.0.0.1\n");
  assert.match(taken[0], /kept for the ACLs of 'defaults' sections/);
});

Deno.test("an error file's bytes are read, and errorloc makes a redirection", () => {
  const body = "HTTP/1.1 503 Sorry\r\nContent-Length: 2\r\n\r\nno";
  const config = valid(
    `${BASE}
    errorfile 503 /503.http
    errorloc 404 http://example.org/404
    errorloc303 403 /denied
backend app
`,
    { files: { "/503.http": body } },
  );
  const text = new Map(
    proxy(config, "app").errorfiles.map((e) => [e.status, new TextDecoder().decode(e.bytes)]),
  );
  assert.equal(text.get(503), body);
  assert.match(
    text.get(404)!,
    /^HTTP\/1\.1 302 Found\r\n(.*\r\n)*Location: http:\/\/example\.org\/404\r\n\r\n$/,
  );
  assert.match(text.get(403)!, /^HTTP\/1\.1 303 See Other\r\n/);
});

Deno.test("an error file must be an answer and fit in a buffer", () => {
  const head = "HTTP/1.1 503 Sorry\r\n\r\n";
  const text = `${BASE}\n    errorfile 503 /e\nbackend app\nbackend app2\n`;
  assert.match(alerts(text, { files: { "/e": "sorry" } })[0], /not a complete HTTP answer/);
  const large = alerts(text, { files: { "/e": head + "x".repeat(15360) } });
  assert.equal(large.length, 1, "said once, not for every proxy");
  assert.match(large[0], /has 15382 bytes/);
  valid(text, { files: { "/e": head + "x".repeat(15360 - head.length) } });
  valid(text, { files: { "/e": "" } });
  valid(`global\n    tune.bufsize 32k\n${text}`, { files: { "/e": head + "x".repeat(15360) } });
});
