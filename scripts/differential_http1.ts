/**
 * Sends the same well-formed, odd and changed HTTP/1 messages through the real HAProxy and through sluice, and
 * compares what came of them: answers, what the origin saw, whether the connection lived on. Needs `haproxy`.
 *
 *   deno run -A scripts/differential_http1.ts [--requests N] [--responses N] [--seed N] [--only CASE] [-v]
 *
 * Each case is followed by a plain request on the same connection, so that a message that ends elsewhere for one side
 * shows. Cases that differ run once more before they count: the machine may be busy. Prints the classes of differences
 * that scripts/differential/reasons.ts does not explain; exit code 1 when there are any.
 */
import { V8_FLAGS } from "./v8_flags.ts";
import { Random } from "../tests/support/random.ts";
import { type Answer, Lane, type Seen } from "./differential/lane.ts";
import { reasonOf } from "./differential/reasons.ts";
import { makeRequest, makeResponse } from "./differential/requests.ts";
import { difference, type Verdict, verdictOf } from "./differential/verdict.ts";

const LANES = 8;
const SENTINEL = "GET /sentinel HTTP/1.1\r\nHost: s.test\r\nConnection: close\r\n\r\n";
const PLAIN = {
  bytes: "HTTP/1.1 200 OK\r\nX-Origin: 1\r\nContent-Length: 2\r\n\r\nok",
  close: false,
};

interface Case {
  readonly name: string;
  readonly sent: string;
  readonly answer: Answer;
  readonly methods: readonly string[];
  /** the odd part, to be shown and explained */
  readonly odd: string;
}

function requestCase(seed: number, n: number): Case {
  const odd = makeRequest(new Random(seed * 1_000_003 + n));
  const method = /^\s*([A-Za-z]+)/.exec(odd)?.[1] ?? "";
  return {
    name: `request ${n}`,
    sent: odd + SENTINEL,
    answer: () => PLAIN,
    methods: [method],
    odd,
  };
}

function responseCase(seed: number, n: number): Case {
  const random = new Random(seed * 1_000_033 + n);
  const method = random.below(8) === 0 ? "HEAD" : "GET";
  const made = makeResponse(random);
  const at = made.bytes.indexOf("\n") + 1;
  const bytes = `${made.bytes.slice(0, at)}X-Origin: 1\r\n${made.bytes.slice(at)}`;
  return {
    name: `response ${n}`,
    sent: `${method} /r HTTP/1.1\r\nHost: o.test\r\n\r\n${SENTINEL}`,
    answer: (number) => (number === 0 ? { bytes, close: made.close } : PLAIN),
    methods: [method],
    odd: bytes,
  };
}

function freePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  const ports = listeners.map((listener) => (listener.addr as Deno.NetAddr).port);
  for (const listener of listeners) listener.close();
  return ports;
}

class Side {
  readonly lanes: Lane[];
  readonly #child: Deno.ChildProcess;
  readonly #dir = Deno.makeTempDirSync({ prefix: "sluice-differential-" });

  constructor(command: readonly string[]) {
    this.lanes = freePorts(LANES).map((port) => new Lane(port));
    const section = ({ port, originPort }: Lane) => `
listen l${port}
  bind 127.0.0.1:${port}
  server o 127.0.0.1:${originPort}
`;
    const text = `global
  maxconn 1000
defaults
  mode http
  timeout client 600ms
  timeout http-request 600ms
  timeout http-keep-alive 600ms
  timeout server 600ms
  timeout connect 2s
  retries 0
${this.lanes.map(section).join("")}`;
    const file = `${this.#dir}/haproxy.cfg`;
    Deno.writeTextFileSync(file, text);
    const [program, ...args] = command;
    this.#child = new Deno.Command(program, {
      args: [...args, "-db", "-f", file],
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  async ready(): Promise<void> {
    for (const { port } of this.lanes) {
      for (let tries = 0;; tries++) {
        try {
          (await Deno.connect({ hostname: "127.0.0.1", port })).close();
          break;
        } catch (error) {
          if (tries === 300) throw error;
          await new Promise((done) => setTimeout(done, 100));
        }
      }
    }
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
    for (const lane of this.lanes) lane.close();
    Deno.removeSync(this.#dir, { recursive: true });
  }
}

interface Found {
  readonly c: Case;
  readonly haproxy: [Seen, Verdict];
  readonly sluice: [Seen, Verdict];
}

function option(name: string, otherwise: number): number {
  const at = Deno.args.indexOf(name);
  return at < 0 ? otherwise : Number(Deno.args[at + 1]);
}

async function main(): Promise<void> {
  const seed = option("--seed", 1);
  const verbose = Deno.args.includes("-v");
  const only = Deno.args.includes("--only")
    ? Deno.args[Deno.args.indexOf("--only") + 1]
    : undefined;
  const cases = [
    ...Array.from({ length: option("--requests", 3000) }, (_, n) => requestCase(seed, n)),
    ...Array.from({ length: option("--responses", 1000) }, (_, n) => responseCase(seed, n)),
  ].filter(({ name }) => only === undefined || name === only);
  const program = new URL("../main.ts", import.meta.url).pathname;
  const sides = [
    new Side(["haproxy"]),
    new Side([Deno.execPath(), "run", "-A", V8_FLAGS, program]),
  ];
  const classes = new Map<string, Found[]>();
  let explained = 0;
  try {
    await Promise.all(sides.map((side) => side.ready()));
    const queue = [...cases];
    const runOne = async (c: Case, lane: number) => {
      const [haproxy, sluice] = await Promise.all(sides.map(async (side) => {
        const seen = await side.lanes[lane].run(c.sent, c.answer);
        return [seen, verdictOf(seen, c.methods)] as [Seen, Verdict];
      }));
      return { c, haproxy, sluice, differs: difference(haproxy[1], sluice[1]) };
    };
    await Promise.all(Array.from({ length: LANES }, async (_, lane) => {
      for (let c = queue.shift(); c !== undefined; c = queue.shift()) {
        let found = await runOne(c, lane);
        if (found.differs !== undefined) found = await runOne(c, lane);
        if (only !== undefined) console.log(found.haproxy, found.sluice);
        if (found.differs === undefined) continue;
        const reason = reasonOf(c.odd, found.haproxy[1], found.sluice[1]);
        if (reason !== undefined) explained++;
        const name = reason === undefined ? found.differs : `(${reason})`;
        if (!classes.has(name)) classes.set(name, []);
        classes.get(name)!.push(found);
      }
    }));
  } finally {
    await Promise.all(sides.map((side) => side.stop()));
  }
  let open = 0;
  for (const [name, list] of [...classes].sort(([, a], [, b]) => b.length - a.length)) {
    console.log(`${list.length} × ${name}`);
    if (name.startsWith("(") && !verbose) continue;
    if (!name.startsWith("(")) open += list.length;
    for (const { c, haproxy, sluice } of list.slice(0, verbose ? 20 : 3)) {
      console.log(`   ${c.name}: ${JSON.stringify(c.odd.slice(0, 400))}`);
      if (name.startsWith("(")) continue;
      console.log(
        `      haproxy: ${haproxy[1].answers}; ${haproxy[1].requests.join(" / ").slice(0, 300)}`,
      );
      console.log(
        `      sluice:  ${sluice[1].answers}; ${sluice[1].requests.join(" / ").slice(0, 300)}`,
      );
    }
  }
  console.log(`${cases.length} cases, ${explained} differ with a reason, ${open} without`);
  if (open > 0) Deno.exitCode = 1;
}

if (import.meta.main) await main();
