import assert from "node:assert/strict";
import type { BalanceSettings, HashTypeConfig } from "../../../lib/config/model.ts";
import { build } from "../support.ts";

/** The settings that are set. */
function set(settings: BalanceSettings | undefined): Record<string, unknown> {
  const { expression, ...rest } = settings ?? {};
  const entries = Object.entries(rest).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(entries), ...(expression && { expression: expression.text }) };
}

const TIMEOUTS = "timeout client 1s\n timeout connect 1s\n timeout server 1s";

const LINES: [line: string, algorithm: string, settings: Record<string, unknown>][] = [
  ["roundrobin", "roundrobin", {}],
  ["static-rr", "static-rr", {}],
  ["first", "first", {}],
  ["source", "source", {}],
  ["uri", "uri", {}],
  ["uri whole depth 3 path-only len 20", "uri", {
    len: 20,
    depth: 3,
    whole: true,
    pathOnly: true,
  }],
  ["url_param userid", "url_param", { name: "userid" }],
  ["hdr(User-Agent)", "hdr", { name: "user-agent" }],
  ["hdr(Host) use_domain_only", "hdr", { name: "host", domainOnly: true }],
  ["hash req.hdr(x),lower", "hash", { expression: "req.hdr(x),lower" }],
  ["random", "random", {}],
  ["random(5)", "random", { draws: 5 }],
];

for (const [line, algorithm, settings] of LINES) {
  Deno.test(`'balance ${line}' says the same in both forms and in the defaults section`, () => {
    const texts: [string, string][] = [
      ["test.cfg", `backend b\n mode http\n ${TIMEOUTS}\n balance ${line}\n`],
      ["test.cfg", `defaults\n mode http\n ${TIMEOUTS}\n balance ${line}\nbackend b\n`],
      ["test.yaml", `defaults: { mode: http }\nbackends:\n  b:\n    balance: "${line}"\n`],
    ];
    for (const [file, text] of texts) {
      const { config, said } = build(text, { file });
      assert.ok(config !== undefined, said.join("; "));
      const { balance } = config.proxies[0];
      assert.deepEqual([balance.algorithm, set(balance.settings)], [algorithm, settings]);
    }
  });
}

const TYPES: [line: string, expected: HashTypeConfig][] = [
  ["map-based", { method: "map-based", function: "sdbm", avalanche: false }],
  ["consistent", { method: "consistent", function: "sdbm", avalanche: true }],
  ["consistent sdbm", { method: "consistent", function: "sdbm", avalanche: false }],
  ["map-based crc32 avalanche", { method: "map-based", function: "crc32", avalanche: true }],
  ["consistent none", { method: "consistent", function: "none", avalanche: false }],
];

for (const [line, expected] of TYPES) {
  Deno.test(`'hash-type ${line}' says the same in both forms`, () => {
    const cfg = build(`backend b\n hash-type ${line}\n`);
    const yaml = build(`backends:\n  b: { hash-type: "${line}" }\n`, { file: "test.yaml" });
    assert.deepEqual(cfg.config!.proxies[0].hashType, expected);
    assert.deepEqual(yaml.config!.proxies[0].hashType, expected);
  });
}

Deno.test("a factor of 0 takes back that of the defaults section", () => {
  const { config } = build(
    "defaults\n hash-balance-factor 150\nbackend a\nbackend b\n hash-balance-factor 0\n",
  );
  assert.deepEqual(config!.proxies.map((p) => p.hashBalanceFactor), [150, undefined]);
});

Deno.test("'hash-preserve-affinity always' takes back what the defaults section says", () => {
  const { config } = build(
    "defaults\n hash-preserve-affinity maxconn\nbackend a\nbackend b\n hash-preserve-affinity always\n" +
      "backend c\n hash-preserve-affinity maxqueue\n",
  );
  const found = config!.proxies.map((p) => p.hashPreserveAffinity);
  assert.deepEqual(found, ["maxconn", undefined, "maxqueue"]);
});

Deno.test("in mode tcp what needs HTTP is round robin, what does not stays", () => {
  const algorithms = ["uri", "url_param x", "hdr(x)", "hash src", "source", "random"];
  for (const line of algorithms) {
    const { config, list } = build(`backend b\n mode tcp\n balance ${line}\n`);
    const falls = ["uri", "url_param x", "hdr(x)"].includes(line);
    const { algorithm } = config!.proxies[0].balance;
    assert.equal(algorithm, falls ? "roundrobin" : line.split(" ")[0], line);
    assert.equal(list.some((d) => d.message.includes("counts as 'balance roundrobin'")), falls);
  }
});

Deno.test("'rate-limit sessions' says the same in all forms; 0 takes it back; a backend has none", () => {
  const cfg = build("frontend a\n rate-limit sessions 10\nfrontend b\n rate-limit sessions 0\n");
  assert.deepEqual(cfg.config!.proxies.map((p) => p.sessionRate), [10, undefined]);
  for (const line of ["rate-limit: { sessions: 10 }", "rate-limit sessions: 10"]) {
    const { config, said } = build(`frontends:\n  a: { ${line} }\n`, { file: "test.yaml" });
    assert.equal(config?.proxies[0].sessionRate, 10, said.join("; "));
  }
  const inherited = build("defaults\n rate-limit sessions 10\nbackend b\nfrontend f\n");
  assert.deepEqual(inherited.config!.proxies.map((p) => p.sessionRate), [undefined, 10]);
});
