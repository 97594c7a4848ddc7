/** What the runtime socket shows of certificates, authorities, lists and OCSP answers is what the real HAProxy shows. */
import assert from "node:assert/strict";
import { Authority } from "../support/certificates.ts";
import { freePort, waitListening } from "../support/ports.ts";
import { answerOcsp } from "../support/ocsp.ts";
import { mustRun, start } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { startProxy } from "../support/sluice.ts";
import { underTest } from "../support/under_test.ts";

/** The files of both, and a configuration with this socket. */
function prepare(scope: Scope) {
  const root = Authority.make("Root");
  const issued = root.issue({ names: ["site.example", "*.site.example"], key: "rsa" });
  const site = scope.write("site.pem", issued.pem + root.certificate);
  const issuedTo = (name: string) => root.issue({ subject: `/C=DE/O=A, B/CN=${name}` });
  const plain = scope.write("plain.pem", issuedTo("plain").pem);
  const other = Authority.make("Other");
  const files = {
    site,
    plain,
    list: scope.write("list.txt", `${site} [ssl-min-ver TLSv1.2] a.example !b.example\n`),
    ca: scope.write("ca.pem", root.certificate + other.certificate),
    crl: scope.write("crl.pem", root.revoke(issuedTo("revoked")) + other.revoke()),
  };
  const text = (port: number, socket: string) =>
    `global
    stats socket ${socket} level admin
defaults
    mode http
    timeout client 5s
frontend fe
    bind 127.0.0.1:${port} ssl crt ${site} crt ${plain} crt-list ${files.list} ca-file ${files.ca} crl-file ${files.crl} verify optional
    http-request return status 200
`;
  return { root, issued, files, text };
}

scopedTest(
  "show ssl cert, crt-list, ca-file, crl-file and ocsp-response answer what HAProxy answers",
  {
    programs: ["haproxy", "openssl", "socat"],
    unless: underTest === "haproxy" ? "it is compared with itself" : undefined,
  },
  async (scope) => {
    const { root, issued, files, text } = prepare(scope);
    const { bytes } = await answerOcsp(scope, root, issued.certificate);
    scope.write("site.pem.ocsp", bytes);
    const [ours, theirs] = [freePort(), freePort()];
    const sockets = [scope.path("ours"), scope.path("theirs")];
    const config = scope.write("haproxy.cfg", text(theirs, sockets[1]));
    const haproxy = start(scope, "haproxy", ["haproxy", "-db", "-f", config]);
    await waitListening(haproxy, [`127.0.0.1:${theirs}`]);
    await startProxy(scope, text(ours, sockets[0]), { listening: [`127.0.0.1:${ours}`] });
    const say = (socket: string, command: string) =>
      mustRun(["socat", "-t10", "-", `UNIX-CONNECT:${socket}`], { stdin: `${command}\n` });
    const stapled = await say(sockets[1], "show ssl ocsp-response");
    const key = /Certificate ID key : (\S+)/.exec(stapled)?.[1];
    assert.ok(key !== undefined, stapled);
    for (
      const command of [
        ...["show ssl cert", `show ssl cert ${files.site}`, `show ssl cert ${files.plain}`],
        ...["show ssl cert nothing", "new ssl cert x.pem", "show ssl cert x.pem"],
        ...["del ssl cert x.pem", "del ssl cert x.pem", `del ssl cert ${files.site}`],
        ...["show ssl crt-list", `show ssl crt-list ${files.list}`],
        `show ssl crt-list -n ${files.list}`,
        ...["", ":1", ":2"].flatMap((number) => [
          `show ssl ca-file ${files.ca}${number}`,
          `show ssl crl-file ${files.crl}${number}`,
        ]),
        ...["show ssl crl-file", "show ssl ca-file nothing", "show ssl crl-file nothing"],
        ...[`del ssl ca-file ${files.ca}`, `del ssl crl-file ${files.crl}`, "del ssl ca-file q"],
        ...["new ssl crl-file w.pem", "show ssl crl-file w.pem", "del ssl crl-file w.pem"],
        ...["abort ssl ca-file q", "commit ssl crl-file q", `new ssl ca-file ${files.ca}`],
        ...["show ssl ocsp-response", `show ssl ocsp-response ${key}`],
        "show ssl ocsp-response 1234",
      ]
    ) {
      const [mine, its] = await Promise.all(sockets.map((socket) => say(socket, command)));
      assert.equal(mine, its, command);
    }
  },
);
