/** How long a server keeps its address when its name gives none (manual 5.3.2 `hold`). */
import assert from "node:assert/strict";
import { NameWatch } from "../../lib/servers/name_watch.ts";
import { bed } from "../health/support.ts";
import { a, answerTo, type Asked, rcode, resolverRig } from "../resolve/support.ts";

const has = (...addresses: string[]) => (asked: Asked) =>
  asked.type === "A"
    ? answerTo(asked, addresses.map((address) => a(asked.name, address)))
    : answerTo(asked);

/** A server with the name `app.test`, whose nameserver answers what `says` says. */
function watched(servers: readonly string[] = ["s"]) {
  const rule = { says: has("10.0.0.1") as (asked: Asked) => Uint8Array | undefined };
  const rig = resolverRig({ dns: (asked) => rule.says(asked) }, { retries: 1 });
  const address = { type: "tcp", host: "127.0.0.1", port: 80 } as const;
  const t = bed(
    Object.fromEntries(servers.map((name) => [name, { address }])),
    { clock: rig.clock },
  );
  const watch = new NameWatch(rig.resolver, "app.test", "ipv4", rig.wheel);
  for (const server of t.servers) watch.add({ server, status: t.status, networks: [] });
  watch.ask();
  const hosts = () => t.servers.map((s) => s.hasAddress ? s.address.host : "none").join();
  return { rule, rig, t, watch, hosts };
}

/** What the nameserver says, and the rig's `hold` of it, ms. */
const failures: Readonly<
  Record<string, readonly [(asked: Asked) => Uint8Array | undefined, number, string]>
> = {
  nx: [(asked) => answerTo(asked, [], rcode(3)), 3000, "DNS NX status"],
  refused: [(asked) => answerTo(asked, [], rcode(5)), 4000, "DNS refused status"],
  timeout: [() => undefined, 5000, "DNS timeout status"],
  other: [(asked) => answerTo(asked, [], rcode(2)), 6000, "unspecified DNS error"],
};

for (const [kind, [says, hold, words]] of Object.entries(failures)) {
  Deno.test(`hold ${kind}: an address holds so long after the last valid answer`, async () => {
    const { rule, rig, t, watch, hosts } = watched();
    await rig.pass(100);
    assert.equal(hosts(), "10.0.0.1");
    t.log();
    rule.says = says;
    await rig.pass(hold - 200);
    assert.equal(hosts(), "10.0.0.1");
    assert.deepEqual(t.log(), []);
    // It is asked once a second, and one that gives no answer needs two to be found out.
    await rig.pass(3500);
    assert.equal(hosts(), "none");
    assert.match(t.log()[0], new RegExp(`Server b/s is going DOWN for maintenance \\(${words}\\)`));
    rule.says = has("10.0.0.2");
    await rig.pass(3500);
    assert.equal(hosts(), "10.0.0.2");
    assert.match(t.log().join(), /administratively READY thanks to valid DNS answer/);
    watch.stop();
  });
}

Deno.test("a valid answer in between begins the time anew", async () => {
  const { rule, rig, watch, hosts } = watched();
  const { says } = rule;
  for (let n = 0; n < 4; n++) {
    rule.says = says;
    await rig.pass(1100);
    rule.says = failures.nx[0];
    await rig.pass(2000);
    assert.equal(hosts(), "10.0.0.1", `round ${n}`);
  }
  watch.stop();
});

Deno.test("hold obsolete: an address that is in no answer any more is kept so long", async () => {
  const { rule, rig, watch, hosts } = watched(["s1", "s2"]);
  rule.says = has("10.0.0.1", "10.0.0.2");
  await rig.pass(1500);
  assert.equal(hosts(), "10.0.0.1,10.0.0.2");
  rule.says = has("10.0.0.1");
  await rig.pass(1500);
  assert.equal(hosts(), "10.0.0.1,10.0.0.2");
  await rig.pass(2500);
  assert.equal(hosts(), "10.0.0.1,none");
  watch.stop();
});
