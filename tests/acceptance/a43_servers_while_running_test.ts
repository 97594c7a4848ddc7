/** A43: servers are added, deleted, moved, weighed and edited under load; no request fails. */
import assert from "node:assert/strict";
import { connect } from "../support/tcp.ts";
import { startNginx } from "../support/nginx.ts";
import { waitFor } from "../support/poll.ts";
import type { Scope } from "../support/scope.ts";
import { type Form, startProxy } from "../support/sluice.ts";
import { underTest } from "../support/under_test.ts";
import { globalWithSocket, socat } from "./runtime_socket.ts";
import { DEFAULTS, port80, proxy, row } from "./tutorial.ts";

const HOSTS = ["127.0.0.11", "127.0.0.12", "127.0.0.13", "127.0.0.14"];
const address = `${proxy}:${port80}`;

function configuration(
  scope: Scope,
  servers: readonly string[],
  threads: number,
  form: Form,
): string {
  const global = globalWithSocket(scope, "level admin")[form] +
    { cfg: `    nbthread ${threads}\n`, yaml: `  nbthread: ${threads}\n` }[form];
  if (form === "cfg") {
    return `${global}${DEFAULTS.cfg}
listen web
    bind ${address}
    balance roundrobin
${servers.map((server) => `    server ${server}\n`).join("")}`;
  }
  return `${global}${DEFAULTS.yaml}
listens:
  web:
    bind: "${address}"
    balance: roundrobin
    servers:
${
    servers.map((server) => {
      const [name, ...rest] = server.split(" ");
      return `      ${name}: "${rest.join(" ")}"\n`;
    }).join("")
  }`;
}

/** Clients that ask one after the other, some on a connection of their own each time. */
class Load {
  readonly failures: string[] = [];
  readonly answers = new Map<string, number>();
  readonly #done: Promise<unknown>;
  #stopped = false;

  constructor(scope: Scope, clients: number) {
    this.#done = Promise.all(
      Array.from({ length: clients }, (_, n) => this.#run(scope, n % 2 === 0)),
    );
  }

  async #run(scope: Scope, keepAlive: boolean): Promise<void> {
    let peer = await connect(scope, address);
    while (!this.#stopped) {
      try {
        await peer.write("GET / HTTP/1.1\r\nHost: www.yu.com\r\n\r\n");
        const { status, body } = await peer.response();
        if (status !== 200) this.failures.push(`${status}`);
        this.answers.set(body, (this.answers.get(body) ?? 0) + 1);
      } catch (error) {
        this.failures.push(String(error));
        peer.close();
        peer = await connect(scope, address);
        continue;
      }
      if (keepAlive) continue;
      peer.close();
      peer = await connect(scope, address);
    }
    peer.close();
  }

  /** Waits until so many more answers came from `host`. */
  async from(host: string, more = 20): Promise<void> {
    const before = this.answers.get(host) ?? 0;
    await waitFor(
      `answers of ${host}`,
      () => Promise.resolve((this.answers.get(host) ?? 0) >= before + more),
    );
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }
}

for (const threads of [1, 2]) {
  row(
    `A43: servers are added, deleted, moved and edited under load, ${
      threads === 1 ? "one thread" : "two threads"
    }`,
    {
      programs: ["nginx", "socat"],
      // HAProxy reloads by a new process, which its master starts.
      unless: underTest === "haproxy" ? "HAProxy in the foreground does not reload" : undefined,
    },
    async (scope, form) => {
      await startNginx(scope, {
        name: "web",
        listen: HOSTS.map((host) => `${host}:${port80}`),
        extra: "return 200 $server_addr;",
      });
      const [one, two, three, four] = HOSTS.map((host) => `${host}:${port80}`);
      const file = (servers: readonly string[]) => configuration(scope, servers, threads, form);
      const running = await startProxy(scope, file([`s1 ${one}`, `s2 ${two} check inter 200ms`]), {
        form,
        listening: [address],
      });
      const cli = async (line: string) => (await socat(scope, line)).trim();
      const load = new Load(scope, 12);
      await load.from(HOSTS[0]);

      assert.equal(
        await cli(`add server web/s3 ${three} check inter 200ms weight 2`),
        "New server registered.",
      );
      assert.equal(load.answers.get(HOSTS[2]), undefined, "an added server begins in maintenance");
      assert.equal(await cli("enable server web/s3"), "");
      await load.from(HOSTS[2]);
      assert.equal(await cli("set weight web/s3 1"), "");
      assert.equal(await cli("get weight web/s3"), "1 (initial 2)");

      assert.equal(
        await cli(`set server web/s1 addr ${HOSTS[3]}`),
        `IP changed from '${HOSTS[0]}' to '${HOSTS[3]}', no need to change the port by ` +
          "'stats socket command'",
      );
      await load.from(HOSTS[3]);

      assert.equal(
        await cli("del server web/s2"),
        "Only servers in maintenance mode can be deleted.",
      );
      assert.equal(await cli("set server web/s2 state maint"), "");
      await waitFor("s2 to be deleted", async () => {
        const answer = await cli("del server web/s2");
        if (answer === "Server deleted.") return true;
        assert.equal(answer, "Server still has connections attached to it, cannot remove it.");
        return false;
      });
      assert.equal(await cli("set server web/s2 state ready"), "No such server.");
      assert.doesNotMatch(await cli("show servers state web"), / s2 /);
      const gone = load.answers.get(HOSTS[1]);

      // What the socket did is written down, and one more server comes with it.
      Deno.writeTextFileSync(
        running.configPath,
        file([`s1 ${four}`, `s3 ${three} weight 2`, `s4 ${one} check inter 200ms`]),
      );
      running.reload();
      await load.from(HOSTS[0]);
      assert.equal(load.answers.get(HOSTS[1]), gone, "a deleted server got nothing more");
      // And s2 again, which begins anew.
      Deno.writeTextFileSync(running.configPath, file([`s1 ${four}`, `s2 ${two}`, `s3 ${three}`]));
      running.reload();
      await load.from(HOSTS[1]);

      await load.stop();
      assert.deepEqual(load.failures, []);
    },
  );
}
