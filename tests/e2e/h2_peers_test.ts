/** HTTP/2 with real peers on both sides: curl, nghttp, h2load, nghttpd, nginx, and HAProxy before and behind. */
import assert from "node:assert/strict";
import { curl, tryCurl } from "../support/curl.ts";
import { readIfThere, startNginx } from "../support/nginx.ts";
import { waitFor } from "../support/poll.ts";
import { freePort, waitListening } from "../support/ports.ts";
import { mustRun, start } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { reloadedSetUp } from "./setup.ts";

const setUp = reloadedSetUp();

const needs = { programs: ["nginx", "curl", "nghttp", "h2load", "nghttpd"] };
const PRIOR = "--http2-prior-knowledge";
const BIG = crypto.getRandomValues(new Uint8Array(60_000)).toHex().repeat(10);

/** A server of each kind that answers `web` on `/` and BIG on `/big`. */
const ORIGINS = {
  async "nginx over HTTP/1"(scope: Scope): Promise<string> {
    const address = `127.0.0.1:${freePort()}`;
    await startNginx(scope, { name: "web", listen: [address], files: { big: BIG } });
    return address;
  },
  async "nginx over HTTP/2"(scope: Scope): Promise<string> {
    const address = `127.0.0.1:${freePort()}`;
    await startNginx(scope, { name: "web", listen: [`${address} http2`], files: { big: BIG } });
    return `${address} proto h2`;
  },
  async nghttpd(scope: Scope): Promise<string> {
    const port = freePort();
    scope.write("html/index.html", "web\n");
    scope.write("html/big", BIG);
    const process = start(scope, "nghttpd", [
      "nghttpd",
      "--no-tls",
      "-a",
      "127.0.0.1",
      "-d",
      scope.path("html"),
      String(port),
    ]);
    await waitListening(process, [`127.0.0.1:${port}`]);
    return `127.0.0.1:${port} proto h2`;
  },
};

for (const [name, startOrigin] of Object.entries(ORIGINS)) {
  for (const version of [PRIOR, "--http1.1"]) {
    const client = version === PRIOR ? "HTTP/2" : "HTTP/1.1";
    scopedTest(
      `curl over ${client} reaches ${name}, with small and large answers`,
      needs,
      async (scope) => {
        const origin = await startOrigin(scope);
        const { address } = await setUp(scope, {
          frontend: "http-response set-header x-versions %[fc_http_major]/%[bc_http_major]",
          backend: `server s1 ${origin}`,
        });
        const answer = await curl(`http://${address}/index.html`, [version]);
        assert.equal(answer.status, 200);
        assert.equal(answer.body, "web\n");
        assert.equal(
          answer.headers.get("x-versions"),
          `${version === PRIOR ? 2 : 1}/${origin.includes("h2") ? 2 : 1}`,
        );
        assert.equal((await curl(`http://${address}/big`, [version])).body, BIG);
      },
    );
  }

  scopedTest(
    `h2load: 4000 requests in 10 connections to ${name}, none of them fails`,
    needs,
    async (scope) => {
      const origin = await startOrigin(scope);
      const { address, log } = await setUp(scope, {
        backend: `http-reuse always\nserver s1 ${origin}`,
      });
      const said = await mustRun([
        "h2load",
        "-n",
        "4000",
        "-c",
        "10",
        "-m",
        "20",
        `http://${address}/index.html`,
      ]);
      assert.match(
        said,
        /4000 total, 4000 started, 4000 done, 4000 succeeded, 0 failed, 0 errored/,
      );
      assert.match(said, /4000 2xx, 0 3xx, 0 4xx, 0 5xx/);
      assert.match(
        (await log.find(/"GET [^"]*"/))[0],
        /^"GET http:\/\/[^ ]*\/index.html HTTP\/2.0"$/,
      );
    },
  );
}

scopedTest(
  "nghttp gets many answers of one connection, its body is echoed to the last byte",
  needs,
  async (scope) => {
    const origin = await ORIGINS["nginx over HTTP/1"](scope);
    const { address } = await setUp(scope, { backend: `server s1 ${origin}` });
    const said = await mustRun(["nghttp", "-n", "-s", "-m", "20", `http://${address}/big`]);
    assert.equal(said.match(/ 200 +\d/g)?.length, 20);
  },
);

/** Deno's own server, which speaks both versions by the first bytes, answers the digest of what it gets. */
function startDigester(scope: Scope): string {
  const options = { port: 0, hostname: "127.0.0.1", onListen: () => {} };
  const server = Deno.serve(options, async (request) => {
    return new Response(await digest(await request.arrayBuffer()));
  });
  scope.defer("the server", () => server.shutdown());
  return `127.0.0.1:${server.addr.port}`;
}

async function digest(bytes: BufferSource): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-1", bytes)).toHex();
}

