/** `server … ws` (manual 5.2) over TLS and without: what a real WebSocket server's proxy sees, cfg and YAML. */
import assert from "node:assert/strict";
import { Authority } from "../support/certificates.ts";
import { waitFor, within } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { forms, startProxy } from "../support/sluice.ts";
import { startSyslogSink } from "../support/syslog_sink.ts";
import { underTest } from "../support/under_test.ts";

/** A page, and a WebSocket that says what it is told. */
function echoServer(scope: Scope): string {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    if (request.headers.get("upgrade") !== "websocket") return new Response("page");
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = ({ data }) => socket.send(`echo ${data}`);
    return response;
  });
  scope.defer("echo server", () => server.shutdown());
  return `127.0.0.1:${server.addr.port}`;
}

function echo(url: string): Promise<string> {
  return within(
    20_000,
    `an echo from ${url}`,
    new Promise<string>((resolve, reject) => {
      const socket = new WebSocket(url);
      let said = "";
      socket.onopen = () => socket.send("hello");
      socket.onmessage = ({ data }) => {
        said = data;
        socket.close();
      };
      socket.onclose = () => resolve(said);
      socket.onerror = () => reject(new Error("the socket failed"));
    }),
  );
}

/** Settings of the server; what WebSockets and other requests come by; do WebSockets share their connection? */
const CASES = [
  ["proto h2 ws h1", "1/-", "2/-", false],
  ["proto h2 ws h2", "2/-", "2/-", true],
  ["ws h2", "2/-", "1/-", false],
  ["TLS alpn h2,http/1.1", "1/http/1.1", "2/h2", false],
  ["TLS alpn h2,http/1.1 ws h2", "2/h2", "2/h2", false],
  ["TLS alpn h2 ws h1", "1/http/1.1", "2/h2", false],
  ["TLS alpn h2 ws h2", "2/h2", "2/h2", true],
  ["TLS alpn http/1.1 ws h2", "2/h2", "1/http/1.1", false],
] as const;

for (const form of forms) {
  scopedTest(
    `WebSockets go to a server by the protocol that 'ws' says, other requests by their own (${form})`,
    { programs: ["openssl"], limit: 120_000 },
    async (scope) => {
      const pem = scope.write("site.pem", Authority.make("ws").issue({ names: ["x"] }).pem);
      const log = startSyslogSink(scope);
      const inner = { plain: `127.0.0.1:${freePort()}`, tls: `127.0.0.1:${freePort()}` };
      const fronts = CASES.map(() => `127.0.0.1:${freePort()}`);
      const lists = CASES.map(([settings], n) => {
        const tls = settings.startsWith("TLS");
        const own = settings.replace("TLS", "ssl verify none");
        return { front: fronts[n], server: `${tls ? inner.tls : inner.plain} ${own}` };
      });
      const cfg = `global
    nbthread 1
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend inner
    bind ${inner.plain}
    bind ${inner.tls} ssl crt ${pem} alpn h2,http/1.1
    log ${log.address} local0
    log-format seen,%HPO,%[fc_http_major]/%[ssl_fc_alpn],%cp
    default_backend echo
backend echo
    server echo ${echoServer(scope)}
${
        lists.map(({ front, server }, n) =>
          `listen l${n}\n    bind ${front}\n    http-reuse always\n    server s ${server}\n`
        ).join("")
      }`;
      const yaml = `global:
  nbthread: 1
defaults:
  mode: http
  timeout: { connect: 5s, client: 30s, server: 30s }
frontends:
  inner:
    bind:
      - "${inner.plain}"
      - "${inner.tls} ssl crt ${pem} alpn h2,http/1.1"
    log: "${log.address} local0"
    log-format: "seen,%HPO,%[fc_http_major]/%[ssl_fc_alpn],%cp"
    default_backend: echo
backends:
  echo:
    servers: { echo: "${/server echo (\S+)/.exec(cfg)![1]}" }
listen:
${
        lists.map(({ front, server }, n) =>
          `  l${n}:\n    bind: "${front}"\n    http-reuse: always\n    servers: { s: "${server}" }\n`
        ).join("")
      }`;
      await startProxy(scope, { cfg, yaml }[form], { form, listening: [...fronts] });
      const seen = async (path: string) => {
        const line = await waitFor(
          `the log of ${path}`,
          () => log.messages.find((each) => each.includes(`seen,${path},`)),
        );
        const [, how, port] = /seen,[^,]+,([^,]+),(\d+)/.exec(line)!;
        return { how, port };
      };
      for (const [n, [settings, websocket, other, shared]] of CASES.entries()) {
        // HAProxy lets a WebSocket go on an HTTP/2 connection that happens to be idle: docs/differences.md.
        if (underTest === "haproxy" && settings === "TLS alpn h2,http/1.1") continue;
        const get = async (path: string) => {
          const answer = await fetch(`http://${fronts[n]}${path}`);
          assert.equal(await answer.text(), "page", settings);
          return await seen(path);
        };
        const before = await get(`/before${n}`);
        assert.equal(await echo(`ws://${fronts[n]}/ws${n}`), "echo hello", settings);
        const between = await seen(`/ws${n}`);
        const after = await get(`/after${n}`);
        assert.deepEqual([before.how, between.how, after.how], [other, websocket, other], settings);
        assert.equal(after.port, before.port, `${settings}: ordinary requests share a connection`);
        assert.equal(between.port === before.port, shared, `${settings}: connections`);
      }
    },
  );
}
