import assert from "node:assert/strict";
import { alerts, build, proxy, valid } from "./support.ts";

const BASE = `
defaults
    mode http
    timeout client 30s
    timeout connect 5s
    timeout server 1m
`;

Deno.test("without any keyword a proxy has the defaults of the manual", () => {
  const config = valid("backend app\n    server web1 10.0.0.1:80\n");
  const { mode, balance, retries, httpReuse, options, timeouts, servers } = proxy(config, "app");
  assert.equal(mode, "tcp");
  assert.equal(balance.algorithm, "roundrobin");
  assert.equal(retries, 3);
  assert.equal(httpReuse, "safe");
  assert.equal(options.connection, "keep-alive");
  assert.equal(timeouts.client, undefined);
  const { weight, inter, fall, rise, check, poolPurgeDelay } = servers[0];
  assert.deepEqual([weight, inter, fall, rise, check, poolPurgeDelay], [
    1,
    2000,
    3,
    2,
    false,
    5000,
  ]);
  assert.deepEqual(config.global.tune, {
    bufsize: 16384,
    maxrewrite: 1024,
    httpMaxhdr: 101,
    maxaccept: 64,
  });
});

Deno.test("a global section fills the process's settings", () => {
  const { global } = valid(`
global
    daemon
    maxconn 4000
    pidfile /run/sluice.pid
    chroot /var/empty
    user nobody
    group nogroup
    node edge-1
    description the edge  of it all
    hard-stop-after 30s
    ulimit-n 10000
    spread-checks 5
    stats socket /run/admin.sock mode 660 level admin
    stats timeout 2m
    tune.bufsize 32k
    tune.maxrewrite 2048
    nbthread 1
`);
  assert.equal(global.daemon, true);
  assert.equal(global.maxconn, 4000);
  assert.equal(global.user, "nobody");
  assert.equal(global.description, "the edge of it all");
  assert.equal(global.hardStopAfter, 30_000);
  assert.equal(global.statsTimeout, 120_000);
  assert.equal(global.tune.bufsize, 32768);
  const [socket] = global.statsSockets;
  assert.deepEqual([socket.address, socket.mode, socket.level], [
    "/run/admin.sock",
    0o660,
    "admin",
  ]);
});

Deno.test("several global sections are one", () => {
  const { global } = valid("global\n    daemon\nglobal\n    maxconn 5\n");
  assert.deepEqual([global.daemon, global.maxconn], [true, 5]);
});

Deno.test("a proxy starts from the last defaults section above it", () => {
  const config = valid(`
defaults
    mode http
    timeout client 5s
frontend a
    bind 127.0.0.1:8001
defaults
    timeout client 9s
frontend b
    bind 127.0.0.1:8002
    timeout client 7s
frontend c
    bind 127.0.0.1:8003
`);
  assert.deepEqual(
    ["a", "b", "c"].map((n) => [proxy(config, n).mode, proxy(config, n).timeouts.client]),
    [["http", 5000], ["tcp", 7000], ["tcp", 9000]],
  );
});

Deno.test("'from' names the defaults section, also that of another defaults section", () => {
  const config = valid(`
defaults base
    mode http
    timeout client 5s
    option httplog
    log 127.0.0.1 local0
defaults slow from base
    timeout client 60s
defaults other
    timeout client 1s
frontend a from slow
    bind 127.0.0.1:8001
    no log
`);
  const a = proxy(config, "a");
  assert.deepEqual([a.mode, a.timeouts.client, a.options.httplog], ["http", 60_000, true]);
  assert.equal(a.logs.length, 0);
});

Deno.test("what a proxy changes does not reach the next proxy", () => {
  const config = valid(
    `${BASE}
    option dontlognull
    default-server inter 9s
    errorfile 503 /e.http
backend a
    no option dontlognull
    default-server inter 1s
    errorfile 503 /f.http
    timeout server 2s
    server s 10.0.0.1:80
backend b
    server s 10.0.0.1:80
`,
    { files: { "/e.http": "HTTP/1.0 503 E\r\n\r\n", "/f.http": "HTTP/1.0 503 F\r\n\r\n" } },
  );
  assert.equal(proxy(config, "a").servers[0].inter, 1000);
  assert.equal(proxy(config, "b").servers[0].inter, 9000);
  assert.equal(proxy(config, "b").timeouts.server, 60_000);
  assert.equal(proxy(config, "a").errorfiles[0].path, "/f.http");
  assert.equal(proxy(config, "b").errorfiles[0].path, "/e.http");
});

Deno.test("default-server holds for the servers below it", () => {
  const config = valid(`${BASE}
    default-server check inter 5s
backend app
    default-server fall 5 backup
    server a 10.0.0.1:80
    default-server no-backup weight 7
    server b 10.0.0.2:80 no-check inter 100
`);
  const [a, b] = proxy(config, "app").servers;
  assert.deepEqual([a.check, a.inter, a.fall, a.backup, a.weight], [true, 5000, 5, true, 1]);
  assert.deepEqual([b.check, b.inter, b.fall, b.backup, b.weight], [false, 100, 5, false, 7]);
});

