/** What proxies take from `defaults` and from `global`. */
import assert from "node:assert/strict";
import { build, proxy, valid } from "./support.ts";

const BASE = `
defaults
    mode http
    timeout client 30s
    timeout connect 5s
    timeout server 1m
`;

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

Deno.test("unix-bind gives Unix sockets what their own line does not say", () => {
  const config = valid(`
global
    unix-bind prefix /run/sluice mode 600 user nobody group nogroup
listen a
    bind /a.sock mode 660 group root
    bind 127.0.0.1:8001
`);
  const [socket, port] = config.proxies[0].binds;
  assert.deepEqual(socket.addresses, [{ type: "unix", path: "/run/sluice/a.sock" }]);
  assert.deepEqual([socket.mode, socket.uid, socket.gid], [0o660, 65534, 0]);
  assert.deepEqual([port.mode, port.uid, port.gid], [undefined, undefined, undefined]);
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
