/** TLS of clients: certificates by name, versions, reloads. The client is OpenSSL's own, or curl. */
import assert from "node:assert/strict";
import type { Issued } from "../support/certificates.ts";
import { curl, tryCurl } from "../support/curl.ts";
import { waitFor } from "../support/poll.ts";
import { scopedTest } from "../support/scope.ts";
import { underTest } from "../support/under_test.ts";
import { ask, listeners, needs, subjectOf, tree } from "./tls_setup.ts";

scopedTest(
  "certificates are chosen by name, wildcard, filter and kind of key",
  needs,
  async (scope) => {
    const { root } = tree();
    const pem = (name: string, issued: Issued) => scope.write(`crt/${name}`, issued.pem);
    const first = pem("first.pem", root.issue({ names: ["first.example"] }));
    const wild = pem("wild.pem", root.issue({ names: ["*.wild.example"] }));
    const exact = pem("exact.pem", root.issue({ names: ["exact.wild.example"] }));
    pem("both.pem.rsa", root.issue({ names: ["both.example"], key: "rsa" }));
    pem("both.pem.ecdsa", root.issue({ names: ["both.example"] }));
    const both = scope.path("crt/both.pem");
    const list = scope.write(
      "list.txt",
      `# a comment\n${first} !*\n\n${wild} [ssl-max-ver TLSv1.2] *.wild.example !not.wild.example\n` +
        `${exact} [alpn http/1.1] other.example\n`,
    );
    const { ports } = await listeners(scope, {
      crt: { settings: `crt ${first} crt ${wild} crt ${exact} crt ${both}` },
      strict: { settings: `crt ${first} crt ${wild} strict-sni` },
      list: { settings: `crt-list ${list}` },
    }, "%[ssl_f_s_dn(CN)] %[ssl_f_key_alg] %sslv");
    const name = async (port: number, sni: string, ...args: string[]) =>
      subjectOf(
        await ask(port, [...sni === "" ? ["-noservername"] : ["-servername", sni], ...args]),
      );
    for (
      const [listener, sni, expected] of [
        ["crt", "first.example", "first.example"],
        ["crt", "FIRST.example", "first.example"],
        ["crt", "a.wild.example", "*.wild.example"],
        ["crt", "exact.wild.example", "exact.wild.example"],
        ["crt", "a.b.wild.example", "first.example"],
        ["crt", "wild.example", "first.example"],
        ["crt", "unknown", "first.example"],
        ["crt", "", "first.example"],
        ["strict", "first.example", "first.example"],
        ["strict", "x.wild.example", "*.wild.example"],
        ["strict", "unknown.example", undefined],
        ["strict", "", undefined],
        ["list", "first.example", "first.example"],
        ["list", "a.wild.example", "*.wild.example"],
        ["list", "not.wild.example", "first.example"],
        ["list", "exact.wild.example", "*.wild.example"],
        ["list", "other.example", "exact.wild.example"],
      ] as const
    ) assert.equal(await name(ports[listener], sni), expected, `${listener} ${sni}`);
    const kind = (args: string[]) =>
      ask(ports.crt, ["-servername", "both.example", "-tls1_2", ...args]);
    assert.match(await kind([]), /both\.example id-ecPublicKey TLSv1\.2/);
    assert.match(await kind(["-sigalgs", "RSA+SHA256"]), /both\.example rsaEncryption TLSv1\.2/);
    assert.match(await ask(ports.list, ["-servername", "a.wild.example"]), /TLSv1\.2/);
  },
);

