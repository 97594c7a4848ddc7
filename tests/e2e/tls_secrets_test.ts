/** What is printed, logged and answered has no private key and no key of tickets in it, whatever goes wrong. */
import assert from "node:assert/strict";
import { createPrivateKey, randomBytes } from "node:crypto";
import { Authority } from "../support/certificates.ts";
import { tryCurl } from "../support/curl.ts";
import { freePort } from "../support/ports.ts";
import { mustRun, run } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { runProxy, startProxy, writeConfig } from "../support/sluice.ts";
import { startSyslogSink } from "../support/syslog_sink.ts";
import { engines, underTest } from "../support/under_test.ts";

const needs = {
  programs: ["openssl", "curl"],
  unless: underTest === "haproxy" ? "HAProxy shows the keys of tickets" : undefined,
};

const PASSPHRASE = "correct-horse-battery";

/** Everything that must not be seen, in every form in which it might be. */
class Secrets {
  readonly #marks = new Map<string, string>();

  /** A key as PEM: its lines, and its number in base64 and hexadecimal. */
  key(name: string, pem: string): void {
    // The first line of a key tells its kind only.
    const body = pem.split("\n").filter((line) => line !== "" && !line.startsWith("-----"));
    for (const line of body.slice(1)) this.#add(name, line);
    const { d } = createPrivateKey(pem).export({ format: "jwk" });
    this.bytes(name, Buffer.from(d!, "base64url"));
  }

  bytes(name: string, bytes: Uint8Array): void {
    const buffer = Buffer.from(bytes);
    for (const form of ["base64", "base64url", "hex"] as const) {
      this.#add(name, buffer.toString(form));
    }
    this.#add(name, buffer.toString("hex").toUpperCase());
  }

  text(name: string, text: string): void {
    this.#add(name, text);
  }

  #add(name: string, mark: string): void {
    // Parts count as well: a message may cut them.
    if (mark.length >= 16) this.#marks.set(mark.slice(0, 16), name);
    this.#marks.set(mark, name);
  }

  assertNoneIn(said: string, where: string): void {
    const flat = said.replace(/\s+/g, "");
    for (const [mark, name] of this.#marks) {
      assert.ok(!said.includes(mark) && !flat.includes(mark), `${name} is in ${where}:\n${said}`);
    }
  }
}

/** Certificates, keys, and files in which something is wrong. */
function makeFiles(scope: Scope) {
  const secrets = new Secrets();
  const root = Authority.make("Root");
  const site = root.issue({ names: ["site.example"] });
  const other = root.issue({ names: ["other.example"], key: "rsa" });
  const next = root.issue({ names: ["next.example"] });
  for (const [name, { key }] of Object.entries({ site, other, next, root: root.issued })) {
    secrets.key(`the key of ${name}`, key);
  }
  const ticketKeys = [1, 2, 3].map(() => randomBytes(80));
  // The first 16 bytes are a key's name, which stands in every ticket; base64 goes by threes.
  ticketKeys.forEach((key) => secrets.bytes("a key of tickets", key.subarray(18)));
  secrets.text("a passphrase", PASSPHRASE);
  const broken = site.key.replace(/\n(.)/, "\n*$1");
  return {
    secrets,
    ...{ root, site, other, next },
    good: scope.write("site.pem", site.pem),
    ca: scope.write("ca.pem", root.certificate),
    keyOnly: scope.write("key-only.pem", other.key),
    mismatched: scope.write("mismatched.pem", site.certificate + other.key),
    broken: scope.write("broken.pem", site.certificate + broken),
    cut: scope.write("cut.pem", site.certificate + site.key.slice(0, 120)),
    signer: scope.write("signer.pem", root.certificate + root.issued.key),
    list: scope.write("list.txt", `${scope.path("site.pem")} [ssl-min-ver TLSv1.2] site.example\n`),
    tickets: scope.write("tickets", ticketKeys.map((key) => key.toString("base64")).join("\n")),
    shortTickets: scope.write(
      "short-tickets",
      ticketKeys.map((key) => key.toString("base64").slice(4)).join("\n"),
    ),
  };
}

for (const engine of engines) {
  scopedTest(`${engine}: a bad key is refused without being shown`, needs, async (scope) => {
    const files = makeFiles(scope);
    const encrypted = scope.path("encrypted.pem");
    await mustRun([
      ...["openssl", "pkey", "-in", files.good, "-aes128", "-passout", `pass:${PASSPHRASE}`],
      ...["-out", encrypted],
    ]);
    Deno.writeTextFileSync(encrypted, files.site.certificate, { append: true });
    const { ca, good } = files;
    const mistakes = [
      ...["keyOnly", "mismatched", "broken", "cut"].map((name) => `crt ${files[name as "broken"]}`),
      `crt ${encrypted}`,
      `crt-list ${files.keyOnly}`,
      `crt-list ${files.mismatched}`,
      `crt ${good} verify required ca-file ${files.keyOnly}`,
      `crt ${good} verify required ca-file ${ca} crl-file ${files.keyOnly}`,
      `crt ${good} tls-ticket-keys ${files.shortTickets}`,
      `crt ${good} tls-ticket-keys ${files.keyOnly}`,
      `crt ${good} generate-certificates ca-sign-file ${files.mismatched}`,
      `crt ${good} generate-certificates ca-sign-file ${encrypted} ca-sign-pass not-${PASSPHRASE}`,
    ];
    // One file with all of them: all mistakes are said at once.
    const text = `frontend fe\n    mode http\n    timeout client 5s\n` +
      mistakes.map((settings, i) => `    bind 127.0.0.1:${8000 + i} ssl ${settings}\n`).join("") +
      `    http-request return status 200\n`;
    const { code, stdout, stderr } = await runProxy(
      ["-c", "-f", writeConfig(scope, text)],
      { engine },
    );
    assert.equal(code, 1);
    const said = stdout + stderr;
    mistakes.forEach((settings, i) => {
      // The line itself is shown, and so is the passphrase that stands in it.
      if (!settings.includes("ca-sign-pass")) assert.match(said, new RegExp(`:${8000 + i}:? `));
    });
    files.secrets.assertNoneIn(said.replaceAll(`not-${PASSPHRASE}`, ""), "what is said");
    const asConfig = await runProxy(["-c", "-f", files.keyOnly], { engine });
    files.secrets.assertNoneIn(
      asConfig.stdout + asConfig.stderr,
      "what is said of a configuration",
    );
  });
}

