/** `node:tls` as the engine: what it answers about certificates, and whose sessions count. */
import assert from "node:assert/strict";
import { systemClock } from "../../../lib/net/clock.ts";
import { denoTransport } from "../../../lib/net/deno_transport.ts";
import type { ClientContextOptions, TlsVersion } from "../../../lib/net/tls/engine.ts";
import { nodeEngine } from "../../../lib/net/tls/node/engine.ts";
import { VerifiedPeers } from "../../../lib/net/tls/node/peers.ts";
import { verdictOf, Verify } from "../../../lib/net/tls/node/verdict.ts";
import { certificateTime, parseCertificate } from "../../../lib/net/tls/certificate.ts";
import { makeCertificate, makeKey } from "../../../lib/net/tls/issue.ts";
import { parsePem } from "../../../lib/net/tls/pem.ts";
import { Authority, type Issued } from "../../support/certificates.ts";
import { findProgram } from "../../support/needs.ts";
import { clientContext, serverContext, shake } from "../tls_support.ts";

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 1);
const key = makeKey({ type: "ecdsa", curve: "P-256" });

function der(from: number, until: number): Uint8Array<ArrayBuffer> {
  return parsePem(makeCertificate({ names: ["a.example"], from, until, key }))[0].der;
}

Deno.test("what node:tls says about a certificate is told in OpenSSL's numbers", () => {
  const good = der(NOW - DAY, NOW + DAY);
  const unverified = "UNABLE_TO_VERIFY_LEAF_SIGNATURE";
  assert.equal(verdictOf("", good, NOW), 0);
  assert.equal(verdictOf(null, good, NOW), 0);
  assert.equal(verdictOf(undefined, good, NOW), Verify.UNSPECIFIED);
  assert.equal(verdictOf("something new", good, NOW), Verify.UNSPECIFIED);
  assert.equal(verdictOf("CERT_HAS_EXPIRED", good, NOW), Verify.EXPIRED);
  assert.equal(verdictOf("ERR_TLS_CERT_ALTNAME_INVALID", good, NOW), Verify.HOSTNAME_MISMATCH);
  assert.equal(verdictOf(unverified, good, NOW), Verify.SELF_SIGNED);
  assert.equal(verdictOf(unverified, good, NOW + 2 * DAY), Verify.EXPIRED);
  assert.equal(verdictOf(unverified, good, NOW - 2 * DAY), Verify.NOT_YET_VALID);
  assert.equal(verdictOf(unverified, undefined, NOW), Verify.UNVERIFIED);
});

Deno.test("a certificate counts at the listener that has verified it, until it expires", () => {
  const peers = new VerifiedPeers();
  const one = der(NOW - DAY, NOW + DAY);
  const two = der(NOW - DAY, NOW + 2 * DAY);
  peers.add("a", one);
  assert.equal(peers.has("a", one, NOW), true);
  assert.equal(peers.has("a", one.slice(), NOW), true);
  assert.equal(peers.has("b", one, NOW), false);
  assert.equal(peers.has("a", two, NOW), false);
  const end = certificateTime(parseCertificate(one)!.notAfter);
  assert.equal(peers.has("a", one, end), true);
  assert.equal(peers.has("a", one, end + 1), false);
});

Deno.test("listeners that are remembered are bounded: the oldest goes", () => {
  const peers = new VerifiedPeers();
  const one = der(NOW - DAY, NOW + DAY);
  for (let i = 0; i <= 256; i++) peers.add(`scope ${i}`, one);
  assert.equal(peers.has("scope 0", one, NOW), false);
  assert.equal(peers.has("scope 1", one, NOW), true);
});

