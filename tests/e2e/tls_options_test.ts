/** Settings of TLS one by one: defaults of the global section, bounds of versions, orders of ciphers, checks. */
import assert from "node:assert/strict";
import { curl } from "../support/curl.ts";
import { startNginx } from "../support/nginx.ts";
import { freePort } from "../support/ports.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { checkConfig } from "../support/sluice.ts";
import { underTest } from "../support/under_test.ts";
import { reloadedSetUp } from "./setup.ts";
import { ask, listeners, needs, tree } from "./tls_setup.ts";

const setUp = reloadedSetUp();

function siteOf(scope: Scope): string {
  const issued = tree().root.issue({ names: ["localhost"], key: "rsa" });
  return scope.write("site.pem", issued.pem);
}

const AES128 = "ECDHE-RSA-AES128-GCM-SHA256";
const AES256 = "ECDHE-RSA-AES256-GCM-SHA384";

scopedTest(
  "ssl-default-bind-* hold for lines that say nothing else, and a line's own settings go before",
  needs,
  async (scope) => {
    const crt = `crt ${siteOf(scope)}`;
    const { ports } = await listeners(
      scope,
      {
        plain: { settings: crt },
        own: { settings: `${crt} ciphers ${AES256} ciphersuites TLS_AES_256_GCM_SHA384` },
        older: { settings: `${crt} ssl-max-ver TLSv1.2` },
      },
      "%sslv %sslc end",
      {
        global: `    ssl-default-bind-ciphers ${AES128}
    ssl-default-bind-ciphersuites TLS_CHACHA20_POLY1305_SHA256
    ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
    tune.ssl.default-dh-param 2048`,
      },
    );
    for (
      const [listener, args, expected] of [
        ["plain", ["-tls1_3"], /TLSv1\.3 TLS_CHACHA20_POLY1305_SHA256 end/],
        ["plain", ["-tls1_2"], /TLSv1\.2 ECDHE-RSA-AES128-GCM-SHA256 end/],
        ["plain", ["-tls1_2", "-cipher", AES256], undefined],
        ["own", ["-tls1_3"], /TLSv1\.3 TLS_AES_256_GCM_SHA384 end/],
        ["own", ["-tls1_2"], /TLSv1\.2 ECDHE-RSA-AES256-GCM-SHA384 end/],
        ["older", ["-tls1_3"], undefined],
        ["older", [], /TLSv1\.2 /],
      ] as const
    ) {
      const said = await ask(ports[listener], args);
      if (expected === undefined) assert.equal(said, "", `${listener} ${args.join(" ")}`);
      else assert.match(said, expected, `${listener} ${args.join(" ")}`);
    }
    assert.doesNotMatch(await ask(ports.plain, ["-tls1_2"]), /TLS session ticket:/);
  },
);

scopedTest(
  "no-tlsv12, force-tlsv12 and ssl-min-ver bound the versions, in any mix",
  needs,
  async (scope) => {
    const crt = `crt ${siteOf(scope)}`;
    const { ports } = await listeners(scope, {
      forced: { settings: `${crt} force-tlsv12` },
      without: { settings: `${crt} no-tlsv12` },
      newest: { settings: `${crt} ssl-min-ver TLSv1.3` },
      many: { settings: `${crt} no-sslv3 no-tlsv10 no-tlsv11 ssl-max-ver TLSv1.2` },
    }, "%sslv end");
    const spoken: Record<string, string> = {};
    for (const [listener, port] of Object.entries(ports)) {
      const both = await Promise.all(["-tls1_2", "-tls1_3"].map((arg) => ask(port, [arg])));
      spoken[listener] = both.map((said) => /(\S+) end/.exec(said)?.[1] ?? "-").join(" ");
    }
    assert.deepEqual(spoken, {
      forced: "TLSv1.2 -",
      without: "- TLSv1.3",
      newest: "- TLSv1.3",
      many: "TLSv1.2 -",
    });
  },
);

scopedTest("the server's order of ciphers holds, or the client's", needs, async (scope) => {
  const crt = `crt ${siteOf(scope)} ssl-max-ver TLSv1.2 ciphers ${AES256}:${AES128}`;
  const { ports } = await listeners(scope, {
    servers: { settings: crt },
    clients: { settings: `${crt} prefer-client-ciphers` },
  }, "%sslc end");
  const wants = ["-cipher", `${AES128}:${AES256}`];
  assert.match(await ask(ports.servers, wants), /ECDHE-RSA-AES256-GCM-SHA384 end/);
  assert.match(await ask(ports.clients, wants), /ECDHE-RSA-AES128-GCM-SHA256 end/);
});

scopedTest("ssl-default-server-* hold for connections to servers", {
  programs: [...needs.programs, "nginx"],
}, async (scope) => {
  const port = freePort();
  const { certificate, key } = tree().root.issue({ names: ["app.example"], key: "rsa" });
  const files = [scope.write("s.crt", certificate), scope.write("s.key", key)];
  await startNginx(scope, {
    name: "tls",
    listen: [`127.0.0.1:${port} ssl`],
    extra: `ssl_certificate ${files[0]}; ssl_certificate_key ${files[1]};
      ssl_protocols TLSv1.2 TLSv1.3; return 200 "$ssl_protocol $ssl_cipher";`,
  });
  const { address } = await setUp(scope, {
    global: `ssl-server-verify none
      ssl-default-server-options ssl-max-ver TLSv1.2
      ssl-default-server-ciphers ${AES128}`,
    backend: `server s 127.0.0.1:${port} ssl`,
  });
  assert.equal((await curl(`http://${address}/`)).body, `TLSv1.2 ${AES128}`);
});