scopedTest(
  "no key is in logs, statistics or answers of the runtime socket",
  needs,
  async (scope) => {
    const { secrets, site, other, next, good, ca, list, tickets, root } = makeFiles(scope);
    const port = freePort();
    const stats = freePort();
    const path = scope.path("socket");
    const log = startSyslogSink(scope);
    const proxy = await startProxy(
      scope,
      `global
    stats socket ${path} level admin
    log ${log.address} local0
defaults
    mode http
    log global
    option httpslog
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend fe
    bind 127.0.0.1:${port} ssl crt-list ${list} tls-ticket-keys ${tickets} verify optional ca-file ${ca}
    http-request return status 200 if { hdr(x-again) 1 }
    http-request set-header x-again 1
    default_backend be
frontend st
    bind 127.0.0.1:${stats}
    stats enable
    stats uri /
    http-request use-service prometheus-exporter if { path /metrics }
backend be
    server s1 127.0.0.1:${port} ssl verify none crt ${good}
    server s2 127.0.0.1:${port} ssl verify required ca-file ${ca} verifyhost nobody.example
`,
      { listening: [`127.0.0.1:${port}`, `127.0.0.1:${stats}`] },
    );
    const said: string[] = [];
    const say = async (line: string, payload?: string) => {
      const conn = await Deno.connect({ transport: "unix", path });
      const text = payload === undefined ? `${line}\n` : `${line} <<\n${payload.trim()}\n\n`;
      await conn.write(new TextEncoder().encode(text));
      const answer = await new Response(conn.readable).text();
      said.push(`> ${line}\n${answer}`);
      return answer;
    };
    // Handshakes: good ones, a certificate that nobody believes, none at all, another server's name.
    const client = scope.write("client.pem", root.issue({ subject: "/CN=client" }).pem);
    const stranger = scope.write(
      "stranger.pem",
      Authority.make("Strange").issue({ subject: "/CN=stranger" }).pem,
    );
    for (const shown of [[], ["--cert", client], ["--cert", stranger]]) {
      await tryCurl(`https://127.0.0.1:${port}/`, ["-k", "-m", "3", ...shown]);
    }
    await run(["sh", "-c", `echo hello | openssl s_client -quiet -connect 127.0.0.1:${stats}`]);
    await tryCurl(`http://127.0.0.1:${port}/`, ["-m", "3"]);
    // Changes, right and wrong.
    await say(`set ssl cert ${good}`, next.certificate + other.key);
    await say(`set ssl cert ${good}`, next.key);
    await say(`commit ssl cert ${good}`);
    await say(`set ssl cert ${good}`, next.pem);
    await say(`show ssl cert *${good}`);
    await say(`commit ssl cert ${good}`);
    await say(`set ssl cert ${good}.key`, other.key);
    await say(`abort ssl cert ${good}`);
    await say(`set ssl cert /nowhere.pem`, other.pem);
    await say(`new ssl cert /new.pem`);
    await say(`set ssl cert /new.pem`, site.pem);
    await say(`commit ssl cert /new.pem`);
    await say(`add ssl crt-list ${list} /new.pem`);
    await say(`add ssl crt-list ${list}`, `/new.pem [no-such-setting] x\n`);
    await say(`set ssl ca-file ${ca}`, other.key);
    await say(`set ssl tls-key ${tickets} ${btoa("short")}`);
    for (
      const line of [
        ...["show ssl cert", `show ssl cert ${good}`, "show ssl crt-list", "show ssl ca-file"],
        ...[`show ssl crt-list -n ${list}`, "show ssl ocsp-response", "show tls-keys"],
        ...["show tls-keys *", `show tls-keys ${tickets}`, "show info", "show info typed"],
        ...["show stat", "show stat json", "show errors", "show sess all", "show servers conn"],
        ...["show env", "show cli sockets", "show startup-logs", "show pools", "show activity"],
        ...["show acl", "show map", "acme status", "help"],
      ]
    ) await say(line);
    assert.match(said.join(""), /Success!/);
    for (const url of ["/", "/;csv", "/;json", "/metrics"]) {
      said.push((await tryCurl(`http://127.0.0.1:${stats}${url}`)).stdout);
    }
    proxy.process.signal("SIGUSR2");
    await log.find(/SSL handshake failure/);
    secrets.assertNoneIn(said.join("\n"), "an answer");
    secrets.assertNoneIn(log.messages.join("\n"), "a log line");
    secrets.assertNoneIn(proxy.process.output(), "what was printed");
  },
);
