/**
 * Runs the tables of expression, ACL and rule cases through a real HAProxy on loopback and reports every
 * difference. A case that is known to differ (with its reason) is reported when it no longer does.
 *
 *     deno run -A scripts/compare_expr.ts [PART-OF-A-CASE]
 *
 * It needs `haproxy` (2.6) in the path and about 700 free ports. Exit code 1: an unexpected difference.
 */
import { uncompared } from "../tests/expr/coverage.ts";
import { hostname } from "node:os";
import { encodeHttpValue } from "../lib/expr/log_escape.ts";
import {
  ACL_CASES,
  CONVERTER_CASES,
  FETCH_CASES,
  PREDEFINED_CASES,
  RICH,
} from "../tests/expr/cases.ts";
import { PLAIN, RULE_CASES, type RuleCase } from "../tests/rules/cases.ts";

interface Comparison {
  readonly name: string;
  readonly global?: readonly string[];
  readonly rules: readonly string[];
  readonly request: readonly string[];
  readonly body?: string;
  /** a server of its own answers with these lines */
  readonly response?: readonly string[];
  /** what is compared of the answer */
  readonly read: (answer: Answer, received: string) => string;
  readonly expected: string;
  /** the real one's value where it differs, when it is known */
  readonly known?: string;
  readonly why?: string;
}

interface Answer {
  readonly head: string;
  readonly body: string;
}

/** One word of a configuration line, quoted. */
function quoted(text: string): string {
  if (!text.includes("'")) return `'${text}'`;
  return `"${text.replace(/["\\$]/g, "\\$&")}"`;
}

const body = (answer: Answer) => answer.body;
const lines = (head: string) =>
  head.replace(/\r\n\r\n$/, "").split("\r\n").map((line, i) =>
    i === 0 ? line : line.replace(/^[^:]*/, (name) => name.toLowerCase())
  );

function comparisons(): Comparison[] {
  const list: Comparison[] = [];
  for (const row of [...FETCH_CASES, ...CONVERTER_CASES]) {
    if (row.since !== undefined) continue;
    const format = quoted(`[%[${row.expression}]]`);
    list.push({
      name: row.expression,
      global: row.global,
      rules: [
        ...row.before ?? [],
        `http-request return status 200 content-type text/plain lf-string ${format}`,
      ],
      request: row.request ?? RICH,
      body: row.body,
      read: body,
      expected: `[${encodeHttpValue(row.expected)}]`,
      known: row.haproxy === undefined ? undefined : `[${row.haproxy}]`,
      why: row.why,
    });
  }
  for (const row of [...ACL_CASES, ...PREDEFINED_CASES]) {
    const condition = PREDEFINED_CASES.includes(row) ? row.acl : `{ ${row.acl} }`;
    list.push({
      name: `acl ${row.acl}`,
      rules: [
        `http-request return status 200 if ${condition}`,
        "http-request return status 404",
      ],
      request: row.request ?? RICH,
      // A request may be HEAD: the status tells.
      read: (answer) => String(answer.head.startsWith("HTTP/1.1 200")),
      expected: String(row.expected),
      known: row.haproxy === undefined ? undefined : String(row.haproxy),
      why: row.why,
    });
  }
  for (const row of RULE_CASES) list.push(ruleComparison(row));
  return list;
}

function ruleComparison(row: RuleCase): Comparison {
  const common = {
    name: row.rules.join(" / "),
    rules: row.rules,
    request: row.request ?? PLAIN,
    response: row.response ?? ["HTTP/1.1 200 OK", "Content-Length: 0"],
    known: row.differs === undefined ? undefined : "",
    why: row.differs,
  };
  const text = (parts: readonly string[]) => parts.join("\n");
  if (row.sent !== undefined) {
    return {
      ...common,
      read: (_, received) => text(lines(received)),
      expected: text(row.sent).replace("|box", `|${hostname()}`),
    };
  }
  if (row.returned !== undefined) {
    return { ...common, read: (answer) => text(lines(answer.head)), expected: text(row.returned) };
  }
  if (row.page !== undefined) {
    return { ...common, read: (answer) => answer.head.split(" ")[1], expected: String(row.page) };
  }
  return {
    ...common,
    read: (answer) => {
      const [start, ...fields] = lines(answer.head);
      const status = start.split(" ").slice(0, 2).join(" ");
      return text([status, ...fields, ...(answer.body === "" ? [] : ["", answer.body])]);
    },
    expected: text(row.reply!),
  };
}

