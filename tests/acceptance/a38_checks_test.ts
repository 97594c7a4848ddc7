import assert from "node:assert/strict";
import { apacheProgram, startApache } from "../support/apache.ts";
import { eximPrograms, eximService } from "../support/exim.ts";
import { makeLab } from "../support/lab.ts";
import { startNginx } from "../support/nginx.ts";
import { freePort, waitListening } from "../support/ports.ts";
import { mustRun } from "../support/process.ts";
import { redisPrograms, redisService } from "../support/redis.ts";
import type { Scope } from "../support/scope.ts";
import type { Service } from "../support/service.ts";
import { reloadedProxy } from "../support/reloaded_proxy.ts";
import { type Form } from "../support/sluice.ts";
import { slapdPrograms, slapdService } from "../support/slapd.ts";
import { Authority } from "../support/certificates.ts";
import { startSyslogSink } from "../support/syslog_sink.ts";
import { startOrigin } from "../support/tcp.ts";
import { underTest } from "../support/under_test.ts";
import { row, web1 } from "./tutorial.ts";

const startProxy = reloadedProxy();

interface Kind {
  readonly name: string;
  /** without `option` */
  readonly option?: string;
  readonly programs: readonly string[];
  /** of the server */
  readonly settings?: string;
  /** Starts the real server. */
  readonly begin: (scope: Scope, host: string) => Promise<Service>;
  /** why it is down while the server is stopped, and up again */
  readonly down: RegExp;
  readonly up: RegExp;
}

/** A server of the kinds that are started when they are made. */
async function started(service: Service | Promise<Service>): Promise<Service> {
  const made = await service;
  await made.start();
  return made;
}

const refused = /Layer4 connection problem, info: "Connection refused"/;

const kinds: readonly Kind[] = [
  {
    name: "TCP",
    programs: ["nginx"],
    begin: (scope, host) => nginx(scope, host),
    down: refused,
    up: /Layer4 check passed/,
  },
  {
    name: "HTTP",
    option: "httpchk GET /index.html",
    programs: [apacheProgram],
    begin: async (scope, host) => {
      const port = freePort();
      const listen = `${host}:${port}`;
      let apache = await startApache(scope, { name: "web", listen });
      return {
        host,
        port,
        stop: async () => void await apache.process.stop(),
        start: async () => void (apache = await startApache(scope, { name: "web", listen })),
      };
    },
    down: refused,
    up: /Layer7 check passed, code: 200/,
  },
  {
    name: "HTTPS",
    option: "httpchk GET /index.html",
    programs: ["nginx", "openssl"],
    begin: (scope, host) => {
      const issued = Authority.make("Root").issue({ names: ["web.example"], key: "rsa" });
      const crt = scope.write("web.crt", issued.certificate);
      const key = scope.write("web.key", issued.key);
      return nginx(scope, host, "ssl", `ssl_certificate ${crt}; ssl_certificate_key ${key};`);
    },
    settings: "ssl verify none",
    down: refused,
    up: /Layer7 check passed, code: 200/,
  },
  {
    name: "Redis",
    option: "redis-check",
    programs: redisPrograms,
    begin: (scope, host) => started(redisService(scope, host, freePort())),
    down: refused,
    up: /Layer7 check passed, code: 0, info: "Redis server is ok"/,
  },
  {
    name: "SMTP",
    option: "smtpchk EHLO proxy.example",
    programs: eximPrograms,
    begin: (scope, host) => started(eximService(scope, host, freePort())),
    down: refused,
    up: /Layer7 check passed, code: 221, info: "mail\.example closing connection"/,
  },
  {
    name: "LDAP",
    option: "ldap-check",
    programs: slapdPrograms,
    begin: (scope, host) => started(slapdService(scope, host, freePort())),
    down: refused,
    up: /Layer7 check passed, code: 0, info: "Success"/,
  },
];

async function nginx(scope: Scope, host: string, how = "", extra = ""): Promise<Service> {
  const port = freePort();
  const listen = [`${host}:${port} ${how}`];
  let server = await startNginx(scope, { name: "web", listen, extra });
  return {
    host,
    port,
    stop: async () => void await server.process.stop(),
    start: async () => void (server = await startNginx(scope, { name: "web", listen, extra })),
  };
}

// A loaded machine may need longer than `inter` for an answer.
const times = { connect: "1s", client: "5s", server: "5s", check: "3s" };

function configuration(
  form: Form,
  log: string,
  front: string,
  option: string | undefined,
  server: string,
): string {
  const [name, ...value] = (option ?? "").split(" ");
  if (form === "cfg") {
    return `global
    log ${log} local0
defaults
    log global
    mode tcp
    timeout connect ${times.connect}
    timeout client ${times.client}
    timeout server ${times.server}
    timeout check ${times.check}
listen checked
    bind ${front}
    ${option === undefined ? "" : `option ${option}`}
    server real ${server}
    server other 127.0.0.1:1
`;
  }
  return `global:
  log: "${log} local0"
defaults:
  log: global
  mode: tcp
  timeout: { connect: ${times.connect}, client: 5s, server: 5s, check: ${times.check} }
listens:
  checked:
    bind: "${front}"
${
    option === undefined
      ? ""
      : `    option: { ${name}: ${value.length > 0 ? `"${value.join(" ")}"` : true} }\n`
  }    servers:
      real: "${server}"
      other: "127.0.0.1:1"
`;
}

