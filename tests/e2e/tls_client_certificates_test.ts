/** Certificates of clients, and sessions, which speak for them. The client is OpenSSL's own. */
import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import * as der from "../../lib/net/tls/der_write.ts";
import { armor } from "../../lib/net/tls/pem.ts";
import type { Issued } from "../support/certificates.ts";
import { scopedTest } from "../support/scope.ts";
import { engines } from "../support/under_test.ts";
import { ask, listeners, needs, tree } from "./tls_setup.ts";

for (const engine of engines) {
  scopedTest(
    `${engine}: a session of one listener opens no other: every pair of listeners, TLS 1.2 and 1.3`,
    needs,
    async (scope) => {
      const { root, middle, other } = tree();
      const site = scope.write("site.pem", root.issue({ names: ["localhost"] }).pem);
      const caRoot = scope.write("root.pem", root.certificate);
      const caOther = scope.write("other.pem", other.certificate);
      const caBoth = scope.write("both.pem", root.certificate + other.certificate);
      const byRoot = scope.write("by-root.pem", root.issue({ subject: "/CN=by-root" }).pem);
      const byMiddle = scope.write("by-middle.pem", middle.issue({ subject: "/CN=by-middle" }).pem);
      const byOther = scope.write("by-other.pem", other.issue({ subject: "/CN=by-other" }).pem);
      const kinds = {
        none: { settings: `crt ${site}` },
        optional: { settings: `crt ${site} verify optional ca-file ${caRoot}`, cert: byRoot },
        required: { settings: `crt ${site} verify required ca-file ${caRoot}`, cert: byRoot },
        chain: { settings: `crt ${site} verify required ca-file ${caRoot}`, cert: byMiddle },
        elsewhere: { settings: `crt ${site} verify required ca-file ${caOther}`, cert: byOther },
        both: { settings: `crt ${site} verify required ca-file ${caBoth}`, cert: byOther },
      };
      const { ports } = await listeners(
        scope,
        kinds,
        "at=%[so_name] used=%[ssl_c_used] cn=%[ssl_c_s_dn(CN)] resumed=%[ssl_fc_is_resumed] end",
        { engine },
      );
      const session = scope.path("session");
      const names = Object.keys(kinds) as (keyof typeof kinds)[];
      const certOf = (name: keyof typeof kinds) => (kinds[name] as { cert?: string }).cert;
      for (const version of ["-tls1_2", "-tls1_3"]) {
        for (const from of names) {
          const cert = certOf(from);
          const shown = cert === undefined
            ? []
            : ["-cert", cert, "-key", cert, "-cert_chain", cert];
          const first = await ask(ports[from], [version, "-sess_out", session, ...shown]);
          assert.match(
            first,
            new RegExp(`at=${from} used=${cert === undefined ? 0 : 1} .*resumed=0 end`),
          );
          await Promise.all(names.map(async (to) => {
            // Without a certificate: only the session could speak for the client.
            const said = await ask(ports[to], [version, "-sess_in", session]);
            const what = `${from} → ${to} ${version}`;
            if (to === from) {
              assert.match(said, /resumed=1 end/, what);
              if (cert !== undefined) assert.match(said, /used=1 cn=by-/, what);
            } else if (engine === "node" && cert !== undefined && cert === certOf(to)) {
              // node:tls resumes it: it may speak only for a certificate that this listener has verified itself.
              if (said !== "") assert.match(said, /used=1 cn=by-/, what);
            } else if (to === "none" || to === "optional") {
              // node:tls cannot be kept from resuming a session: what it proved elsewhere must not count.
              const resumed = engine === "node" ? "[01]" : "0";
              const refused = engine === "node" && to === "optional" && said === "";
              const nobody = new RegExp(`used=0 cn=-? ?resumed=${resumed} end`);
              if (!refused) assert.match(said, nobody, what);
            } else assert.equal(said, "", what);
          }));
        }
      }
    },
  );
}

