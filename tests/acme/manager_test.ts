/** The manager against an authority in memory, with a clock that is moved by hand. */
import assert from "node:assert/strict";
import { AcmeManager } from "../../lib/acme/manager.ts";
import type { Proof } from "../../lib/acme/obtain.ts";
import type { AcmeConfig } from "../../lib/config/model_acme.ts";
import { type Certificate, namesOf, parseCertificate } from "../../lib/net/tls/certificate.ts";
import { parsePem } from "../../lib/net/tls/pem.ts";
import { placeholder } from "../../lib/tls/orders.ts";
import { AcmeServer, type AcmeServerOptions } from "../support/acme_server.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { findProgram } from "../support/needs.ts";

const DAY = 86_400_000;
const START = Date.UTC(2030, 0, 1);

function leafOf(pem: string): Certificate {
  return parseCertificate(parsePem(pem)[0].der)!;
}

/** ASN.1 time of a day of the clock. */
function day(number: number): string {
  return new Date(START + number * DAY).toISOString().replace(/[-:T]/g, "").slice(0, 14) + "Z";
}

class Lab {
  readonly clock = new FakeClock(0, START);
  readonly files = new Map<string, string>();
  readonly modes: string[] = [];
  readonly logs: string[] = [];
  readonly used = new Map<string, string>();
  proofs: readonly Proof[] = [];
  refuseInstall: string | undefined;
  unwritable = new Set<string>();
  readonly server: AcmeServer;
  readonly manager: AcmeManager;

  constructor(options: AcmeServerOptions = {}) {
    this.server = new AcmeServer({
      // What the proxy was told to answer is what is found.
      visit: (_type, domain, token, answer) =>
        Promise.resolve(
          this.proofs.some((each) =>
            each.domain === domain && each.token === token && each.answer === answer
          ),
        ),
      ...options,
    });
    this.server.dates = { notBefore: day(0), notAfter: day(90) };
    this.manager = new AcmeManager({
      clock: this.clock,
      random: () => 0,
      read: (path) => {
        const text = this.files.get(path);
        if (text === undefined) throw new Deno.errors.NotFound(path);
        return new TextEncoder().encode(text);
      },
      write: (path, text) => {
        if (this.unwritable.has(path)) throw new Deno.errors.PermissionDenied(path);
        this.files.set(path, text);
      },
      connect: () => ({ http: this.server.handle, close: () => {} }),
      current: (name) => {
        const pem = this.used.get(name);
        return pem === undefined ? undefined : leafOf(pem);
      },
      install: (name, pem) => {
        if (this.refuseInstall === undefined) this.used.set(name, pem);
        return Promise.resolve(this.refuseInstall);
      },
      publish: (_section, proofs) => void (this.proofs = proofs),
      log: (level, text) => this.logs.push(`${level}: ${text}`),
    });
  }

  section(more: Partial<AcmeConfig> = {}): AcmeConfig {
    return {
      name: "ca",
      span: { file: "", line: 1, column: 1, length: 1 },
      directory: this.server.directory,
      contacts: ["admin@example.org"],
      challenge: "http-01",
      keyType: "ecdsa",
      bits: 2048,
      curve: "P-256",
      reuseKey: false,
      storage: "/state",
      ...more,
    };
  }

  want(more: Partial<AcmeConfig> = {}, domains = ["www.example.org"]): void {
    if (!this.used.has("site")) this.used.set("site", placeholder(domains, this.clock.wall()));
    this.manager.adopt([{
      name: "site",
      file: "/certs/site.pem",
      acme: this.section(more),
      domains,
    }]);
  }

  /** Lets what is under way end: waiting costs no time but what the clock is told. */
  async settle(): Promise<void> {
    let done = false;
    this.manager.idle().then(() => done = true);
    for (let turn = 0; turn < 10_000 && !done; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (!done && turn % 10 === 9) this.clock.advance(100);
    }
    assert.ok(done, "it does not end");
  }

  async pass(days: number): Promise<void> {
    for (let hour = 0; hour < days * 24; hour++) {
      this.clock.advance(3_600_000);
      await this.settle();
    }
  }
}

function labTest(
  name: string,
  run: (lab: Lab) => Promise<void>,
  options?: AcmeServerOptions,
): void {
  Deno.test({
    name,
    ignore: findProgram("openssl") === undefined,
    fn: async () => {
      const lab = new Lab(options);
      try {
        await run(lab);
      } finally {
        lab.manager.stop();
      }
    },
  });
}