for (const { name, option, programs, begin, settings = "", down, up } of kinds) {
  row(
    `A38: a ${name} check finds a server that is stopped and one that is back`,
    { programs },
    async (scope, form) => {
      const service = await begin(scope, web1);
      const sink = startSyslogSink(scope);
      const front = `127.0.0.1:${freePort()}`;
      const server = `${service.host}:${service.port} check inter 300ms fall 3 rise 2 ${settings}`;
      await startProxy(scope, configuration(form, sink.address, front, option, server), {
        form,
        listening: [front],
      });
      // Long enough for some checks of the server as it is: they must be good.
      await new Promise((resolve) => setTimeout(resolve, 1500));
      assert.deepEqual(changes(sink.messages), []);
      await service.stop();
      assert.match((await sink.find(/Server checked\/real is DOWN.*/, 10_000))[0], down);
      await service.start();
      const said = (await sink.find(/Server checked\/real is UP.*/, 20_000))[0];
      // HAProxy forgets here what LDAP servers said.
      assert.match(said, underTest === "haproxy" ? /Layer\d check passed/ : up);
    },
  );
}

function changes(messages: readonly string[]): string[] {
  return messages.filter((message) => / is (DOWN|UP)/.test(message));
}

row(
  "A38: an agent takes its server out and back",
  { programs: ["nginx"] },
  async (scope, form) => {
    let says = "up 100%\n";
    const agent = await startOrigin(scope, async (peer) => {
      await peer.tryWrite(says);
      peer.closeWrite();
    });
    const service = await nginx(scope, web1);
    const sink = startSyslogSink(scope);
    const front = `127.0.0.1:${freePort()}`;
    const server = `${service.host}:${service.port} check inter 300ms ` +
      `agent-check agent-addr 127.0.0.1 agent-port ${agent.port} agent-inter 200ms`;
    await startProxy(scope, configuration(form, sink.address, front, undefined, server), {
      form,
      listening: [front],
    });
    says = "down # maintenance window\n";
    assert.match(
      (await sink.find(/Server checked\/real is DOWN.*/))[0],
      /Layer7 wrong status, code: 0, info: "via agent : down \(maintenance window\)"/,
    );
    says = "up\n";
    assert.match(
      (await sink.find(/Server checked\/real is UP.*/))[0],
      /Layer7 check passed, code: 0, info: "via agent : up"/,
    );
  },
);

/** The machine `server` on a network of its own, where the proxy's machine is `proxy`. */
for (const [kind, groups] of [["raw", "1 0"], ["unprivileged", "0 2147483647"]]) {
  row(
    `A38: an ICMP check finds a machine that is gone and one that is back, by a socket that is ${kind}`,
    {
      programs: ["ip", "sysctl"],
      namespaces: true,
      unless: underTest === "haproxy" ? "HAProxy has no ICMP check" : undefined,
    },
    async (scope, form) => {
      const lab = await makeLab(scope, { proxy: "192.168.77.1/24", server: "192.168.77.2/24" });
      const namespace = lab.namespace("proxy");
      const inProxy = (...command: string[]) =>
        mustRun(["ip", "netns", "exec", namespace, ...command]);
      await inProxy("sysctl", "-qw", `net.ipv4.ping_group_range=${groups}`);
      const front = "192.168.77.1:8080";
      const server = "192.168.77.2:80 check inter 300ms fall 3 rise 2";
      const process = (await startProxy(
        scope,
        configuration(form, "stdout format raw", front, "icmp-check", server),
        { form, listening: [front], namespace },
      )).process;
      await waitListening(process, [front]);
      const find = async (pattern: RegExp) => {
        for (let tries = 0; tries < 200; tries++) {
          const found = pattern.exec(process.output());
          if (found !== null) return found[0];
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        throw new Error(`no ${pattern} in:\n${process.output()}`);
      };
      await new Promise((resolve) => setTimeout(resolve, 1500));
      assert.deepEqual(changes(process.output().split("\n")), []);
      const link = (...words: string[]) =>
        mustRun(["ip", "-n", lab.namespace("server"), "link", "set", "eth0", ...words]);
      await link("down");
      assert.match(
        await find(/Server checked\/real is DOWN.*/),
        /Layer4 timeout|Layer4 connection problem, info: "No route to host"/,
      );
      await link("up");
      assert.match(await find(/Server checked\/real is UP.*/), /Layer4 check passed/);
    },
  );
}