for (const version of [PRIOR, "--http1.1"]) {
  for (const proto of ["", "proto h2"]) {
    const server = proto === "" ? "HTTP/1.1" : "HTTP/2";
    scopedTest(`3 MB go up by curl ${version} to a server of ${server}`, needs, async (scope) => {
      const origin = startDigester(scope);
      const part = crypto.getRandomValues(new Uint8Array(60_000));
      const whole = new Uint8Array(50 * part.length);
      for (let n = 0; n < 50; n++) whole.set(part, n * part.length);
      const file = scope.write("upload", whole);
      const { address } = await setUp(scope, { backend: `server s1 ${origin} ${proto}` });
      for (const how of [[], ["--header", "Transfer-Encoding: chunked"]]) {
        if (how.length > 0 && version === PRIOR) continue;
        const sent = ["--header", "Expect:", "--data-binary", `@${file}`];
        const answer = await curl(`http://${address}/`, [version, ...how, ...sent]);
        assert.equal(answer.body, await digest(whole));
      }
    });
  }
}

scopedTest("requests go through HAProxy on both sides of sluice over HTTP/2", {
  programs: [...needs.programs, "haproxy"],
}, async (scope) => {
  const origin = await ORIGINS["nginx over HTTP/1"](scope);
  const behind = `127.0.0.1:${freePort()}`;
  const before = `127.0.0.1:${freePort()}`;
  const config = (bind: string, server: string) =>
    `defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
listen l
    bind ${bind} proto h2
    server s ${server}
`;
  const startHaproxy = async (name: string, bind: string, server: string) => {
    const file = scope.write(`${name}.cfg`, config(bind, server));
    const process = start(scope, name, ["haproxy", "-db", "-f", file]);
    await waitListening(process, [bind]);
  };
  await startHaproxy("behind", behind, origin);
  const { address } = await setUp(scope, { backend: `server s1 ${behind} proto h2` });
  await startHaproxy("before", before, `${address} proto h2`);
  for (let n = 0; n < 3; n++) {
    assert.equal((await curl(`http://${before}/big`, [PRIOR])).body, BIG);
  }
  const said = await mustRun(["h2load", "-n", "1000", "-c", "5", "-m", "10", `http://${before}/`]);
  assert.match(said, /1000 succeeded, 0 failed, 0 errored/);
});

scopedTest("SIGUSR1 lets requests of HTTP/2 end, and nothing new begins", needs, async (scope) => {
  const slow = `127.0.0.1:${freePort()}`;
  await startNginx(scope, {
    name: "slow",
    listen: [slow],
    files: { big: BIG },
    extra: "location /slow { limit_rate 500k; alias " + scope.path("nginx-slow/html/big") + "; }",
  });
  const { proxy, address } = await setUp(scope, { backend: `server s1 ${slow}` });
  const file = scope.path("answer");
  const done = tryCurl(`http://${address}/slow`, [PRIOR, "--output", file]);
  await waitFor("the first bytes of the answer", () => readIfThere(file).length > 0 || undefined);
  proxy.process.signal("SIGUSR1");
  assert.equal((await done).code, 0);
  assert.equal(readIfThere(file), BIG);
  assert.equal((await proxy.process.exited).code, 0);
  assert.notEqual((await tryCurl(`http://${address}/`, [PRIOR])).code, 0);
});

for (
  const [options, up] of [
    ["proto h2 check inter 200ms", true],
    ["check inter 200ms", false],
    ["proto h2 check inter 200ms check-proto h1", false],
    ["check inter 200ms check-proto h2", true],
  ] as const
) {
  scopedTest(
    `a server of HTTP/2 only is ${up ? "up" : "down"} by HTTP checks with '${options}'`,
    needs,
    async (scope) => {
      const port = freePort();
      scope.write("html/health", "fine");
      const server = start(scope, "nghttpd", [
        "nghttpd",
        "--no-tls",
        "-a",
        "127.0.0.1",
        "-d",
        scope.path("html"),
        String(port),
      ]);
      await waitListening(server, [`127.0.0.1:${port}`]);
      const { log } = await setUp(scope, {
        backend: `option httpchk
http-check send meth GET uri /health ver HTTP/1.1 hdr Host x
http-check expect string fine
option log-health-checks
server s1 127.0.0.1:${port} ${options}`,
      });
      const said = await log.find(/Health check for server be\/s1 (succeeded|failed)/);
      assert.equal(said[1], up ? "succeeded" : "failed");
    },
  );
}