scopedTest(
  "versions, ciphers, curves, tickets and ALPN are as configured",
  needs,
  async (scope) => {
    const { root } = tree();
    const crt = `crt ${
      scope.write("site.pem", root.issue({ names: ["localhost"], key: "rsa" }).pem)
    }`;
    const keys = scope.write(
      "tickets.keys",
      [1, 2, 3].map((n) => btoa(String.fromCharCode(...new Uint8Array(80).fill(n)))).join("\n"),
    );
    const { ports } = await listeners(scope, {
      plain: { settings: crt },
      old: { settings: `${crt} ssl-max-ver TLSv1.2` },
      forced: { settings: `${crt} force-tlsv13` },
      without: { settings: `${crt} no-tlsv13` },
      ciphers: { settings: `${crt} ssl-max-ver TLSv1.2 ciphers ECDHE-RSA-AES128-GCM-SHA256` },
      suites: { settings: `${crt} ciphersuites TLS_CHACHA20_POLY1305_SHA256` },
      curves: { settings: `${crt} curves P-384` },
      untold: { settings: `${crt} no-tls-tickets ssl-max-ver TLSv1.2` },
      keyed: { settings: `${crt} tls-ticket-keys ${keys}` },
      alpn: { settings: `${crt} alpn http/1.1` },
    }, "%sslv %sslc alpn=%[ssl_fc_alpn] resumed=%[ssl_fc_is_resumed] end");
    for (
      const [listener, args, expected] of [
        ["plain", [], /TLSv1\.3 TLS_AES_256_GCM_SHA384 /],
        ["plain", ["-tls1_2"], /TLSv1\.2 ECDHE-RSA-AES256-GCM-SHA384/],
        ["plain", ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], undefined],
        ["old", [], /TLSv1\.2 /],
        ["old", ["-tls1_3"], undefined],
        ["forced", ["-tls1_2"], undefined],
        ["forced", [], /TLSv1\.3 /],
        ["without", [], /TLSv1\.2 /],
        ["ciphers", [], /ECDHE-RSA-AES128-GCM-SHA256/],
        ["ciphers", ["-cipher", "ECDHE-RSA-AES256-GCM-SHA384"], undefined],
        ["suites", [], /TLS_CHACHA20_POLY1305_SHA256/],
        ["curves", [], /secp384r1|P-384|ECDH, P-384/],
        ["curves", ["-curves", "X25519"], undefined],
        ["alpn", ["-alpn", "h2,http/1.1"], /alpn=http\/1\.1/],
        ["alpn", ["-alpn", "http/1.1"], /alpn=http\/1\.1/],
        ["alpn", [], /alpn=-? /],
        ["alpn", ["-alpn", "h3"], undefined],
      ] as const
    ) {
      const said = await ask(ports[listener], args);
      const what = `${listener} ${args.join(" ")}`;
      if (expected === undefined) assert.equal(said, "", what);
      else assert.match(said, expected, what);
    }
    const session = scope.path("session");
    for (const listener of ["plain", "untold", "keyed"] as const) {
      const first = await ask(ports[listener], ["-tls1_2", "-sess_out", session]);
      assert.equal(/TLS session ticket:/.test(first), listener !== "untold", listener);
      assert.match(
        await ask(ports[listener], ["-tls1_2", "-sess_in", session]),
        /resumed=1/,
        listener,
      );
    }
  },
);

scopedTest("a PROXY header may stand before TLS", needs, async (scope) => {
  const { root } = tree();
  const site = scope.write("site.pem", root.issue({ names: ["localhost"] }).pem);
  const { ports } = await listeners(scope, {
    both: { settings: `crt ${site} accept-proxy` },
  }, "src=%[src] tls=%[ssl_fc]");
  const answer = await curl(`https://127.0.0.1:${ports.both}/`, ["-k", "--haproxy-protocol"]);
  assert.match(answer.body, /src=127\.0\.0\.1 tls=1/);
});

scopedTest("a certificate that was renewed is taken by a reload, and open connections stay", {
  ...needs,
  unless: underTest === "haproxy" ? "HAProxy needs its master for a reload" : undefined,
}, async (scope) => {
  const { root } = tree();
  const site = scope.write("site.pem", root.issue({ names: ["old.example"] }).pem);
  const { ports, proxy } = await listeners(scope, {
    site: { settings: `crt ${site}` },
  }, "%[ssl_f_s_dn(CN)]");
  const open = await Deno.connect({ hostname: "127.0.0.1", port: ports.site });
  const ca = root.certificate;
  const held = await Deno.startTls(open, { hostname: "old.example", caCerts: [ca] });
  await held.handshake();
  scope.write("site.pem", root.issue({ names: ["new.example"] }).pem);
  proxy.reload();
  const now = () => ask(ports.site, []).then(subjectOf);
  await waitFor("the new certificate", async () => await now() === "new.example");
  await held.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  const buffer = new Uint8Array(2000);
  const n = await held.read(buffer);
  assert.match(new TextDecoder().decode(buffer.subarray(0, n ?? 0)), /old\.example/);
  held.close();
});

scopedTest(
  "clients that do not speak TLS are logged and leave nothing behind",
  needs,
  async (scope) => {
    const { root } = tree();
    const site = scope.write("site.pem", root.issue({ names: ["localhost"] }).pem);
    const { ports, log } = await listeners(
      scope,
      {
        site: { settings: `crt ${site}` },
      },
      "ok",
      { global: "", frontend: "    timeout client 500ms" },
    );
    await tryCurl(`http://127.0.0.1:${ports.site}/`);
    await log.find(/fe\/site: SSL handshake failure/);
    const silent = await Deno.connect({ hostname: "127.0.0.1", port: ports.site });
    await log.find(/fe\/site: Timeout during SSL handshake/);
    silent.close();
    (await Deno.connect({ hostname: "127.0.0.1", port: ports.site })).close();
    await log.find(/fe\/site: Connection closed during SSL handshake/);
    assert.equal((await curl(`https://127.0.0.1:${ports.site}/`, ["-k"])).status, 200);
    const [line] = await log.find(/ 200 .*"GET \/ HTTP\/1\.1" .*/);
    assert.match(
      line,
      /" 0\/0000000000000000\/0\/0\/0 (-|localhost)?\/TLSv1\.3\/TLS_AES_256_GCM_SHA384/,
    );
  },
);
