/** Servers whose names are asked for while running (manual 5.3), with a real DNS server. */
import assert from "node:assert/strict";
import { curl } from "../support/curl.ts";
import { dnsPrograms, startDnsmasq, type Zone } from "../support/dnsmasq.ts";
import { startNginx } from "../support/nginx.ts";
import { waitFor } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { reloadedProxy } from "../support/reloaded_proxy.ts";
import { checkConfig, type Form, forms, runProxy, writeConfig } from "../support/sluice.ts";
import { globalWithSocket, socat } from "../acceptance/runtime_socket.ts";

const startProxy = reloadedProxy();

const HOSTS = ["127.0.0.11", "127.0.0.12", "127.0.0.13", "127.0.0.14"];
const needs = { programs: [...dnsPrograms, "nginx", "curl", "socat"] };

interface Shape {
  /** settings of the one server line, after its address */
  readonly cfg: (port: number) => string;
  readonly yaml: (port: number) => string;
}

/** A proxy whose backend is `shape`, nginx on four addresses that say which they are, and a DNS server. */
async function setUp(scope: Scope, zone: Zone, shape: Shape, form: Form) {
  const dns = await startDnsmasq(scope, zone);
  const port = freePort();
  const web = freePort();
  const address = `127.0.0.1:${port}`;
  await startNginx(scope, {
    name: "web",
    listen: HOSTS.map((host) => `${host}:${web}`),
    extra: "return 200 $server_addr;",
  });
  const global = globalWithSocket(scope, "level admin")[form];
  const cfg = `${global}
resolvers dns
    nameserver one ${dns.host}:${dns.port}
    timeout resolve 100ms
    timeout retry 200ms
    hold nx 200ms
    hold other 200ms
    hold timeout 1h

defaults
    mode http
    timeout client 10s
    timeout server 10s
    timeout connect 2s

listen app
    bind ${address}
    default-server resolvers dns resolve-prefer ipv4 init-addr last,none
    ${shape.cfg(web)}
`;
  const yaml = `${global}
resolvers:
  dns:
    nameservers: { one: "${dns.host}:${dns.port}" }
    timeout: { resolve: 100ms, retry: 200ms }
    hold: { nx: 200ms, other: 200ms, timeout: 1h }
defaults:
  mode: http
  timeout: { client: 10s, server: 10s, connect: 2s }
listens:
  app:
    bind: "${address}"
    default-server: { resolvers: dns, resolve-prefer: ipv4, init-addr: [last, none] }
    ${shape.yaml(web)}
`;
  const proxy = await startProxy(scope, form === "cfg" ? cfg : yaml, {
    form,
    listening: [address],
  });
  const get = () => curl(`http://${address}/`);
  const state = async () => {
    const text = await socat(scope, "show servers state");
    return text.split("\n").slice(2).filter((line) => line !== "").map((line) => {
      const f = line.split(" ");
      return {
        name: f[3],
        addr: f[4],
        op: f[5],
        admin: f[6],
        weight: f[7],
        fqdn: f[17],
        port: f[18],
      };
    });
  };
  const addresses = async () => (await state()).map(({ addr }) => addr).join(" ");
  return { dns, web, proxy, get, state, addresses };
}

const single: Shape = {
  cfg: (port) => `server s1 app.test:${port}`,
  yaml: (port) => `servers: { s1: "app.test:${port}" }`,
};

