/** Certificates exchanged on the runtime socket while the proxy serves (management manual 9.3). */
import assert from "node:assert/strict";
import { Authority } from "../support/certificates.ts";
import { freePort } from "../support/ports.ts";
import { run } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { reloadedProxy } from "../support/reloaded_proxy.ts";

const startProxy = reloadedProxy();

const needs = { programs: ["openssl"] };

async function command(socket: string, line: string, payload?: string): Promise<string> {
  const conn = await Deno.connect({ transport: "unix", path: socket });
  const text = payload === undefined ? `${line}\n` : `${line} <<\n${payload.trim()}\n\n`;
  await conn.write(new TextEncoder().encode(text));
  return await new Response(conn.readable).text();
}

async function shown(port: number, name: string): Promise<string | undefined> {
  const { stdout } = await run([
    "sh",
    "-c",
    `openssl s_client -connect 127.0.0.1:${port} -servername ${name} </dev/null 2>&1`,
  ]);
  return /subject=CN ?= ?(\S+)/.exec(stdout)?.[1];
}

async function setUp(scope: Scope) {
  const root = Authority.make("Root");
  const site = scope.write("site.pem", root.issue({ names: ["site.example"] }).pem);
  const other = scope.write("other.pem", root.issue({ names: ["other.example"] }).pem);
  const list = scope.write("list.txt", `${site}\n${other} [ssl-min-ver TLSv1.2] o.example\n`);
  const port = freePort();
  const socket = scope.path("socket");
  await startProxy(
    scope,
    `global
    stats socket ${socket} level admin
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend fe
    bind 127.0.0.1:${port} ssl crt-list ${list}
    http-request return status 200
`,
    { listening: [`127.0.0.1:${port}`] },
  );
  const say = (line: string, payload?: string) => command(socket, line, payload);
  return { root, site, other, list, port, say };
}

scopedTest(
  "a certificate is set, shown, committed; new connections get it",
  needs,
  async (scope) => {
    const { root, site, port, say } = await setUp(scope);
    assert.match(await say("show ssl cert"), new RegExp(`# filename\n.*\n${site}\n`));
    assert.match(
      await say(`show ssl cert ${site}`),
      /Status: Used\nSerial: [0-9A-F]+\nnotBefore: .*GMT\n/,
    );
    const next = root.issue({ names: ["renewed.example"] });
    assert.equal(
      await say(`set ssl cert ${site}`, next.pem),
      `Transaction created for certificate ${site}!\n\n`,
    );
    assert.match(await say("show ssl cert"), new RegExp(`# transaction\n\\*${site}\n`));
    assert.match(await say(`show ssl cert *${site}`), /Subject: \/CN=renewed\.example/);
    assert.equal(await shown(port, "site.example"), "site.example");
    assert.equal(await say(`commit ssl cert ${site}`), `Committing ${site}.\nSuccess!\n\n`);
    assert.equal(await shown(port, "renewed.example"), "renewed.example");
    assert.match(await say(`commit ssl cert ${site}`), /No ongoing transaction!/);
    // The certificate and its key may come one after the other.
    const third = root.issue({ names: ["third.example"] });
    assert.match(
      await say(`set ssl cert ${site}`, third.certificate),
      /does not belong to its certificate/,
    );
    assert.match(await say(`set ssl cert ${site}`, third.certificate + third.key), /created/);
    assert.match(await say(`abort ssl cert ${site}`), /Transaction aborted/);
    assert.equal(await shown(port, "renewed.example"), "renewed.example");
  },
);

scopedTest(
  "what is no certificate is refused, and no answer has a key in it",
  needs,
  async (scope) => {
    const { root, site, port, say } = await setUp(scope);
    const { certificate, key } = root.issue({ names: ["x.example"] });
    for (
      const [line, payload, expected] of [
        [`set ssl cert ${site}`, "nonsense", /no certificate/],
        [`set ssl cert ${site}`, key, /no certificate/],
        [`set ssl cert ${site}`, certificate, /does not belong/],
        ["set ssl cert nowhere.pem", certificate + key, /not referenced by the configuration/],
        [`set ssl cert ${site}.ocsp`, "AAAA", /OCSP answer/],
      ] as const
    ) {
      const said = await say(line, payload);
      assert.match(said, expected);
      assert.doesNotMatch(said, /PRIVATE/);
    }
    assert.doesNotMatch(await say(`show ssl cert ${site}`), /PRIVATE|BEGIN/);
    assert.equal(await shown(port, "site.example"), "site.example");
  },
);

scopedTest("lines of a crt-list come and go with new certificates", needs, async (scope) => {
  const { root, list, other, site, port, say } = await setUp(scope);
  assert.equal(await say("show ssl crt-list"), `${list}\n\n`);
  assert.equal(
    await say(`show ssl crt-list -n ${list}`),
    `# ${list}\n${site}:1\n${other}:2 [ssl-min-ver TLSv1.2] o.example\n\n`,
  );
  assert.match(await say("new ssl cert new.pem"), /New empty certificate store 'new.pem'!/);
  assert.match(await say(`add ssl crt-list ${list} new.pem`), /'new.pem' is empty/);
  await say("set ssl cert new.pem", root.issue({ names: ["new.example"] }).pem);
  assert.match(await say("commit ssl cert new.pem"), /Success!/);
  assert.match(
    await say(`add ssl crt-list ${list}`, "new.pem [alpn http/1.1] new.example *.new.example"),
    /Inserting certificate 'new.pem'.*\nSuccess!/,
  );
  assert.equal(await shown(port, "a.new.example"), "new.example");
  assert.match(await say("del ssl cert new.pem"), /in use/);
  assert.match(
    await say(`add ssl crt-list ${list}`, "new.pem [alpm h2] z.example"),
    /unknown setting 'alpm'/,
  );
  assert.match(await say(`del ssl crt-list ${list} new.pem`), /Entry 'new.pem' deleted/);
  assert.equal(await shown(port, "a.new.example"), "site.example");
  assert.match(await say("del ssl cert new.pem"), /'new.pem' deleted!/);
  assert.match(await say(`del ssl crt-list ${list} ${site}`), /default certificate/);
});