scopedTest(
  "client certificates: what is asked, accepted, revoked, ignored",
  needs,
  async (scope) => {
    const { root, middle, other } = tree();
    const site = scope.write("site.pem", root.issue({ names: ["localhost"] }).pem);
    const ca = scope.write("ca.pem", root.certificate);
    const good = scope.write("good.pem", root.issue({ subject: "/CN=good" }).pem);
    const chained = scope.write("chained.pem", middle.issue({ subject: "/CN=chained" }).pem);
    const late = scope.write(
      "late.pem",
      root.issue({ subject: "/CN=late", notAfter: "20210101000000Z" }).pem,
    );
    const bad = scope.write("bad.pem", other.issue({ subject: "/CN=bad" }).pem);
    const revokedPair = root.issue({ subject: "/CN=revoked" });
    const revoked = scope.write("revoked.pem", revokedPair.pem);
    const crl = scope.write("ca.crl", root.revoke(revokedPair));
    const { ports, log } = await listeners(
      scope,
      {
        required: { settings: `crt ${site} verify required ca-file ${ca}` },
        optional: { settings: `crt ${site} verify optional ca-file ${ca}` },
        revoking: { settings: `crt ${site} verify required ca-file ${ca} crl-file ${crl}` },
        lenient: {
          settings:
            `crt ${site} verify optional ca-file ${ca} ca-ignore-err all crt-ignore-err all`,
        },
        expired: { settings: `crt ${site} verify required ca-file ${ca} crt-ignore-err 10` },
      },
      "used=%[ssl_c_used] verify=%[ssl_c_verify] err=%[ssl_c_err] ca=%[ssl_c_ca_err] cn=%[ssl_c_s_dn(CN)] has=%[ssl_fc_has_crt] end",
    );
    const at = (port: number, cert?: string) =>
      ask(port, cert === undefined ? [] : ["-cert", cert, "-key", cert, "-cert_chain", cert]);
    for (
      const [listener, cert, expected] of [
        ["required", undefined, undefined],
        ["required", good, /used=1 verify=0 err=0 ca=0 cn=good has=1/],
        ["required", chained, /used=1 verify=0 err=0 ca=0 cn=chained has=1/],
        ["required", bad, undefined],
        ["required", late, undefined],
        ["optional", undefined, /used=0 verify=0 err=0 ca=0 cn=-? ?has=0/],
        ["optional", good, /used=1 verify=0 err=0 ca=0 cn=good has=1/],
        ["optional", bad, undefined],
        ["revoking", good, /cn=good/],
        ["revoking", revoked, undefined],
        ["lenient", bad, /used=1 verify=2[01] err=2[01] ca=\d+ cn=bad has=1/],
        ["lenient", late, /used=1 verify=10 err=10 ca=0 cn=late has=1/],
        ["expired", late, /verify=10 err=10 ca=0 cn=late/],
        ["expired", bad, undefined],
      ] as const
    ) {
      const said = await at(ports[listener], cert);
      const what = `${listener} ${cert?.split("/").at(-1)}`;
      if (expected === undefined) assert.equal(said, "", what);
      else assert.match(said, expected, what);
    }
    await log.find(/fe\/required: SSL handshake failure/);
    // The names of the authorities are sent, and not with no-ca-names.
    assert.match(await at(ports.optional), /Acceptable client certificate CA names/);
  },
);

/** The key of `own` that says it is the key of `other`: OpenSSL does not notice (SEC 1, C.4). */
function forgedKey(own: Issued, other: Issued): string {
  const { d } = createPrivateKey(own.key).export({ format: "jwk" });
  const { x, y } = createPrivateKey(other.key).export({ format: "jwk" });
  const point = [4, ...Buffer.from(x!, "base64url"), ...Buffer.from(y!, "base64url")];
  return armor(
    "EC PRIVATE KEY",
    der.sequence(
      der.integer(Uint8Array.of(1)),
      der.octetString(Buffer.from(d!, "base64url")),
      der.tlv(0xa0, der.oid("1.2.840.10045.3.1.7")),
      der.tlv(0xa1, der.bitString(Uint8Array.from(point))),
    ),
  );
}

for (const engine of engines) {
  scopedTest(
    `${engine}: a client's certificate counts only with its chain and its key`,
    needs,
    async (scope) => {
      const { root, middle, other } = tree();
      const site = scope.write("site.pem", root.issue({ names: ["localhost"] }).pem);
      const ca = scope.write("ca.pem", root.certificate);
      const goodPair = root.issue({ subject: "/CN=good" });
      const badPair = other.issue({ subject: "/CN=bad" });
      const good = scope.write("good.pem", goodPair.pem);
      const bad = scope.write("bad.pem", badPair.pem);
      const chained = scope.write("chained.pem", middle.issue({ subject: "/CN=chained" }).pem);
      const forged = scope.write("forged.key", forgedKey(badPair, goodPair));
      const { ports } = await listeners(
        scope,
        {
          required: { settings: `crt ${site} verify required ca-file ${ca}` },
          optional: { settings: `crt ${site} verify optional ca-file ${ca}` },
        },
        "used=%[ssl_c_used] verify=%[ssl_c_verify] cn=%[ssl_c_s_dn(CN)] end",
        { engine },
      );
      const cases = [
        [undefined, "", undefined, /used=0 verify=0 cn=-? ?end/],
        [good, good, /used=1 verify=0 cn=good end/, /used=1 verify=0 cn=good end/],
        [chained, chained, /used=1 verify=0 cn=chained end/, /used=1 verify=0 cn=chained end/],
        [bad, bad, undefined, undefined],
        [good, forged, undefined, undefined],
      ] as const;
      for (const version of ["-tls1_2", "-tls1_3"]) {
        await Promise.all(
          cases.flatMap(([cert, key, required, optional]) =>
            Object.entries({ required, optional }).map(async ([listener, expected]) => {
              const shown = cert === undefined
                ? []
                : ["-cert", cert, "-key", key, "-cert_chain", cert];
              const said = await ask(ports[listener as keyof typeof ports], [version, ...shown]);
              const what = `${listener} ${cert} ${key} ${version}`;
              if (expected === undefined) assert.equal(said, "", what);
              else assert.match(said, expected, what);
            })
          ),
        );
      }
    },
  );
}
