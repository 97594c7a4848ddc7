/** Chromium over TLS and HTTP/2: pages, the statistics page and its forms (A21), WebSocket by extended CONNECT. */
import assert from "node:assert/strict";
import { newPage, sharedBrowser } from "../support/browser.ts";
import { Authority } from "../support/certificates.ts";
import { curl } from "../support/curl.ts";
import { freePort } from "../support/ports.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { reloadedProxy } from "../support/reloaded_proxy.ts";
import { startSyslogSink } from "../support/syslog_sink.ts";
import { waitFor } from "../support/poll.ts";

const browserOfFile = sharedBrowser();

const startProxy = reloadedProxy();

const needs = { programs: ["openssl", "curl", "chromium"], limit: 180_000 };

/** A page, and a WebSocket that says what it is told. */
function echoServer(scope: Scope): number {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    if (request.headers.get("upgrade") !== "websocket") {
      return new Response("<title>page</title>", { headers: { "content-type": "text/html" } });
    }
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = ({ data }) => socket.send(`echo ${data}`);
    return response;
  });
  scope.defer("echo server", () => server.shutdown());
  return server.addr.port;
}

scopedTest(
  "Chromium speaks HTTP/2, with a WebSocket on one of its streams",
  needs,
  async (scope) => {
    const pem = scope.write("site.pem", Authority.make("Root").issue({ names: ["localhost"] }).pem);
    const port = freePort();
    const log = startSyslogSink(scope);
    await startProxy(
      scope,
      `defaults
    mode http
    log ${log.address} local0
    timeout client 30s
    timeout server 30s
    timeout connect 5s
frontend fe
    bind 127.0.0.1:${port} ssl crt ${pem} alpn h2,http/1.1
    log-format "%HM %HV %HP %ST"
    default_backend be
backend be
    server s 127.0.0.1:${echoServer(scope)}
`,
      { listening: [`127.0.0.1:${port}`] },
    );
    const browser = await browserOfFile();
    const { page } = await newPage(scope, browser, { ignoreHTTPSErrors: true });
    await page.goto(`https://127.0.0.1:${port}/`);
    assert.equal(await page.title(), "page");
    const protocol = await page.evaluate(() =>
      (performance.getEntriesByType("navigation")[0] as PerformanceResourceTiming).nextHopProtocol
    );
    assert.equal(protocol, "h2");
    const said = await page.evaluate((url) =>
      new Promise<string>((resolve, reject) => {
        const socket = new WebSocket(url);
        socket.onopen = () => socket.send("hello");
        socket.onmessage = ({ data }) => {
          resolve(data);
          socket.close();
        };
        socket.onerror = () => reject(new Error("the socket failed"));
      }), `wss://127.0.0.1:${port}/chat`);
    assert.equal(said, "echo hello");
    await waitFor(
      "the log of the socket",
      () => log.messages.some((line) => line.includes("/chat")),
    );
    assert.ok(
      log.messages.some((line) => /HTTP\/2\.0 https:\S+\/chat/.test(line)),
      log.messages.join("\n"),
    );
  },
);

scopedTest(
  "A21 over TLS: the statistics page asks for its password and changes servers, over HTTP/2",
  needs,
  async (scope) => {
    const pem = scope.write("site.pem", Authority.make("Root").issue({ names: ["localhost"] }).pem);
    const [stats, web] = [freePort(), freePort()];
    await startProxy(
      scope,
      `defaults
    mode http
    timeout client 30s
    timeout server 30s
    timeout connect 5s
listen stats
    bind 127.0.0.1:${stats} ssl crt ${pem} alpn h2,http/1.1
    stats enable
    stats uri /status
    stats auth yu:yu
    stats refresh 1
    stats admin if TRUE
listen web
    bind 127.0.0.1:${web}
    server web1 127.0.0.1:${web}
`,
      { listening: [`127.0.0.1:${stats}`] },
    );
    const url = `https://127.0.0.1:${stats}/status`;
    const plain = ["--insecure", "--http2"];
    assert.equal((await curl(url, plain)).status, 401);
    const login = [...plain, "--user", "yu:yu"];
    const state = async () => {
      const { body } = await curl(`${url};csv;norefresh`, login);
      return body.split("\n").find((line) => line.startsWith("web,web1,"))?.split(",")[17];
    };
    assert.match(await state() ?? "", /no check|UP/);
    const browser = await browserOfFile();
    const httpCredentials = { username: "yu", password: "yu" };
    const { page, problems } = await newPage(scope, browser, {
      ignoreHTTPSErrors: true,
      httpCredentials,
    });
    await page.goto(url);
    const form = page.locator("section[data-proxy='web'] form");
    await form.locator("input[name=s][value=web1]").check();
    await form.locator("select[name=action]").selectOption("maint");
    await form.locator("input[type=submit]").click();
    await page.locator(".note.good").waitFor();
    assert.equal(await state(), "MAINT");
    assert.deepEqual(problems, []);
  },
);
