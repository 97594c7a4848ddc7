import assert from "node:assert/strict";
import { curlBody } from "../support/curl.ts";
import { isListening } from "../support/ports.ts";
import { delay, waitFor } from "../support/poll.ts";
import { descendants, endProcess, isAlive } from "../support/process.ts";
import type { Scope } from "../support/scope.ts";
import { type BothForms, type Form, runProxy, startProxy, writeConfig } from "../support/sluice.ts";
import { startSyslogSink } from "../support/syslog_sink.ts";
import { connect, ok, startBlackHole, startHttpOrigin, startOrigin } from "../support/tcp.ts";
import { DEFAULTS, port80, proxy, row, twoWebServers, web1, web2 } from "./tutorial.ts";

/** The tutorial's `global`, with a directory and accounts that exist here. */
function globalSection(scope: Scope, log: string, daemon: boolean): BothForms {
  const at = scope.dir;
  Deno.mkdirSync(`${at}/empty`, { recursive: true });
  const account = accountLine("haproxy") === undefined ? "nobody" : "haproxy";
  const group = account === "nobody" ? "nogroup" : "haproxy";
  return {
    cfg: `global
    log ${log} local2
    chroot ${at}/empty
    pidfile ${at}/proxy.pid
    maxconn 4000
    user ${account}
    group ${group}
${daemon ? "    daemon\n" : ""}    stats socket ${at}/stats
`,
    yaml: `global:
  log: "${log} local2"
  chroot: ${at}/empty
  pidfile: ${at}/proxy.pid
  maxconn: 4000
  user: ${account}
  group: ${group}
${daemon ? "  daemon: true\n" : ""}  stats:
    socket: ${at}/stats
`,
  };
}

const REST: BothForms = {
  cfg: `    log global
    option httplog
    option dontlognull
    option http-server-close
    option forwardfor except 127.0.0.0/8
    option redispatch

frontend webcluster
    bind ${proxy}:${port80}
    use_backend webserver-80

backend webserver-80
    server web1 ${web1}:${port80} check inter 3s fall 3 rise 5
    server web2 ${web2}:${port80} check inter 3s fall 3 rise 5
`,
  yaml: `  log: global
  option:
    httplog: true
    dontlognull: true
    http-server-close: true
    forwardfor: "except 127.0.0.0/8"
    redispatch: true
frontends:
  webcluster:
    bind: "${proxy}:${port80}"
    use_backend:
      - { backend: webserver-80 }
backends:
  webserver-80:
    servers:
      web1: "${web1}:${port80} check inter 3s fall 3 rise 5"
      web2: "${web2}:${port80} check inter 3s fall 3 rise 5"
`,
};

function accountLine(name: string): string | undefined {
  return Deno.readTextFileSync("/etc/passwd").split("\n").find((line) =>
    line.startsWith(`${name}:`)
  );
}

function idsOf(pid: number): { uid: string; gid: string } {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return {
    uid: /^Uid:\t(.*)$/m.exec(status)?.[1] ?? "",
    gid: /^Gid:\t(.*)$/m.exec(status)?.[1] ?? "",
  };
}

row(
  "A36: starts as a daemon, changes user, writes the pid file and serves",
  { programs: ["nginx", "curl"], root: true },
  async (scope, form) => {
    await twoWebServers(scope);
    const log = startSyslogSink(scope);
    const text = globalSection(scope, log.address, true)[form] + DEFAULTS[form] + REST[form];
    const pidPath = scope.path("proxy.pid");
    scope.defer("the daemon", async () => {
      const pid = Number(Deno.readTextFileSync(pidPath));
      await endProcess(pid);
    });
    const started = await runProxy(["-f", writeConfig(scope, text, form)]);
    assert.equal(started.code, 0, `${started.stdout}${started.stderr}`);
    const pid = await waitFor("the pid file", () => {
      try {
        return Number(Deno.readTextFileSync(pidPath).trim()) || undefined;
      } catch {
        return undefined;
      }
    });
    await waitFor("the daemon to listen", () => isListening(proxy, port80));
    assert.ok(isAlive(pid));
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    const [, parent, , session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    assert.notEqual(Number(parent), Deno.pid, "detached");
    assert.notEqual(Number(session), sessionOf(Deno.pid), "in a session of its own");

    const account = accountLine("haproxy") ?? accountLine("nobody");
    const [, , uid, gid] = (account ?? "").split(":");
    for (const each of [pid, ...descendants(pid)]) {
      const ids = idsOf(each);
      assert.equal(ids.uid, Array(4).fill(uid).join("\t"));
      assert.equal(ids.gid, Array(4).fill(gid).join("\t"));
    }
    const bodies = [];
    for (let n = 0; n < 4; n++) bodies.push(await curlBody(`http://${proxy}:${port80}/`));
    assert.deepEqual(bodies.toSorted(), ["web1", "web1", "web2", "web2"]);
    await log.atLeast(4, /webcluster webserver-80\/web[12] .* 200 /);

    await endProcess(pid);
    assert.equal(isAlive(pid), false);
    await waitFor("the port to be free", () => !isListening(proxy, port80));
  },
);

function sessionOf(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3]);
}