Deno.test("a frontend takes from defaults what frontends have, a backend what backends have", () => {
  const config = valid(`${BASE}
    maxconn 100
    fullconn 10
    retries 5
    option httplog
    default_backend app
    log global
frontend web
    bind 127.0.0.1:8080
backend app
    server s 10.0.0.1:80
`);
  const web = proxy(config, "web");
  const app = proxy(config, "app");
  assert.deepEqual([web.maxconn, app.maxconn], [100, undefined]);
  assert.deepEqual([web.fullconn, app.fullconn], [undefined, 10]);
  assert.deepEqual([web.timeouts.server, app.timeouts.server], [undefined, 60_000]);
  assert.deepEqual([web.timeouts.client, app.timeouts.client], [30_000, undefined]);
  assert.deepEqual([web.options.httplog, app.options.httplog], [true, false]);
  assert.deepEqual([web.defaultBackend?.text, app.defaultBackend], ["app", undefined]);
});

Deno.test("a listen section is a frontend and a backend at once", () => {
  const config = valid(`${BASE}
listen web
    bind :8080-8081 name public maxconn 50
    balance leastconn
    server s1 10.0.0.1:80 weight 2 cookie one
    server s2 10.0.0.2:80 backup
`);
  const web = proxy(config, "web");
  assert.equal(web.kind, "listen");
  assert.deepEqual(web.binds[0].addresses.map((a) => a.type === "tcp" && a.port), [8080, 8081]);
  assert.deepEqual([web.binds[0].name, web.binds[0].maxconn], ["public", 50]);
  assert.equal(web.balance.algorithm, "leastconn");
  assert.deepEqual(web.servers.map((s) => [s.name, s.weight, s.backup, s.cookie]), [
    ["s1", 2, false, "one"],
    ["s2", 1, true, undefined],
  ]);
});

Deno.test("ids count from 1 and leave out what is taken", () => {
  const config = valid(`${BASE}
backend a
    server x 10.0.0.1:80
    server y 10.0.0.1:80 id 1
    server z 10.0.0.1:80
backend b
    id 1
backend c
`);
  assert.deepEqual(config.proxies.map((p) => p.id), [2, 1, 3]);
  assert.deepEqual(config.proxies[0].servers.map((s) => s.id), [2, 1, 3]);
});

Deno.test("'log global' stands for the targets of the global section, wherever that stands", () => {
  const config = valid(`${BASE}
    log global
    log stdout format raw daemon
frontend web
    bind 127.0.0.1:8080
    option httplog
global
    log 127.0.0.1 local2
    log tcp@10.0.0.9:601 len 4096 format rfc5424 sample 1,3:4 local3 notice err
`);
  const logs = proxy(config, "web").logs;
  assert.deepEqual(logs.map((l) => l.transport.type), ["udp", "tcp", "stdout"]);
  assert.deepEqual(
    [logs[0].facility, logs[0].level, logs[0].minLevel, logs[0].format, logs[0].length],
    [18, 7, 0, "local", 1024],
  );
  const { facility, level, minLevel, format, length, sample } = logs[1];
  assert.deepEqual([facility, level, minLevel, format, length], [19, 5, 3, "rfc5424", 4096]);
  assert.deepEqual(sample, { ranges: [[1, 1], [3, 3]], size: 4 });
  assert.equal(logs[2].format, "raw");
});

Deno.test("log-send-hostname changes the format of targets that name none", () => {
  const { global } = valid(`
global
    log-send-hostname
    log 127.0.0.1 local2
    log 127.0.0.1 format local local2
`);
  assert.deepEqual(global.logs.map((l) => l.format), ["rfc3164", "local"]);
});

Deno.test("the last of httplog, tcplog and log-format is the format", () => {
  const config = valid(`${BASE}
    log 127.0.0.1 local0
    log-format "%ci"
frontend a
    bind 127.0.0.1:8001
    option httplog
frontend b
    bind 127.0.0.1:8002
    option httplog
    log-format "%cp %ci"
`);
  const [a, b] = config.proxies;
  assert.deepEqual([a.logFormat, a.options.httplog], [undefined, true]);
  assert.deepEqual([b.logFormat?.text, b.options.httplog], ["%cp %ci", false]);
});

Deno.test("in TCP mode httplog becomes tcplog, with a warning", () => {
  const { config, said } = build(`
global
    log 127.0.0.1 local0
defaults
    timeout client 5s
    log global
    option httplog
frontend a
    bind 127.0.0.1:8001
`);
  assert.deepEqual([config!.proxies[0].options.httplog, config!.proxies[0].options.tcplog], [
    false,
    true,
  ]);
  assert.match(said.join("\n"), /warning 8: 'option httplog' of the 'defaults' section/);
});

