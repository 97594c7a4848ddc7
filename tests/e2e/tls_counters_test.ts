/** What `show info` counts of TLS. */
import assert from "node:assert/strict";
import { Authority } from "../support/certificates.ts";
import { curl } from "../support/curl.ts";
import { waitFor } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { run } from "../support/process.ts";
import { scopedTest } from "../support/scope.ts";
import { startProxy } from "../support/sluice.ts";

scopedTest(
  "show info counts TLS connections of clients and to servers, those that are open, and their keys",
  { programs: ["openssl", "socat"] },
  async (scope) => {
    const pem = scope.write("site.pem", Authority.make("Root").issue({ names: ["a.example"] }).pem);
    const [front, back] = [freePort(), freePort()];
    const socket = scope.path("socket");
    await startProxy(
      scope,
      `global
    stats socket ${socket}
defaults
    mode http
    timeout client 5s
    timeout connect 5s
    timeout server 5s
frontend front
    bind 127.0.0.1:${front} ssl crt ${pem}
    default_backend over
backend over
    server s 127.0.0.1:${back} ssl verify none
frontend back
    bind 127.0.0.1:${back} ssl crt ${pem}
    http-request return status 200
`,
      { listening: [`127.0.0.1:${front}`, `127.0.0.1:${back}`] },
    );
    const info = async () => {
      const { stdout } = await run(["sh", "-c", `echo 'show info' | socat - ${socket}`]);
      return Object.fromEntries(
        stdout.split("\n").map((line) => line.split(": ")).filter(({ length }) => length === 2),
      );
    };
    const none = await info();
    assert.equal(none.CumSslConns, "0");
    const session = scope.path("session");
    const ask = (args: string) =>
      run([
        "sh",
        "-c",
        `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | ` +
        `openssl s_client -connect 127.0.0.1:${front} -ign_eof ${args} 2>&1`,
      ]);
    await ask(`-sess_out ${session}`);
    const first = await info();
    // The client's, ours to the server, and the server's.
    assert.equal(first.CumSslConns, "3");
    assert.match(first.SslFrontendMaxKeyRate, /^[12]$/);
    assert.equal(first.SslBackendMaxKeyRate, "1");
    await ask(`-sess_in ${session}`);
    // A resumed session is a connection, and no key.
    assert.ok(Number((await info()).CumSslConns) > 3);
    assert.equal((await info()).SslFrontendMaxKeyRate, first.SslFrontendMaxKeyRate);
    await waitFor("connections to end", async () => Number((await info()).CurrSslConns) <= 2);
    assert.match((await info()).MaxSslRate, /^[1-4]$/);
  },
);

scopedTest(
  "maxsslrate and 'set rate-limit ssl-sessions' hold TLS connections back, and no others",
  { programs: ["openssl", "socat", "curl"] },
  async (scope) => {
    const pem = scope.write("site.pem", Authority.make("Root").issue({ names: ["a.example"] }).pem);
    const [secure, plain] = [freePort(), freePort()];
    const socket = scope.path("socket");
    await startProxy(
      scope,
      `global
    stats socket ${socket} level admin
    maxsslrate 3
defaults
    mode http
    timeout client 20s
frontend front
    bind 127.0.0.1:${secure} ssl crt ${pem}
    bind 127.0.0.1:${plain}
    http-request return status 200
`,
      { listening: [`127.0.0.1:${plain}`] },
    );
    const say = async (command: string) =>
      (await run(["sh", "-c", `echo '${command}' | socat - ${socket}`])).stdout;
    const all = (count: number, url: string) =>
      Promise.all(Array.from({ length: count }, () => curl(url, ["--insecure"])));
    const answers = await all(7, `https://127.0.0.1:${secure}/`);
    assert.deepEqual(answers.map(({ status }) => status), new Array(7).fill(200));
    const info = await say("show info");
    assert.match(info, /^SslRateLimit: 3$/m);
    assert.match(info, /^MaxSslRate: [123]$/m);
    await say("set rate-limit ssl-sessions global 0");
    assert.match(await say("show info"), /^SslRateLimit: 0$/m);
    await all(7, `https://127.0.0.1:${secure}/`);
    await all(7, `http://127.0.0.1:${plain}/`);
  },
);