Deno.test("what node:tls cannot do is refused with its name and the way out", () => {
  const engine = nodeEngine();
  const pair = {
    certificates: [makeCertificate({ names: ["a"], from: NOW, until: NOW, key })],
    key,
  };
  const plain = { pair, scope: "", verify: "none", tickets: true } as const;
  for (
    const [more, name] of [
      [{ crl: "x" }, "crl-file"],
      [{ caVerify: "x" }, "ca-verify-file"],
      [{ hideCaNames: true }, "no-ca-names"],
      [{ ignoreCaErrors: "all" }, "ca-ignore-err"],
      [{ ignoreCrtErrors: new Set([10]) }, "crt-ignore-err"],
      [{ tickets: false }, "no-tls-tickets"],
      [{ pair: { ...pair, ocsp: new Uint8Array(1) } }, "OCSP answer"],
      [{ pair: { ...pair, sctl: new Uint8Array(1) } }, "timestamps"],
    ] as const
  ) {
    const made = engine.serverContext({ ...plain, ...more });
    assert.ok(typeof made === "string" && made.includes(name), String(made));
    assert.match(String(made), /install OpenSSL 3/);
  }
  const bad = engine.serverContext({ ...plain, pair: { ...pair, key: "SECRET" } });
  assert.ok(typeof bad === "string" && !bad.includes("SECRET"), String(bad));
});

interface PeerCase {
  readonly name: string;
  readonly shown: (made: Made) => Issued | undefined;
  /** undefined: accepted; else what the server says, with OpenSSL's number */
  readonly required?: readonly [RegExp, number];
  readonly optional?: readonly [RegExp, number];
}

interface Made {
  readonly root: Authority;
  readonly middle: Authority;
  readonly other: Authority;
}

const BAD = /certificate verify failed/;

const CASES: readonly PeerCase[] = [
  { name: "none", shown: () => undefined, required: [/certificate/, 0] },
  { name: "one of the authority", shown: ({ root }) => root.issue({ subject: "/CN=good" }) },
  {
    name: "one with an intermediate",
    shown: ({ middle }) => middle.issue({ subject: "/CN=chained" }),
  },
  {
    name: "one whose intermediate is missing",
    shown: ({ middle }) => ({ ...middle.issue({ subject: "/CN=short" }), chain: "" }),
    required: [BAD, Verify.NO_ISSUER],
    optional: [BAD, Verify.NO_ISSUER],
  },
  {
    name: "one of another authority",
    shown: ({ other }) => other.issue({ subject: "/CN=bad" }),
    required: [BAD, Verify.NO_ISSUER],
    optional: [BAD, Verify.NO_ISSUER],
  },
  {
    name: "one that has expired",
    shown: ({ root }) => root.issue({ subject: "/CN=late", notAfter: "20210101000000Z" }),
    required: [BAD, Verify.EXPIRED],
    optional: [BAD, Verify.EXPIRED],
  },
];

Deno.test({
  name: "a client's certificate is verified with its chain, or the connection is refused",
  ignore: findProgram("openssl") === undefined,
  async fn() {
    const root = Authority.make("Root");
    const made = { root, middle: Authority.make("Middle", root), other: Authority.make("Other") };
    const site = root.issue({ names: ["localhost"] });
    const engine = nodeEngine();
    for (const each of CASES) {
      const shown = each.shown(made);
      const pair = shown &&
        { certificates: [shown.certificate, shown.chain], key: shown.key };
      for (const verify of ["required", "optional"] as const) {
        for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as TlsVersion[]) {
          const server = serverContext(engine, site, { verify, ca: root.certificate });
          const options: Partial<ClientContextOptions> = { maxVersion, pair };
          const client = clientContext(engine, options);
          const clock = systemClock;
          const both = await shake(
            denoTransport(clock),
            (conn) => engine.accept(conn, { choose: () => server, clock }),
            (conn) => engine.connect(conn, { context: client, clock }),
          );
          const what = `${each.name}, ${verify}, ${maxVersion}`;
          const wanted = each[verify];
          if (wanted === undefined) {
            assert.equal(both.serverFailure, undefined, what);
            const { tls } = both.server;
            assert.equal(tls?.clientCertificate?.verify, shown && 0, what);
            assert.equal(tls?.peerIsFresh, shown !== undefined, what);
          } else {
            assert.match(both.serverFailure?.message ?? "", wanted[0], what);
            assert.equal(both.serverFailure?.code, wanted[1], what);
            assert.equal(both.server.tls, undefined, what);
          }
          both.done();
        }
      }
    }
  },
});
