/**
 * Sends every case of tests/http1/cases.ts to the real HAProxy in front of a raw origin, and prints where it
 * does something else than the table says. Needs `haproxy`; binds free loopback ports.
 *
 *   deno run -A scripts/compare_http1.ts [-v] [words of a case's name]
 *
 * -v prints for every case what reached the origin and what came back.
 */
import { bytesOfLatin1, latin1 } from "../lib/http1/bytes.ts";
import { type Case, CASES, type Outcome } from "../tests/http1/cases.ts";

/** ms without news after which a side's bytes count as complete */
const QUIET_MS = 120;
const AT_ONCE = 6;

interface Seen {
  outcome: Outcome | "nothing";
  origin: string;
  client: string;
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = (listener.addr as Deno.NetAddr).port;
  listener.close();
  return port;
}

/** Reads until the peer closes or says nothing for `quiet` ms. */
async function readQuiet(conn: Deno.Conn, quiet: number): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(65536);
  for (;;) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<null>((done) => timer = setTimeout(() => done(null), quiet));
    const n = await Promise.race([conn.read(buffer).catch(() => null), silence]);
    clearTimeout(timer);
    if (n === null) return text;
    text += latin1(buffer, 0, n);
  }
}

/** A raw server: notes what it gets for each case (`X-Case: n`), answers the case's response or a plain 200. */
class Origin {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly port = (this.#listener.addr as Deno.NetAddr).port;
  /** by the path `/case-n` */
  readonly seen = new Map<string, string>();
  answer = (_path: string): string | undefined => undefined;

  async run(): Promise<void> {
    for await (const conn of this.#listener) this.#serve(conn).catch(() => {});
  }

  async #serve(conn: Deno.Conn): Promise<void> {
    try {
      const request = await readQuiet(conn, QUIET_MS);
      const key = /x-case: ([0-9]+)/i.exec(request)?.[1] ?? "";
      this.seen.set(key, request);
      const text = this.answer(key) ??
        "HTTP/1.1 200 OK\r\nx-origin: 1\r\ncontent-length: 0\r\n\r\n";
      await conn.write(bytesOfLatin1(text));
    } finally {
      conn.close();
    }
  }

  close(): void {
    this.#listener.close();
  }
}

function configuration(origin: number, strict: number, relaxed: number): string {
  const side = (name: string, port: number, options: string) => `
listen ${name}
  bind 127.0.0.1:${port}
  mode http
  no log
  timeout client 2s
  timeout http-request 1s
  timeout server 2s
  timeout connect 1s
  retries 0
  http-reuse never
  ${options}
  server o 127.0.0.1:${origin}
`;
  return "global\n  maxconn 200\n" + side("strict", strict, "") +
    side(
      "relaxed",
      relaxed,
      "option accept-invalid-http-request\n  option accept-invalid-http-response",
    );
}

/** Puts the case's number into a request, as a field that changes nothing. */
function tag(bytes: string, n: number): string {
  if (bytes.includes("X-0: 0\r\n")) return bytes.replace("X-0: 0\r\n", `X-Case: ${n}\r\n`);
  const lead = /^[\r\n]*/.exec(bytes)![0].length;
  const lf = bytes.indexOf("\n", lead);
  const eol = bytes[lf - 1] === "\r" ? "\r\n" : "\n";
  if (lf < 0 || !/HTTP|RTSP/i.test(bytes.slice(0, lf))) return bytes;
  const end = /\r?\n\r?\n/.exec(bytes.slice(lf - 1))!.index + lf - 1;
  const at = bytes.indexOf("\n", end) + 1;
  return `${bytes.slice(0, at)}X-Case: ${n}${eol}${bytes.slice(at)}`;
}

async function tryOne(c: Case, n: number, port: number, origin: Origin): Promise<Seen> {
  const bytes = c.kind === "request"
    ? tag(c.bytes, n)
    : `${c.method ?? "GET"} / HTTP/1.1\r\nHost: a\r\nX-Case: ${n}\r\n\r\n`;
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  try {
    await conn.write(bytesOfLatin1(bytes)).catch(() => {});
    const client = await readQuiet(conn, 1500);
    const seen = origin.seen.get(String(n)) ?? origin.seen.get("") ?? "";
    const status = Number(/^HTTP\/1\.[01] ([0-9]{3})/.exec(client)?.[1] ?? 0);
    let outcome: Outcome | "nothing" = status === 0 ? "nothing" : status;
    if (c.kind === "request" && /x-origin/i.test(client)) outcome = "accept";
    if (c.kind === "response" && client !== "" && status !== 502) outcome = "accept";
    return { outcome, origin: seen, client };
  } finally {
    conn.close();
  }
}

async function main(): Promise<void> {
  const verbose = Deno.args.includes("-v");
  const words = Deno.args.filter((a) => a !== "-v").join(" ");
  const chosen = CASES.map((c, n) => ({ c, n })).filter(({ c }) => c.name.includes(words));
  const origin = new Origin();
  origin.answer = (key) => {
    const c = CASES[Number(key)];
    return key !== "" && c?.kind === "response" ? c.bytes : undefined;
  };
  origin.run();
  const ports = [freePort(), freePort()];
  const file = await Deno.makeTempFile({ suffix: ".cfg" });
  await Deno.writeTextFile(file, configuration(origin.port, ports[0], ports[1]));
  const haproxy = new Deno.Command("haproxy", { args: ["-f", file, "-db"], stderr: "null" })
    .spawn();
  let different = 0;
  try {
    await new Promise((done) => setTimeout(done, 500));
    const queue = chosen.filter(({ c }) => !c.only);
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const { c, n } = next;
        const seen = await tryOne(c, n, ports[c.acceptInvalid ? 1 : 0], origin);
        const same = seen.outcome === c.haproxy;
        if (!same) different++;
        if (!same || verbose) {
          console.log(
            `${same ? "same" : "DIFF"} ${c.kind}: ${c.name}: ${seen.outcome} (table: ${c.haproxy})`,
          );
        }
        if (verbose) {
          console.log("  origin:", JSON.stringify(seen.origin));
          console.log("  client:", JSON.stringify(seen.client.slice(0, 300)));
        }
      }
    }));
  } finally {
    haproxy.kill("SIGTERM");
    await haproxy.status;
    origin.close();
    await Deno.remove(file);
  }
  console.log(`${chosen.length} cases, ${different} differ from the table`);
  if (different > 0) Deno.exitCode = 1;
}

if (import.meta.main) await main();