labTest(
  "what is not there is ordered: account, proofs, certificate and key in one file",
  async (lab) => {
    lab.want({}, ["www.example.org", "example.org"]);
    await lab.settle();
    const pem = lab.files.get("/certs/site.pem")!;
    assert.deepEqual(namesOf(leafOf(pem)).toSorted(), ["example.org", "www.example.org"]);
    assert.match(pem, /BEGIN PRIVATE KEY/);
    assert.equal(lab.used.get("site"), pem);
    assert.match(lab.files.get("/state/ca.account.key")!, /BEGIN PRIVATE KEY/);
    const [account] = lab.server.accounts.values();
    assert.deepEqual(account.contact, ["mailto:admin@example.org"]);
    assert.deepEqual(lab.proofs, [], "the answers are taken back");
    assert.ok(
      lab.logs.some((line) => line.startsWith("notice: acme: www.example.org, example.org has")),
    );
  },
);

labTest(
  "a certificate is renewed when a third of its life is left, with a new key, by the same account",
  async (lab) => {
    lab.want();
    await lab.settle();
    const first = lab.files.get("/certs/site.pem")!;
    await lab.pass(59);
    assert.equal(lab.server.issued, 1);
    lab.server.dates = { notBefore: day(60), notAfter: day(150) };
    await lab.pass(1.1);
    assert.equal(lab.server.issued, 2);
    const second = lab.files.get("/certs/site.pem")!;
    assert.notDeepEqual(leafOf(second).publicKey, leafOf(first).publicKey);
    assert.equal(lab.server.accounts.size, 1);
  },
);

labTest("a reload in the midst of an order does not lose what comes of it", async (lab) => {
  lab.server.refuse(403, "rejectedIdentifier", "not that name");
  lab.want();
  lab.want();
  assert.match([...lab.manager.status()].join(""), /site\tca\tRunning/);
  await lab.settle();
  assert.match([...lab.manager.status()].join(""), /site\tca\tFailed[^]*not that name/);
  assert.equal(lab.logs.filter((line) => line.includes("asking")).length, 1, "it has to wait now");
  lab.manager.renew("site");
  lab.want();
  await lab.settle();
  assert.equal(lab.server.issued, 1);
  assert.match([...lab.manager.status()].join(""), /site\tca\tScheduled/);
  assert.equal(lab.used.get("site"), lab.files.get("/certs/site.pem"));
});

labTest("reuse-key keeps the key", async (lab) => {
  lab.want({ reuseKey: true });
  await lab.settle();
  const first = lab.files.get("/certs/site.pem")!;
  lab.manager.renew("site");
  await lab.settle();
  const second = lab.files.get("/certs/site.pem")!;
  assert.notEqual(second, first);
  assert.deepEqual(leafOf(second).publicKey, leafOf(first).publicKey);
});

labTest(
  "a refusal is told with its reason, the old certificate stays, and it is tried again",
  async (lab) => {
    lab.want();
    await lab.settle();
    const old = lab.used.get("site");
    lab.server.refuse(403, "rejectedIdentifier", "not that name");
    lab.manager.renew("site");
    await lab.settle();
    assert.equal(lab.used.get("site"), old);
    assert.match(
      lab.logs.at(-1)!,
      /^warning: acme: no new certificate for www\.example\.org: the authority refuses: not that name \(rejectedIdentifier\); the old one stays, next attempt in 4m$/,
    );
    assert.match([...lab.manager.status()].join(""), /Failed[^]*not that name/);
    lab.clock.advance(300_000);
    await lab.settle();
    assert.equal(lab.server.issued, 2);
    assert.notEqual(lab.used.get("site"), old);
    assert.doesNotMatch([...lab.manager.status()].join(""), /not that name/);
  },
);

labTest(
  "a failure that lasts: the old certificate stays, also when it has expired, which is an alert",
  async (lab) => {
    lab.want();
    await lab.settle();
    const old = lab.used.get("site");
    for (let i = 0; i < 1000; i++) {
      lab.server.refuse(403, "rejectedIdentifier", "not that name");
    }
    await lab.pass(89);
    const before = lab.logs.filter((line) => line.includes("no new certificate"));
    // Tried again and again since a third of its life was left, at most every six hours.
    assert.ok(before.length >= 4 * 27, `${before.length} attempts`);
    assert.ok(before.every((line) => /^warning: .*the old one stays, next attempt/.test(line)));
    assert.equal(lab.used.get("site"), old);
    await lab.pass(2);
    assert.equal(lab.used.get("site"), old);
    assert.match(
      lab.logs.at(-1)!,
      /^alert: acme: .*; the old one stays, which has expired on 2030-04-01T00:00:00Z, next attempt/,
    );
    // The authority takes it again: nothing more than the next attempt is needed.
    lab.server.refusals.length = 0;
    lab.server.dates = { notBefore: day(91), notAfter: day(181) };
    await lab.pass(1);
    assert.notEqual(lab.used.get("site"), old);
    assert.match(lab.logs.at(-1)!, /^notice: .* has a new certificate, good until 2030-07-01/);
  },
);

