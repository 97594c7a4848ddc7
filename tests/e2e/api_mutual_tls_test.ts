/** The REST API over TLS: client certificates stand in the place of tokens; certificates are resources. */
import assert from "node:assert/strict";
import { run, start } from "../support/process.ts";
import { freePort, waitListening } from "../support/ports.ts";
import { waitFor } from "../support/poll.ts";
import { scopedTest } from "../support/scope.ts";
import { Authority } from "../support/certificates.ts";
import { commandUnderTest } from "../support/under_test.ts";

scopedTest("a client's certificate decides what it may do; others are refused", {
  programs: ["curl", "openssl"],
}, async (scope) => {
  const authority = Authority.make("ours");
  const stranger = Authority.make("theirs");
  const pem = (name: string, by: Authority, subject?: string) =>
    scope.write(`${name}.pem`, by.issue({ names: ["127.0.0.1", name], subject }).pem);
  const ca = scope.write("ca.pem", authority.certificate);
  const api = `127.0.0.1:${freePort()}`;
  const web = `127.0.0.1:${freePort()}`;
  const site = pem("site", authority);
  const socket = scope.path("sluice.sock");
  const config = `global
    stats socket ${socket} level admin
    api bind ${api}
    api crt ${pem("api", authority)}
    api client-ca ${ca}
    api client reader read
    api client O=Ops,CN=boss admin
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend web
    bind ${web} ssl crt ${site}
    http-request return status 200
backend app
    server s1 127.0.0.1:9
`;
  const running = start(scope, "sluice", commandUnderTest(["-f", scope.write("s.cfg", config)]));
  await waitListening(running, [web, api]);
  const ask = async (cert: string | undefined, path: string, ...more: string[]) => {
    const { stdout } = await run([
      "curl",
      "-sk",
      ...(cert === undefined ? [] : ["--cert", cert]),
      "-w",
      " %{http_code}",
      ...more,
      `https://${api}/v1${path}`,
    ]);
    const at = stdout.lastIndexOf(" ");
    return { status: Number(stdout.slice(at + 1)), body: stdout.slice(0, at) };
  };
  const reader = pem("reader", authority, "/CN=reader");
  const boss = pem("boss", authority, "/O=Ops/CN=boss");
  assert.equal((await ask(undefined, "/info")).status, 401);
  assert.equal((await ask(reader, "/info")).status, 200);
  assert.equal((await ask(reader, "/config")).status, 403);
  assert.equal((await ask(boss, "/config")).status, 200);
  // The right name from the wrong authority, and an unknown name from the right one.
  assert.equal((await ask(pem("fake", stranger, "/O=Ops/CN=boss"), "/info")).status, 401);
  assert.equal((await ask(pem("other", authority, "/CN=other"), "/info")).status, 401);
  // The whole subject is named, so its common name alone is not enough.
  assert.equal((await ask(pem("half", authority, "/CN=boss"), "/info")).status, 401);
  const changed = await ask(boss, "/servers/app/s1", "-X", "PATCH", "-d", '{"state":"maint"}');
  assert.equal(JSON.parse(changed.body).status, "MAINT");

  // Certificates of the data path.
  const list = await ask(boss, "/certificates");
  assert.deepEqual(JSON.parse(list.body), [site]);
  const one = `/certificates/one?name=${encodeURIComponent(site)}`;
  assert.match(JSON.parse((await ask(boss, one)).body).Subject, /site|127/);
  const fresh = scope.write(
    "fresh.pem",
    authority.issue({ names: ["127.0.0.1"], subject: "/CN=fresh" }).pem,
  );
  const put = await ask(boss, one, "-X", "PUT", "--data-binary", `@${fresh}`);
  assert.equal(put.status, 200, put.body);
  await waitFor("the fresh certificate", async () => {
    const { stdout } = await run(["openssl", "s_client", "-connect", web], { stdin: "" });
    return stdout.includes("CN = fresh") || stdout.includes("CN=fresh") ? true : undefined;
  });
  const wrong = await ask(boss, one, "-X", "PUT", "--data-binary", "no pem");
  assert.equal(wrong.status, 422);
  assert.equal((await ask(boss, "/certificates/one?name=none")).status, 404);

  // The command line, with the certificate and with the socket.
  const ctl = (...words: string[]) => run(commandUnderTest(["ctl", ...words]));
  const servers = await ctl("--api", `https://${api}`, "--cert", boss, "--cacert", ca, "servers");
  assert.match(servers.stdout, /app +s1 +MAINT/, servers.stderr);
  const names = await ctl("--socket", socket, "certificates");
  assert.ok(names.stdout.includes(site), names.stderr);
});
