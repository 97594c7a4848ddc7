/**
 * `deno run -A scripts/bench_session.ts`: what the proxy's own code costs for one small keep-alive request,
 * without the system: client and server are connections in memory that answer at once, by promises as the real
 * transport does.
 */
import nodeProcess from "node:process";
import { Diagnostics } from "../lib/config/diagnostic.ts";
import { buildConfig } from "../lib/config/build.ts";
import { readCfg } from "../lib/config/read_cfg.ts";
import type { Address, Conn, Listener, Transport } from "../lib/net/conn.ts";
import { SluiceProcess } from "../lib/runtime/process.ts";
import { compilePolicies } from "../routes/policies.ts";

const REQUESTS = 100_000;
const HERE: Address = { family: 4, host: "127.0.0.1", port: 1 };
const encode = (text: string) => new TextEncoder().encode(text);
const REQUEST = encode(
  "GET /index.html HTTP/1.1\r\nHost: example.com\r\nUser-Agent: bench\r\n\r\n",
);
const LAST_REQUEST = encode(
  "GET /index.html HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n",
);
const ANSWER = encode(
  "HTTP/1.1 200 OK\r\nServer: origin\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n" +
    "Connection: keep-alive\r\n\r\nhello world\n",
);

/** Answers each write of the proxy with `answer`; a client begins by itself. */
class Echo implements Conn {
  readonly local = HERE;
  readonly remote = HERE;
  #ready: number;
  #waiting: ((n: number) => void) | undefined;
  #into: Uint8Array | undefined;
  constructor(readonly answer: Uint8Array, begins: number, readonly onWrite: () => boolean) {
    this.#ready = begins;
  }
  read(into: Uint8Array): Promise<number> {
    if (this.#ready > 0) {
      this.#ready--;
      into.set(this.answer);
      return Promise.resolve(this.answer.length);
    }
    this.#into = into;
    return new Promise((resolve) => this.#waiting = resolve);
  }
  write(from: Uint8Array): Promise<number> {
    if (!this.onWrite()) return Promise.resolve(from.length);
    if (this.#waiting === undefined) this.#ready++;
    else {
      this.#into!.set(this.answer);
      const waiting = this.#waiting;
      this.#waiting = undefined;
      waiting(this.answer.length);
    }
    return Promise.resolve(from.length);
  }
  closeWrite(): void {}
  close(): void {
    this.#waiting?.(0);
  }
  abort(): void {
    this.close();
  }
}

/** CPU time of the process so far, µs: others on the machine do not count. */
function cpu(): number {
  const { user, system } = nodeProcess.cpuUsage();
  return user + system;
}

/** µs of CPU for a request, the median of five runs. */
async function measure(text: string, answer = ANSWER, alone = false): Promise<number> {
  let accept: (conn: Conn) => void = () => {};
  const listener: Listener = {
    address: HERE,
    start: (onConn) => accept = onConn,
    pause: () => {},
    resume: () => {},
    close: () => {},
  };
  const transport: Transport = {
    name: "bench",
    listen: () => listener,
    connect: () => ({
      promise: Promise.resolve(new Echo(answer, 0, () => true)),
      cancel: () => {},
    }),
  };
  const diagnostics = new Diagnostics();
  const document = readCfg(text, "bench.cfg", {}, diagnostics);
  const config = buildConfig(document, { diagnostics, readFile: Deno.readFileSync });
  if (config === undefined) throw new Error(JSON.stringify(diagnostics.list));
  const process = new SluiceProcess({
    config,
    compilePolicies,
    report: console.error,
    parts: { transport },
  });
  if (!process.provision(diagnostics)) throw new Error(JSON.stringify(diagnostics.list));
  await process.start();
  /** Each request on a connection of its own, 16 at one time. */
  const runAlone = (count: number) =>
    new Promise<number>((resolve) => {
      const begin = cpu();
      let left = count;
      let open = 0;
      const next = () => {
        if (--left < 0) {
          if (--open === 0) resolve((cpu() - begin) / count);
          return;
        }
        const client = new Echo(LAST_REQUEST, 1, () => false);
        client.close = next;
        accept(client);
      };
      for (; open < 16; open++) next();
    });
  const runKept = (count: number) =>
    new Promise<number>((resolve) => {
      const begin = cpu();
      let left = count;
      accept(
        new Echo(REQUEST, 1, () => {
          if (--left > 0) return true;
          resolve((cpu() - begin) / count);
          return false;
        }),
      );
    });
  const run = alone ? runAlone : runKept;
  await run(REQUESTS);
  const times = [];
  for (let n = 0; n < 5; n++) times.push(await run(REQUESTS));
  return times.sort((a, b) => a - b)[2];
}

const BASE = `
defaults
  mode http
  timeout client 30s
  timeout server 30s
  timeout connect 5s
frontend f
  bind 127.0.0.1:80
  default_backend b
backend b
  server s 127.0.0.1:81
`;
const RULES = BASE.replace(
  "  default_backend b",
  `  option forwardfor
  acl static path_end -i .jpg .png
  http-request deny if { hdr_sub(user-agent) -i curl wget }
  http-request set-header X-Proto http
  use_backend b if static
  default_backend b`,
);
const TRACKED = BASE.replace(
  "  default_backend b",
  `  stick-table type ip size 100k expire 30s store http_req_rate(10s)
  http-request track-sc0 src
  http-request deny deny_status 429 if { sc_http_req_rate(0) gt 2000000000 }
  default_backend b`,
);
const COMPARED = BASE.replace(
  "  default_backend b",
  `  http-request deny deny_status 429 if { src_port gt 100000 }
  default_backend b`,
);
const CACHED = BASE.replace(
  "  default_backend b",
  `  http-request cache-use c
  http-response cache-store c
  default_backend b`,
).replace("frontend f", "cache c\n  total-max-size 4\n  max-age 3600\nfrontend f");
const FRESH = encode(
  new TextDecoder().decode(ANSWER).replace(
    "Connection:",
    "Cache-Control: max-age=3600\r\nConnection:",
  ),
);
console.log(`plain: ${(await measure(BASE)).toFixed(2)} µs a request`);
console.log(
  `a connection for each: ${(await measure(BASE, ANSWER, true)).toFixed(2)} µs a request`,
);
console.log(`with rules: ${(await measure(RULES)).toFixed(2)} µs a request`);
console.log(`with one rule: ${(await measure(COMPARED)).toFixed(2)} µs a request`);
console.log(`with track-sc0 and that rule: ${(await measure(TRACKED)).toFixed(2)} µs a request`);
console.log(`from the cache: ${(await measure(CACHED, FRESH)).toFixed(2)} µs a request`);
Deno.exit(0);