Deno.test("'no' switches an option off, 'default' gives the manual's default back", () => {
  const config = valid(`${BASE}
    option dontlognull
    option http-server-close
    option redispatch 3
listen a
    bind 127.0.0.1:8001
    no option dontlognull
    no option http-server-close
    no option redispatch
listen b
    bind 127.0.0.1:8002
    no option httpclose
    default option dontlognull
    option redispatch
`);
  const [a, b] = config.proxies.map((p) => p.options);
  assert.deepEqual([a.dontlognull, a.connection, a.redispatch], [false, "keep-alive", false]);
  assert.deepEqual([b.dontlognull, b.connection, b.redispatch], [false, "server-close", -1]);
});

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
    tcp-response content accept
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
  assert.deepEqual(words(proxy(config, "app").tcpResponseContent), ["accept"]);
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

Deno.test("unix-bind gives Unix sockets what their own line does not say", () => {
  const config = valid(`
global
    unix-bind prefix /run/sluice mode 600 user nobody
listen a
    bind /a.sock mode 660
    bind 127.0.0.1:8001
`);
  const [socket, port] = config.proxies[0].binds;
  assert.deepEqual(socket.addresses, [{ type: "unix", path: "/run/sluice/a.sock" }]);
  assert.deepEqual([socket.mode, socket.user], [0o660, "nobody"]);
  assert.deepEqual([port.mode, port.user], [undefined, undefined]);
});

Deno.test("a backend's source holds for servers without their own", () => {
  const config = valid(`${BASE}
backend app
    source 10.0.0.5
    server a 10.0.0.1:80
    server b 10.0.0.2:80 source 10.0.0.6:1024
`);
  assert.deepEqual(proxy(config, "app").servers.map((s) => s.source), [
    { host: "10.0.0.5" },
    { host: "10.0.0.6", port: 1024 },
  ]);
});

Deno.test("zero means no limit for timeouts and connection limits", () => {
  const config = valid(`
defaults
    timeout queue 5s
listen a
    bind 127.0.0.1:8001 maxconn 0
    maxconn 0
    timeout queue 0
    server s 10.0.0.1:80 maxconn 0 maxqueue 0
`);
  const [a] = config.proxies;
  assert.deepEqual(
    [a.timeouts.queue, a.maxconn, a.binds[0].maxconn, a.servers[0].maxconn, a.servers[0].maxqueue],
    [undefined, undefined, undefined, undefined, undefined],
  );
});

Deno.test("all mistakes of a text are reported, not only the first", () => {
  const said = alerts(
    "global\n    dameon\ndefaults\n    mode htp\n    retries x\nbackend b\n    server\n",
  );
  assert.equal(said.length, 4);
});

Deno.test("a disabled proxy is not checked for references", () => {
  valid(
    `${BASE}\nfrontend a\n    bind 127.0.0.1:8001\n    disabled\n    default_backend nowhere\n`,
  );
});

Deno.test("the same configuration as YAML gives the same model", () => {
  const cfg = valid(`
global
    maxconn 4000
    log 127.0.0.1 local2
defaults
    mode http
    timeout connect 5s
    timeout client 1m
    timeout server 1m
    log global
    option httplog
    option forwardfor except 127.0.0.0/8
frontend web
    bind *:8080
    acl static path_beg -i /static/
    use_backend images if static
    default_backend app
backend app
    balance leastconn
    server web1 10.0.0.10:80 check inter 3s fall 3 rise 5 weight 2
    server web2 10.0.0.20:80 check
backend images
    server i1 10.0.0.30:80 backup
`);
  const yaml = valid(
    `
global: { maxconn: 4000, log: ["127.0.0.1 local2"] }
defaults:
  mode: http
  timeout: { connect: 5s, client: 1m, server: 1m }
  log: global
  option: { httplog: true, forwardfor: { except: 127.0.0.0/8 } }
frontends:
  web:
    bind: ["*:8080"]
    acl:
      static: [ "path_beg -i /static/" ]
    use_backend:
      - { backend: images, if: static }
    default_backend: app
backends:
  app:
    balance: leastconn
    servers:
      web1: { address: "10.0.0.10:80", check: true, inter: 3s, fall: 3, rise: 5, weight: 2 }
      web2: "10.0.0.20:80 check"
  images:
    servers:
      i1: { address: "10.0.0.30:80", backup: true }
`,
    { file: "test.yaml" },
  );
  const plain = (value: unknown) =>
    JSON.parse(
      JSON.stringify(value, (key, v) =>
        key === "span" || key === "raw" || key === "quoted" ? undefined : v),
    );
  assert.deepEqual(plain(yaml), plain(cfg));
});