/** A server that answers each request with fixed lines and keeps what it received. */
class Recorder {
  received = "";
  readonly listener: Deno.Listener;
  readonly #answer: Uint8Array;

  constructor(response: readonly string[]) {
    this.#answer = new TextEncoder().encode([...response, "", ""].join("\r\n"));
    this.listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#run();
  }

  get port(): number {
    return (this.listener.addr as Deno.NetAddr).port;
  }

  async #run(): Promise<void> {
    for await (const conn of this.listener) {
      this.received = (await readHead(conn)).head;
      await conn.write(this.#answer).catch(() => 0);
      conn.close();
    }
  }
}

async function readHead(conn: Deno.Conn): Promise<{ head: string; rest: string }> {
  const decoder = new TextDecoder("latin1");
  const buffer = new Uint8Array(65536);
  let text = "";
  for (;;) {
    const end = text.indexOf("\r\n\r\n");
    if (end >= 0) return { head: text.slice(0, end + 4), rest: text.slice(end + 4) };
    const n = await conn.read(buffer).catch(() => null);
    if (n === null) return { head: text, rest: "" };
    text += decoder.decode(buffer.subarray(0, n), { stream: true });
  }
}

async function ask(port: number, request: readonly string[], body = ""): Promise<Answer> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  try {
    await conn.write(new TextEncoder().encode([...request, "", body].join("\r\n")));
    const { head, rest } = await readHead(conn);
    const length = Number(/^content-length: *([0-9]+)/im.exec(head)?.[1] ?? 0);
    let text = rest;
    const buffer = new Uint8Array(65536);
    while (text.length < length && !request[0].startsWith("HEAD")) {
      const n = await conn.read(buffer).catch(() => null);
      if (n === null) break;
      text += new TextDecoder("latin1").decode(buffer.subarray(0, n));
    }
    return { head, body: text };
  } finally {
    conn.close();
  }
}