/** The tutorial's timeouts, a tenth to a twentieth of their length. */
function timeoutText(bind: string, servers: readonly [string, string]): BothForms {
  const [server, hole] = servers;
  return {
    cfg: `defaults
    mode http
    option http-server-close
    retries 0
    timeout http-request 400ms
    timeout queue 500ms
    timeout connect 300ms
    timeout client 900ms
    timeout server 600ms
    timeout http-keep-alive 350ms
    timeout check 500ms
    maxconn 3000
frontend web
    bind ${bind}
    acl hole path /hole
    use_backend hole if hole
    default_backend app
backend app
    server s1 ${server} maxconn 2
backend hole
    server s2 ${hole}
`,
    yaml: `defaults:
  mode: http
  option: { http-server-close: true }
  retries: 0
  timeout:
    http-request: 400ms
    queue: 500ms
    connect: 300ms
    client: 900ms
    server: 600ms
    http-keep-alive: 350ms
    check: 500ms
  maxconn: 3000
frontends:
  web:
    bind: "${bind}"
    acl: { hole: "path /hole" }
    use_backend:
      - { backend: hole, if: hole }
    default_backend: app
backends:
  app:
    servers:
      s1: { address: "${server}", maxconn: 2 }
  hole:
    servers:
      s2: "${hole}"
`,
  };
}

row("A36: each timeout does what it says", {}, async (scope, form: Form) => {
  let busy = 0;
  const origin = await startOrigin(scope, async (peer) => {
    const request = await peer.request(20_000);
    if (request.line.includes("/fast")) await peer.write(ok("fast"));
    else {
      busy++;
      await peer.toEnd(20_000);
      peer.close();
    }
  });
  const bind = `${proxy}:${port80}`;
  const hole = await startBlackHole(scope);
  await startProxy(scope, timeoutText(bind, [origin.address, hole])[form], {
    form,
    listening: [bind],
  });
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
  const statusAfter = async (bytes: string): Promise<[number, number]> => {
    const peer = await connect(scope, bind);
    const begin = performance.now();
    await peer.write(bytes);
    const { status } = await peer.response();
    const took = performance.now() - begin;
    peer.close();
    return [status, took];
  };
  const expect = (name: string, [status, took]: [number, number], wanted: number, ms: number) => {
    assert.equal(status, wanted, name);
    assert.ok(took >= ms - 20 && took < ms + 900, `${name}: ${Math.round(took)} ms`);
  };
  expect("http-request", await statusAfter("GET / HTTP/1.1\r\n"), 408, 400);
  expect("connect", await statusAfter(get("/hole")), 503, 300);
  expect("server", await statusAfter(get("/slow")), 504, 600);

  // Two fill the server, the third waits in the queue; the first two go on to their own timeout.
  busy = 0;
  const both = Promise.all([statusAfter(get("/slow")), statusAfter(get("/slow"))]);
  both.catch(() => undefined); // looked at below, unless something fails before
  await waitFor("two at the server", () => busy === 2);
  expect("queue", await statusAfter(get("/queued")), 503, 500);
  for (const each of await both) expect("server", each, 504, 600);

  const keeping = await connect(scope, bind);
  await keeping.write(get("/fast"));
  assert.equal((await keeping.response()).body, "fast");
  const begin = performance.now();
  assert.equal(await keeping.closed(), true);
  const took = performance.now() - begin;
  assert.ok(took >= 330 && took < 1250, `http-keep-alive: ${Math.round(took)} ms`);
});

row(
  "A36: timeout client ends a client that takes no more of its answer",
  {},
  async (scope, form) => {
    const size = 64 << 20;
    let cut = false;
    const origin = await startOrigin(scope, async (peer) => {
      await peer.request();
      await peer.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      const block = new Uint8Array(1 << 20);
      try {
        for (let n = 0; n < 64; n++) await peer.write(block, 20_000);
      } catch {
        cut = true;
      }
    });
    const other = await startHttpOrigin(scope, () => ok("other"));
    const bind = `${proxy}:${port80}`;
    await startProxy(scope, timeoutText(bind, [origin.address, other.address])[form], {
      form,
      listening: [bind],
    });
    const peer = await connect(scope, bind);
    await peer.write("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    await peer.head();
    peer.pause();
    await waitFor("the stream to end", () => cut, { limit: 5000 });
    await delay(20);
    // Another client is served as ever.
    const next = await connect(scope, bind);
    await next.write("GET /hole HTTP/1.1\r\nHost: x\r\n\r\n");
    assert.equal((await next.response()).body, "other");
  },
);