scopedTest("checks send check-sni and offer check-alpn", {
  programs: [...needs.programs, "nginx"],
}, async (scope) => {
  const port = freePort();
  const { certificate, key } = tree().root.issue({ names: ["app.example"], key: "rsa" });
  const files = [scope.write("s.crt", certificate), scope.write("s.key", key)];
  await startNginx(scope, {
    name: "tls",
    listen: [`127.0.0.1:${port} ssl`],
    extra: `ssl_certificate ${files[0]}; ssl_certificate_key ${files[1]};
      set $told "$ssl_server_name $ssl_alpn_protocol";
      if ($told = "health.example http/1.1") { return 200; }
      return 500 "$told";`,
  });
  const { log } = await setUp(scope, {
    backend: `option httpchk GET /
      default-server ssl verify none check inter 200ms rise 1 fall 1
      server good 127.0.0.1:${port} check-sni health.example check-alpn http/1.1
      server other 127.0.0.1:${port} check-sni other.example check-alpn http/1.1
      server silent 127.0.0.1:${port} check-sni health.example`,
  });
  await log.find(/Server be\/other is DOWN/);
  await log.find(/Server be\/silent is DOWN/);
  assert.deepEqual(log.messages.filter((line) => line.includes("be/good is DOWN")), []);
});

scopedTest(
  "option httpslog tells errors, resumption, name, version and cipher behind httplog's fields",
  needs,
  async (scope) => {
    const { ports, log } = await listeners(
      scope,
      { site: { settings: `crt ${siteOf(scope)}` } },
      "ok",
    );
    const session = scope.path("session");
    const args = ["-servername", "www.example.org", "-tls1_2"];
    assert.match(await ask(ports.site, [...args, "-sess_out", session]), / 200 /);
    assert.match(await ask(ports.site, [...args, "-sess_in", session]), / 200 /);
    const end = "www\\.example\\.org/TLSv1\\.2/ECDHE-RSA-AES256-GCM-SHA384";
    await log.find(new RegExp(`fe~ fe/<NOSRV> .* "GET / HTTP/1.1" 0/0+/0/0/0 ${end}\\n?$`));
    await log.find(new RegExp(`fe~ fe/<NOSRV> .* "GET / HTTP/1.1" 0/0+/0/0/1 ${end}\\n?$`));
  },
);

scopedTest(
  "tune.ssl.lifetime, cachesize and the sizes of records hold",
  { ...needs, unless: underTest === "haproxy" ? "HAProxy's cache is of all lines" : undefined },
  async (scope) => {
    const site = siteOf(scope);
    const start = (global: string, settings = "") =>
      listeners(scope, { site: { settings: `crt ${site} ${settings}` } }, "x".repeat(9000), {
        global,
      });
    const said = await start(`tune.ssl.lifetime 77s
tune.ssl.hard-maxrecord 1000`);
    const text = await ask(said.ports.site, ["-msg", "-tls1_2"]);
    assert.match(text, /TLS session ticket lifetime hint: 77 /);
    assert.ok(recordsOf(text).length >= 9);
    assert.ok(Math.max(...recordsOf(text)) <= 1000 + 24, text);
    const short = await start("tune.ssl.maxrecord 1400");
    const other = recordsOf(await ask(short.ports.site, ["-msg", "-tls1_2"]));
    assert.equal(other.filter((size) => size === 1400 + 24).length, 6);

    // Without tickets a session is resumed from the listener's cache, if it has one.
    const session = scope.path("session");
    for (const [size, resumed] of [[100, "Reused"], [0, "New"]] as const) {
      const { ports } = await start(`tune.ssl.cachesize ${size}`, "no-tls-tickets");
      await ask(ports.site, ["-tls1_2", "-sess_out", session]);
      assert.match(
        await ask(ports.site, ["-tls1_2", "-sess_in", session]),
        new RegExp(`^${resumed}, TLSv1.2`, "m"),
      );
    }
  },
);

/** The lengths of the records of data that the server sent, from what `-msg` writes. */
function recordsOf(said: string): number[] {
  const headers = said.matchAll(/<<< [^\n]*RecordHeader \[length 0005\]\n +17 03 03 (..) (..)/g);
  return [...headers].map(([, high, low]) => Number.parseInt(high + low, 16));
}

scopedTest(
  "ssl-dh-param-file is accepted and said to do nothing, npn and ocsp-update are refused",
  {
    ...needs,
    unless: underTest === "haproxy" ? "HAProxy has both" : undefined,
  },
  async (scope) => {
    const site = siteOf(scope);
    const text = (global: string, settings: string) =>
      `global
    ${global}
frontend fe
    mode http
    timeout client 5s
    bind 127.0.0.1:8443 ssl crt ${site} ${settings}
    http-request return status 200
`;
    const dh = await checkConfig(scope, text(`ssl-dh-param-file ${site}`, "alpn h2"));
    assert.equal(dh.code, 0);
    assert.match(dh.stderr, /WARNING.*ssl-dh-param-file/);
    const list = scope.write("list.txt", `${site} [ocsp-update on] www.example.org\n`);
    const ocsp = await checkConfig(scope, text("maxconn 100", `crt-list ${list}`));
    assert.equal(ocsp.code, 1);
    assert.match(ocsp.stderr, /'ocsp-update' is not supported: .*'\.ocsp' file/);
    const npn = await checkConfig(scope, text("maxconn 100", "npn h2"));
    assert.equal(npn.code, 1);
    assert.match(npn.stderr, /npn[^]*alpn/);
  },
);