/** Ports that are free now, found by listening on them. */
function freePorts(count: number): number[] {
  const held = Array.from({ length: count }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const ports = held.map((l) => (l.addr as Deno.NetAddr).port);
  for (const l of held) l.close();
  return ports;
}

/** Each case has its own process section; those that look at names use `fe` and `be`, so they run alone. */
function configuration(
  batch: readonly Comparison[],
  ports: readonly number[],
  recorders: readonly (Recorder | undefined)[],
) {
  const text = [
    "global",
    " expose-experimental-directives",
    ...all.flatMap((comparison) => comparison.global ?? []),
    "defaults",
    " mode http",
    " timeout connect 2s",
    " timeout client 5s",
    " timeout server 5s",
    " timeout tarpit 50ms",
    // Without a log HAProxy keeps no request line, which `capture.req.*` read.
    " log stdout format raw local0",
    " log-format %r",
  ];
  batch.forEach((comparison, i) => {
    const alone = batch.length === 1;
    const backend = alone ? "be" : `be${i}`;
    text.push(`frontend ${alone ? "fe" : `fe${i}`}`, ` bind 127.0.0.1:${ports[i]} name door`);
    for (const rule of comparison.rules) text.push(" " + rule);
    text.push(` default_backend ${backend}`);
    if (comparison.response === undefined) return;
    text.push(`backend ${backend}`, ` server s1 127.0.0.1:${recorders[i]!.port}`);
  });
  const named = batch.length === 1 && batch[0].response !== undefined;
  if (!named) text.push("backend be", " server s1 127.0.0.1:1");
  for (let i = 0; i < batch.length; i++) {
    if (batch[i].response === undefined && batch.length > 1) text.push(`backend be${i}`);
  }
  return text.join("\n") + "\n";
}

async function runBatch(batch: readonly Comparison[]): Promise<string[]> {
  // The servers first: they must not get a port that was found free for HAProxy.
  const recorders = batch.map((c) => c.response && new Recorder(c.response));
  const ports = freePorts(batch.length);
  const file = await Deno.makeTempFile({ prefix: "compare_expr_", suffix: ".cfg" });
  await Deno.writeTextFile(file, configuration(batch, ports, recorders));
  const child = new Deno.Command("haproxy", {
    args: ["-db", "-f", file],
    env: { SLUICE_COMPARE: "from outside" },
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const said = new Response(child.stderr).text();
  const answers: string[] = [];
  try {
    await listening(ports[0], child);
    // The connection that found it listening must not be counted any more.
    await new Promise((done) => setTimeout(done, 100));
    for (let i = 0; i < batch.length; i++) {
      const answer = await ask(ports[i], batch[i].request, batch[i].body);
      answers.push(batch[i].read(answer, recorders[i]?.received ?? ""));
    }
  } catch (error) {
    throw new Error(`haproxy: ${error}\n${child.pid === 0 ? "" : await stop(child, said)}`);
  } finally {
    await stop(child, said);
    for (const recorder of recorders) recorder?.listener.close();
    await Deno.remove(file);
  }
  return answers;
}

async function stop(child: Deno.ChildProcess, said: Promise<string>): Promise<string> {
  try {
    child.kill("SIGTERM");
  } catch { /* it has ended by itself */ }
  await child.status;
  return await said;
}

async function listening(port: number, child: Deno.ChildProcess): Promise<void> {
  let ended = false;
  child.status.then(() => ended = true);
  for (let i = 0; i < 200 && !ended; i++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      await new Promise((done) => setTimeout(done, 25));
    }
  }
  throw new Error("it does not listen");
}

const wanted = Deno.args[0] ?? "";
const all = comparisons().filter((c) => c.name.includes(wanted));
const namesMatter = (c: Comparison) =>
  /fe_|be_|%b|%f|srv_|act_conn|dst_conn/.test(c.rules.join(" "));
const alone = all.filter(namesMatter);
const together = all.filter((c) => !namesMatter(c));
let differences = 0;
let knownDifferences = 0;

function judge(comparison: Comparison, real: string): void {
  const { name, expected, known, why } = comparison;
  if (why === undefined) {
    if (real === expected) return;
    differences++;
    console.log(`DIFFERS ${name}\n  table:   ${show(expected)}\n  haproxy: ${show(real)}`);
  } else if (real === expected || (known !== "" && real !== known)) {
    differences++;
    console.log(`NO LONGER DIFFERS AS NOTED ${name}\n  haproxy: ${show(real)}`);
  } else {
    knownDifferences++;
    console.log(`known   ${name}: ${why}`);
  }
}

const show = (text: string) => text.replaceAll("\n", "\n           ");

if (together.length > 0) {
  const answers = await runBatch(together);
  together.forEach((comparison, i) => judge(comparison, answers[i]));
}
for (const comparison of alone) judge(comparison, (await runBatch([comparison]))[0]);
if (wanted === "") {
  const { fetches, converters, actions } = uncompared();
  const names = [...fetches.map(([name]) => name), ...converters, ...actions];
  console.log(
    `${names.length} rows depend on more than a request and are not compared here; ` +
      `tests/expr/coverage_test.ts says which test has each: ${names.join(" ")}`,
  );
}
console.log(
  `${all.length} cases compared, ${differences} unexpected differences, ${knownDifferences} known`,
);
Deno.exit(differences === 0 ? 0 : 1);
