/**
 * Sends the same random cookies to the real HAProxy and to sluice, in every mode of `cookie`, and prints where what
 * the server sees, what the client gets, the chosen server or the termination characters differ. Needs `haproxy`;
 * binds free loopback ports. The seed is fixed; another one is the first argument.
 *
 *   deno run -A scripts/compare_cookies.ts [SEED [REQUESTS PER MODE]]
 */
import { decodeCookieDate, encodeCookieDate } from "../lib/proxy/cookie_date.ts";
import { freePort, waitListening } from "../tests/support/ports.ts";
import { start } from "../tests/support/process.ts";
import { Random } from "../tests/support/random.ts";
import { type Scope, withScope } from "../tests/support/scope.ts";
import { startSyslogSink } from "../tests/support/syslog_sink.ts";
import { connect, startHttpOrigin } from "../tests/support/tcp.ts";

const MODES = [
  "",
  "indirect",
  "rewrite",
  "insert",
  "insert indirect",
  "insert nocache httponly secure domain .example.com attr SameSite=Lax",
  "insert postonly preserve",
  "insert indirect preserve maxidle 1h",
  "insert maxidle 1h maxlife 8h",
  "insert indirect maxlife 8h",
  "insert indirect nocache dynamic",
  "prefix",
  "prefix indirect",
];

interface Case {
  readonly request: string;
  /** field lines of the server's answer */
  readonly answer: string;
}

const VALUES = ["s1", "s2", "s3", "s1~app", "s2~", "~x", "", "no", '"s1"', '"a;b"', "s1|", "s2|x"];
const NAMES = ["SRV", "SRV", "SRV", "srv", "SRVX", "a", "b", "$Path", "SR"];
const DELIMITERS = ["; ", ";", " ; ", ", ", ";;", "; ;"];

function date(random: Random, now: number): string {
  const ago = random.pick([
    -100,
    50,
    100,
    3590,
    3700,
    28_700,
    29_000,
    90_000,
    -3600,
    -86_000,
    -90_000,
  ]);
  return random.pick([
    "",
    encodeCookieDate(now - ago),
    encodeCookieDate(now - ago),
    "!!!!!",
    "AAA",
  ]);
}

function value(random: Random, now: number): string {
  if (random.below(3) > 0) return random.pick(VALUES);
  const dates = random.below(2) === 0 ? "" : `|${date(random, now)}`;
  return `${random.pick(["s1", "s2"])}|${date(random, now)}${dates}`;
}

function pair(random: Random, now: number): string {
  const equal = random.below(8) > 0 ? "=" : random.pick([" =", "= ", " = ", ""]);
  return random.pick(NAMES) + equal + (equal === "" ? "" : value(random, now));
}

function makeCase(random: Random, now: number): Case {
  const lines: string[] = [];
  for (let n = random.below(3); n > 0; n--) {
    let text = pair(random, now);
    for (let more = random.below(4); more > 0; more--) {
      text += random.pick(DELIMITERS) + pair(random, now);
    }
    lines.push(`Cookie: ${text}${random.pick(["", "", "", ";"])}\r\n`);
  }
  const method = random.pick(["GET", "GET", "POST"]);
  const answer: string[] = [];
  for (let n = random.below(3); n > 0; n--) {
    answer.push(`Set-Cookie: ${pair(random, now)}${random.pick(["", "; Path=/", " ;Secure"])}\r\n`);
  }
  if (random.below(3) === 0) answer.push("ETag: x\r\n");
  const request = `${method} / HTTP/1.1\r\nHost: x\r\n${
    method === "POST" ? "Content-Length: 0\r\n" : ""
  }${lines.join("")}\r\n`;
  return { request, answer: answer.join("") };
}

/** Field lines in lower case names, without what says nothing about cookies; dates of now are `<now>`. */
function normal(raw: string): string {
  const now = Date.now() / 1000;
  const dated = (text: string) =>
    text.replace(/\|([A-Za-z0-9+/]{5})/g, (all, digits) => {
      const seconds = decodeCookieDate(digits, 0);
      return Math.abs(seconds - now) < 30 ? "|<now>" : all;
    });
  return raw.split("\r\n").flatMap((line) => {
    const match = /^(cookie|set-cookie|cache-control):\s*(.*?)\s*$/i.exec(line);
    return match === null ? [] : [`${match[1].toLowerCase()}: ${dated(match[2])}`];
  }).join(" | ");
}

/** What one program makes of the cases of one mode. */
async function outcomes(
  scope: Scope,
  command: readonly string[],
  mode: string,
  cases: readonly Case[],
  origin: Origin,
): Promise<string[]> {
  const log = startSyslogSink(scope);
  const address = `127.0.0.1:${freePort()}`;
  const cookie = (name: string) => mode.includes("dynamic") ? "" : `cookie ${name}`;
  const config = scope.write(
    "proxy.cfg",
    `defaults
    mode http
    log ${log.address} local0
    log-format "line %tsc %s %ST"
    timeout connect 2s
    timeout client 5s
    timeout server 5s
listen l
    bind ${address}
    cookie SRV ${mode}
    dynamic-cookie-key secret
    server s1 127.0.0.1:${origin.port} ${cookie("s1")}
    server s2 127.0.0.2:${origin.port} ${cookie("s2")}
    server nameless 127.0.0.3:${origin.port}
`,
  );
  const program = start(scope, "proxy", [...command, "-db", "-f", config]);
  await waitListening(program, [address]);
  const found: string[] = [];
  for (const each of cases) {
    origin.seen = "";
    origin.answer = each.answer;
    const peer = await connect(scope, address);
    await peer.write(each.request);
    const { raw } = await peer.response();
    peer.close();
    const lines = await log.atLeast(found.length + 1, /line /);
    const logged = /line (.*)/.exec(lines[found.length])![1].trim();
    found.push(`    server: ${normal(origin.seen)}\n    client: ${normal(raw)}\n    ${logged}`);
  }
  return found;
}

interface Origin {
  readonly port: number;
  seen: string;
  answer: string;
}

async function startServer(scope: Scope): Promise<Origin> {
  const server: Origin = { port: freePort(), seen: "", answer: "" };
  await startHttpOrigin(scope, (request) => {
    server.seen = request.raw;
    return `HTTP/1.1 200 OK\r\nContent-Length: 0\r\n${server.answer}\r\n`;
  }, { host: "0.0.0.0", port: server.port });
  return server;
}

const [seed = 20, count = 150] = Deno.args.map(Number);
const sluice = [Deno.execPath(), "run", "-A", new URL("../main.ts", import.meta.url).pathname];
let different = 0;
for (const mode of MODES) {
  const random = new Random(seed);
  const now = Math.floor(Date.now() / 1000);
  const cases = Array.from({ length: count }, () => makeCase(random, now));
  await withScope(async (scope) => {
    const origin = await startServer(scope);
    const theirs = await outcomes(scope, ["haproxy"], mode, cases, origin);
    const ours = await outcomes(scope, sluice, mode, cases, origin);
    for (let n = 0; n < count; n++) {
      if (ours[n] === theirs[n]) continue;
      different++;
      const { request, answer } = cases[n];
      console.log(`cookie SRV ${mode}: ${JSON.stringify(request)} ${JSON.stringify(answer)}`);
      console.log(`  haproxy\n${theirs[n]}\n  sluice\n${ours[n]}`);
    }
  });
}
console.log(`${MODES.length * count} requests, ${different} differences`);
