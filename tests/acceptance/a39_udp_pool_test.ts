import assert from "node:assert/strict";
import { dnsmasqService, dnsServerPrograms } from "../support/dns_server.ts";
import { mustRun } from "../support/process.ts";
import { freePort, isBoundUdp } from "../support/ports.ts";
import { waitFor } from "../support/poll.ts";
import { startProxy } from "../support/sluice.ts";
import { proxy, row, web1, web2 } from "./tutorial.ts";

const text = (port: number, at: number) => ({
  cfg: `defaults
    mode udp
    timeout client 2s
    timeout server 2s

listen dns
    bind ${proxy}:${port}
    balance roundrobin
    option dns-check who.example
    server dns1 ${web1}:${at} check inter 300ms fall 2 rise 1
    server dns2 ${web2}:${at} check inter 300ms fall 2 rise 1
`,
  yaml: `defaults:
  mode: udp
  timeout: { client: 2s, server: 2s }
listens:
  dns:
    bind: "${proxy}:${port}"
    balance: roundrobin
    option dns-check: who.example
    servers:
      dns1: { address: "${web1}:${at}", check: true, inter: 300ms, fall: 2, rise: 1 }
      dns2: { address: "${web2}:${at}", check: true, inter: 300ms, fall: 2, rise: 1 }
`,
});

row(
  "A39: two DNS servers behind one UDP port: answers reach their client, and one serves when the other is stopped",
  { programs: dnsServerPrograms, limit: 90_000 },
  async (scope, form) => {
    const at = freePort();
    const port = freePort();
    const name = (n: number) => ({
      "who.example": `10.0.0.${n}`,
      [`only${n}.example`]: "10.9.9.9",
    });
    const first = dnsmasqService(scope, web1, at, name(1));
    const second = dnsmasqService(scope, web2, at, name(2));
    await first.start();
    await second.start();
    const balancer = await startProxy(scope, text(port, at)[form], { form, listening: [] });
    await waitFor("the UDP port", () => isBoundUdp(proxy, port), {
      explain: () => balancer.process.output(),
    });
    const ask = async (what = "who.example"): Promise<string> => {
      const command = ["dig", "+short", "+tries=2", "+time=2", `@${proxy}`, "-p", `${port}`, what];
      return (await mustRun(command)).trim();
    };
    const seen = new Set<string>();
    for (let n = 0; n < 6; n++) seen.add(await ask());
    assert.deepEqual([...seen].sort(), ["10.0.0.1", "10.0.0.2"]);
    // Many clients at once: each gets the answer to its own question.
    const names = Array.from({ length: 12 }, (_, n) => `n${n}.who.example`);
    const answers = await Promise.all(
      names.map((each) =>
        mustRun(["dig", "+noall", "+answer", "+tries=3", `@${proxy}`, "-p", `${port}`, each])
      ),
    );
    answers.forEach((answer, n) => assert.match(answer, new RegExp(`^n${n}\\.who\\.example\\.`)));
    await first.stop();
    await waitFor("the other one to serve alone", async () => {
      for (let n = 0; n < 3; n++) if (await ask().catch(() => "") !== "10.0.0.2") return false;
      return true;
    }, { limit: 30_000 });
    await first.start();
    await waitFor("the first one to be back", async () => await ask() === "10.0.0.1", {
      limit: 30_000,
    });
  },
);