labTest("a rate limit is kept: nothing is asked before Retry-After", async (lab) => {
  lab.server.refuse(429, "rateLimited", "too many", { "retry-after": "7200" });
  lab.want();
  await lab.settle();
  const asked = lab.server.log.length;
  lab.clock.advance(7_199_000);
  await lab.settle();
  assert.equal(lab.server.log.length, asked);
  lab.clock.advance(2000);
  await lab.settle();
  assert.equal(lab.server.issued, 1);
});

labTest(
  "a nonce that the authority does not like costs a repetition; one it never likes ends the order",
  async (lab) => {
    lab.server.badNonces = 3;
    lab.want();
    await lab.settle();
    assert.equal(lab.server.issued, 1);
    lab.server.badNonces = 1000;
    lab.manager.renew("site");
    await lab.settle();
    assert.equal(lab.server.issued, 1);
    assert.match(lab.logs.at(-1)!, /badNonce/);
  },
);

labTest("a name that is not proved is told by name and reason", async (lab) => {
  lab.want();
  await lab.settle();
  assert.match(lab.logs.at(-1)!, /'www\.example\.org': .*http-01 of www\.example\.org has failed/);
  assert.deepEqual(lab.proofs, []);
}, { visit: () => Promise.resolve(false) });

labTest("an authority without the challenge is told of with those that it has", async (lab) => {
  lab.want({ challenge: "tls-alpn-01" });
  await lab.settle();
  assert.match(lab.logs.at(-1)!, /does not take tls-alpn-01 for 'www\.example\.org', but dns-01/);
}, { challenges: ["dns-01"] });

labTest(
  "a file that cannot be written is told of; the certificate is used, also after a reload",
  async (lab) => {
    lab.unwritable.add("/certs/site.pem");
    lab.want();
    await lab.settle();
    assert.ok(lab.logs.some((line) => line.includes("is used but cannot be kept")));
    const pem = lab.used.get("site")!;
    // The new configuration finds no file.
    lab.used.set("site", placeholder(["www.example.org"], lab.clock.wall()));
    lab.want();
    await lab.settle();
    assert.equal(lab.used.get("site"), pem);
    assert.equal(lab.server.issued, 1);
  },
);

labTest("a certificate that lacks a name that is wanted now is ordered anew", async (lab) => {
  lab.want();
  await lab.settle();
  lab.want({}, ["www.example.org", "shop.example.org"]);
  await lab.settle();
  assert.equal(lab.server.issued, 2);
  assert.ok(namesOf(leafOf(lab.used.get("site")!)).includes("shop.example.org"));
});

labTest(
  "what cannot be put into use now is put into use a minute later, without another order",
  async (lab) => {
    lab.refuseInstall = "busy";
    lab.want();
    await lab.settle();
    assert.match(lab.logs.at(-1)!, /waits: busy/);
    lab.refuseInstall = undefined;
    lab.clock.advance(61_000);
    await lab.settle();
    assert.equal(lab.server.issued, 1);
    assert.equal(lab.used.get("site"), lab.files.get("/certs/site.pem"));
  },
);

labTest("keys of RSA, of the bits that were asked for", async (lab) => {
  lab.want({ keyType: "rsa", bits: 2048 });
  await lab.settle();
  const leaf = leafOf(lab.used.get("site")!);
  assert.equal(leaf.keyAlgorithm, "rsaEncryption");
  assert.equal(leaf.keyBits, 2048);
});

labTest("no message holds a key", async (lab) => {
  lab.want();
  await lab.settle();
  lab.server.refuse(500, "serverInternal", "x");
  lab.manager.renew("site");
  await lab.settle();
  const key = /KEY-----\n(.{20})/.exec(lab.files.get("/certs/site.pem")!)![1];
  assert.ok(![...lab.logs, ...lab.manager.status()].some((line) => line.includes(key)));
});
