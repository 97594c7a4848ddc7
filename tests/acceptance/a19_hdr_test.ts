import assert from "node:assert/strict";
import { tally } from "../support/curl.ts";
import { ask, startFarm } from "./farm.ts";
import { row } from "./tutorial.ts";

const AGENTS = Array.from({ length: 30 }, (_, n) => {
  const name = ["curl", "Wget", "Mozilla", "Lynx", "w3m"][n % 5];
  return `${name}/${n}.0 (X11; Linux, like Gecko) ${name.repeat(n % 3)}`;
});

for (const type of ["map-based", "consistent"]) {
  row(
    `A19: balance hdr(User-Agent) with hash-type ${type}: same agent, same server`,
    { programs: ["nginx"] },
    async (scope, form) => {
      const lines = { balance: "hdr(User-Agent)", "hash-type": type };
      await startFarm(scope, { lines, servers: ["", "", "", ""] }, form);
      const go = (name: string, target: string) =>
        ask(scope, AGENTS.map((agent) => ({ target, fields: [`${name}: ${agent}`] })));
      const first = await go("User-Agent", "/");
      assert.ok(new Set(first).size >= 3, `${first}`);
      assert.deepEqual(await go("user-AGENT", "/other?x"), first);
      assert.deepEqual(tally(await ask(scope, new Array(64).fill({}))), {
        s1: 16,
        s2: 16,
        s3: 16,
        s4: 16,
      });
    },
  );
}

row(
  "A19: balance hdr(X-Site) use_domain_only: hosts of one domain share a server",
  { programs: ["nginx"] },
  async (scope, form) => {
    const lines = { balance: "hdr(X-Site) use_domain_only" };
    await startFarm(scope, { lines, servers: ["", "", "", ""] }, form);
    const sites = Array.from({ length: 12 }, (_, n) => `site${n}`);
    const go = (make: (site: string) => string) =>
      ask(scope, sites.map((site) => ({ fields: [`X-Site: ${make(site)}`] })));
    const first = await go((site) => `www.${site}.com`);
    assert.ok(new Set(first).size >= 3, `${first}`);
    assert.deepEqual(await go((site) => `img.cdn.${site}.org`), first);
    assert.deepEqual(await go((site) => `${site}.net`), first);
  },
);
