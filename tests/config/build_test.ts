import { DEFAULT_H2_TUNE } from "../../lib/config/model_h2.ts";
import assert from "node:assert/strict";
import { proxy, valid } from "./support.ts";

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
    stickCounters: 3,
    compressionLevel: 1,
    httpMaxhdr: 101,
    h2: DEFAULT_H2_TUNE,
    epoll: true,
    splice: true,
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

Deno.test("ids count the places from 1 and leave out what is taken, as HAProxy does", () => {
  const config = valid(`${BASE}
backend a
    server x 10.0.0.1:80
    server y 10.0.0.1:80 id 1
    server z 10.0.0.1:80
backend b
    id 1
backend c
`);
  assert.deepEqual(config.proxies.map((p) => p.id), [2, 1, 4]);
  assert.deepEqual(config.proxies[0].servers.map((s) => s.id), [2, 1, 4]);
  assert.deepEqual(config.proxies.map((p) => p.idForced), [false, true, false]);
  assert.deepEqual(config.proxies[0].servers.map((s) => s.idForced), [false, true, false]);
});

Deno.test("a runtime socket takes the first id, as HAProxy's proxy for it does", () => {
  const config = valid(`${BASE}
backend a
backend b
    id 2
backend c
global
    stats socket /tmp/x.sock
`);
  assert.deepEqual(config.proxies.map((p) => p.id), [3, 2, 5]);
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