for (const form of forms) {
  scopedTest(
    `a server follows its name to another address, goes when the name goes, and comes back with it [${form}]`,
    needs,
    async (scope) => {
      const zone = (...addresses: string[]) => ({ hosts: { "app.test": addresses } });
      const rig = await setUp(scope, zone(HOSTS[0]), single, form);
      await waitFor("the first address", async () => await rig.addresses() === HOSTS[0]);
      assert.equal((await rig.get()).body, HOSTS[0]);
      await rig.dns.become(zone(HOSTS[1]));
      await waitFor("the second address", async () => (await rig.get()).body === HOSTS[1]);
      await rig.dns.become({});
      await waitFor("the server to go", async () => (await rig.get()).status === 503);
      const [gone] = await rig.state();
      assert.deepEqual([gone.addr, gone.op, gone.admin, gone.fqdn], ["-", "0", "32", "app.test"]);
      await rig.dns.become(zone(HOSTS[2]));
      await waitFor("the server to come back", async () => (await rig.get()).body === HOSTS[2]);
    },
  );

  scopedTest(
    `a server-template shares out a name's addresses, each to one server [${form}]`,
    needs,
    async (scope) => {
      const rig = await setUp(scope, { hosts: { "app.test": HOSTS.slice(0, 3) } }, {
        cfg: (port) => `server-template s 1-4 app.test:${port}`,
        yaml: (port) => `server-template: { prefix: s, count: 1-4, address: "app.test:${port}" }`,
      }, form);
      await waitFor("three addresses", async () => {
        const known = (await rig.addresses()).split(" ");
        return HOSTS.slice(0, 3).every((host) => known.includes(host)) && known.includes("-");
      });
      const bodies = new Set<string>();
      for (let n = 0; n < 6; n++) bodies.add((await rig.get()).body);
      assert.equal(bodies.size, 3);
      const before = (await rig.addresses()).split(" ");
      const stay = before.indexOf(HOSTS[1]);
      await rig.dns.become({ hosts: { "app.test": [HOSTS[1], HOSTS[3]] } });
      await waitFor("the change", async () => (await rig.addresses()).includes(HOSTS[3]));
      assert.equal(
        (await rig.addresses()).split(" ")[stay],
        HOSTS[1],
        "who has an address keeps it",
      );
    },
  );

  scopedTest(
    `SRV records are servers with ports and weights of their own [${form}]`,
    needs,
    async (scope) => {
      const name = "_http._tcp.app.test";
      const hosts = { "one.test": [HOSTS[0]], "two.test": [HOSTS[1]] };
      const rig = await setUp(scope, { hosts }, {
        cfg: () => `server-template s 3 ${name}`,
        yaml: () => `server-template: { prefix: s, count: 3, address: ${name} }`,
      }, form);
      assert.equal((await rig.get()).status, 503);
      await rig.dns.become({
        hosts,
        services: { [name]: [`one.test ${rig.web} 256`, `two.test ${rig.web} 65535`] },
      });
      await waitFor("two servers", async () =>
        (await rig.addresses()).split(" - ").length === 1 &&
        (await rig.state()).filter(({ op }) => op === "2").length === 2);
      const found = (await rig.state()).filter(({ op }) => op === "2")
        .map(({ fqdn, addr, port, weight }) => `${fqdn} ${addr} ${port} ${weight}`).sort();
      assert.deepEqual(found, [
        `one.test ${HOSTS[0]} ${rig.web} 1`,
        `two.test ${HOSTS[1]} ${rig.web} 256`,
      ]);
      assert.equal((await rig.get()).status, 200);
      await rig.dns.become({ hosts, services: { [name]: [`one.test ${rig.web} 256`] } });
      await waitFor(
        "one to go",
        async () => (await rig.state()).filter(({ op }) => op === "2").length === 1,
      );
      assert.equal((await rig.get()).body, HOSTS[0]);
    },
  );

  scopedTest(
    `an answer that is too long for UDP is fetched over TCP, and a reload keeps the addresses [${form}]`,
    needs,
    async (scope) => {
      const many = Array.from({ length: 60 }, (_, n) => `127.0.9.${n + 1}`);
      const rig = await setUp(scope, { hosts: { "app.test": many } }, {
        cfg: (port) => `server-template s 60 app.test:${port}`,
        yaml: (port) => `server-template: { prefix: s, count: 60, address: "app.test:${port}" }`,
      }, form);
      const settled = async () => !(await rig.addresses()).split(" ").includes("-");
      await waitFor("60 addresses", settled);
      const counters = await socat(scope, "show resolvers dns");
      assert.match(counters, /^Resolvers section dns\n nameserver one:\n {2}sent: {8}\d+\n/);
      assert.ok(Number(/truncated: +(\d+)/.exec(counters)![1]) > 0, counters);
      const before = await rig.addresses();
      // The answer is long in coming: what is known holds meanwhile.
      await rig.dns.stop();
      rig.proxy.reload();
      await waitFor(
        "the reload",
        async () => /sent: +[0-9]\n/.test(await socat(scope, "show resolvers dns")),
      );
      assert.equal(await rig.addresses(), before);
    },
  );
}

scopedTest(
  "a name that does not resolve stops the start, unless init-addr says none",
  {},
  async (scope) => {
    const text = (settings: string) =>
      `defaults
    mode http
    timeout client 1s
    timeout server 1s
    timeout connect 1s
listen app
    bind 127.0.0.1:${freePort()}
    server s1 nowhere.invalid:80 ${settings}
`;
    const refused = await runProxy(["-db", "-f", writeConfig(scope, text("init-addr libc"))]);
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /nowhere\.invalid/);
    assert.equal((await checkConfig(scope, text("init-addr libc,none"))).code, 0);
    const address = `127.0.0.1:${freePort()}`;
    const open = text("init-addr last,libc,none").replace(/127\.0\.0\.1:\d+/, address);
    await startProxy(scope, open, { listening: [address] });
    assert.equal((await curl(`http://${address}/`)).status, 503);
  },
);
