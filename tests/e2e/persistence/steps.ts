/** Requests one after the other through a `listen` with two servers, and what each side sees of their cookies. */
import assert from "node:assert/strict";
import { freePort } from "../../support/ports.ts";
import { type Scope, scopedTest } from "../../support/scope.ts";
import { reloadedProxy } from "../../support/reloaded_proxy.ts";
import { startSyslogSink } from "../../support/syslog_sink.ts";
import { connect, startHttpOrigin } from "../../support/tcp.ts";

const startProxy = reloadedProxy();

export interface Step {
  readonly method?: string;
  readonly path?: string;
  /** value of the request's Cookie field */
  readonly cookie?: string;
  /** field lines of the server's answer */
  readonly answer?: string;
  readonly sees?: string;
  /** what the client gets of Set-Cookie and Cache-Control, `set-cookie: a=b | …` */
  readonly gets?: string;
  /** termination state and server in the log */
  readonly log: string;
}

export interface Scenario {
  readonly name: string;
  /** lines of the `listen` section */
  readonly lines: string;
  /** server lines; `$1` and `$2` are the addresses of two servers that answer, `$0` one where nobody does */
  readonly servers?: string;
  readonly steps: readonly Step[];
}

const SERVERS = "server s1 $1 cookie s1\nserver s2 $2 cookie s2";

/** Registers the scenario as a test. */
export function scenario(each: Scenario): void {
  scopedTest(each.name, {}, (scope) => run(scope, each));
}

async function run(scope: Scope, { lines, servers = SERVERS, steps }: Scenario): Promise<void> {
  let seen = "";
  let answer = "";
  const start = () =>
    startHttpOrigin(scope, (request) => {
      seen = request.raw;
      return `HTTP/1.1 200 OK\r\nContent-Length: 0\r\n${answer}\r\n`;
    });
  const addresses = [`127.0.0.1:${freePort()}`, (await start()).address, (await start()).address];
  const log = startSyslogSink(scope);
  const address = `127.0.0.1:${freePort()}`;
  const text = `global
    log ${log.address} local0
defaults
    mode http
    log global
    log-format "line %tsc %s end"
    timeout connect 2s
    timeout client 10s
    timeout server 10s
listen l
    bind ${address}
${indent(lines)}${indent(servers.replace(/\$(\d)/g, (_, n) => addresses[n]))}`;
  await startProxy(scope, text, { listening: [address] });
  for (const [n, step] of steps.entries()) {
    const { method = "GET", path = "/", cookie, sees = "", gets = "" } = step;
    seen = "";
    answer = step.answer ?? "";
    const peer = await connect(scope, address);
    await peer.write(
      `${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n` +
        `${cookie === undefined ? "" : `Cookie: ${cookie}\r\n`}\r\n`,
    );
    const { raw } = await peer.response();
    peer.close();
    const about = `step ${n}: ${method} ${path} ${cookie ?? "without a cookie"}`;
    assert.equal(fields(seen, /^cookie$/i).join(" | "), sees && `cookie: ${sees}`, about);
    assert.equal(fields(raw, /^(set-cookie|cache-control)$/i).join(" | "), gets, about);
    const logged = (await log.atLeast(n + 1, /line .* end/))[n];
    assert.equal(/line (.*) end/.exec(logged)![1], step.log, about);
  }
}

function fields(raw: string, name: RegExp): string[] {
  return raw.split("\r\n").slice(1).flatMap((line) => {
    const colon = line.indexOf(":");
    const field = line.slice(0, colon).toLowerCase();
    return name.test(field) ? [`${field}: ${line.slice(colon + 1).trim()}`] : [];
  });
}

function indent(text: string): string {
  return text.split("\n").map((line) => `    ${line.trim()}\n`).join("");
}
