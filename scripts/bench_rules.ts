/**
 * What rules cost in process: 200 ACLs with 200 `use_backend` lines, and maps of 10 and of 100,000 entries.
 *
 *     deno run -A scripts/bench_rules.ts
 *
 * The goals: the choice among 200 costs at most 1.3 times what HAProxy spends on it (scripts/bench.ts has that row);
 * a map of 100,000 entries at most 1.2 times one of 10. Each number is the median of several runs.
 */
import { Diagnostics } from "../lib/config/diagnostic.ts";
import type { WordsAt } from "../lib/config/model.ts";
import { compileAcls } from "../lib/expr/acl.ts";
import { compileExpression } from "../lib/expr/compile.ts";
import type { CompileContext, PlacedContext } from "../lib/expr/context_compile.ts";
import type { StreamView } from "../lib/expr/context.ts";
import { Shared } from "../lib/expr/shared.ts";
import { bytesOfLatin1 } from "../lib/http1/bytes.ts";
import { Head } from "../lib/http1/head.ts";
import { parseRequest } from "../lib/http1/parse_request.ts";
import { compileUseBackends } from "../lib/rules/use_backend.ts";

const RUNS = 9;
const TIMES = 20_000;

function wordsAt(line: string): WordsAt {
  const span = { file: "bench.cfg", line: 1, column: 1, length: line.length };
  return { words: line.split(" ").map((text) => ({ text, span })), span };
}

const requests = new Map<string, StreamView>();

/** A stream whose request has this path. Heads are made anew, as they come from the wire. */
function request(path: string): StreamView {
  let stream = requests.get(path);
  if (stream === undefined) {
    const bytes = bytesOfLatin1(`GET ${path} HTTP/1.1\r\nHost: h.example\r\n\r\n`);
    const head = new Head("request");
    const error = parseRequest(head, bytes, 0, bytes.length, { maxhdr: 101, acceptInvalid: false });
    if (error !== 0) throw new Error("bad request");
    const remote = { family: 4 as const, host: "10.1.2.3", port: 1 };
    stream = { request: head, session: { remote, local: remote } } as unknown as StreamView;
    requests.set(path, stream);
  }
  return stream;
}

/** ns for one call, median of the runs. */
function measure(call: (i: number) => unknown): number {
  const results: number[] = [];
  for (let run = 0; run <= RUNS; run++) {
    const start = performance.now();
    for (let i = 0; i < TIMES; i++) call(i);
    results.push((performance.now() - start) * 1e6 / TIMES);
  }
  return results.slice(1).sort((a, b) => a - b)[RUNS >> 1];
}

function context(parts: Partial<CompileContext> = {}): PlacedContext {
  return {
    diagnostics: new Diagnostics(),
    side: "frontend",
    mode: "http",
    place: "http-request",
    ...parts,
  };
}

function report(name: string, ns: number): void {
  console.log(`${name.padEnd(52)} ${ns.toFixed(0).padStart(8)} ns`);
}

const COUNT = 200;
const paths = Array.from({ length: COUNT }, (_, i) => `/part-${i}/`);
const acls = compileAcls(
  paths.map((path, i) => wordsAt(`is_${i} path_beg ${path}`)),
  context(),
);
const choose = compileUseBackends(
  paths.map((_, i) => wordsAt(`be_${i} if is_${i}`)),
  context({ acls }),
)!;
const first = [0, 1, 2, 3].map((i) => request(`/part-${i}/x`));
const last = [196, 197, 198, 199].map((i) => request(`/part-${i}/x`));
const none = ["/a", "/b", "/c", "/d"].map((path) => request(path));
report("200 use_backend by path_beg: the first ones", measure((i) => choose(first[i & 3])));
report("200 use_backend by path_beg: the last ones", measure((i) => choose(last[i & 3])));
report("200 use_backend by path_beg: none", measure((i) => choose(none[i & 3])));

const KEYS: Readonly<Record<string, (i: number) => string>> = {
  str: (i) => `/key-${i}/x`,
  beg: (i) => `/key-${i}/`,
  end: (i) => `-${i}/x`,
  dir: (i) => `key-${i}`,
  ip: (i) => `10.${(i >> 14) & 255}.${(i >> 6) & 255}.${(i & 63) * 4}/30`,
};
for (const [match, keyOf] of Object.entries(KEYS)) {
  const times = [10, 100_000].map((size) => {
    const lines = Array.from({ length: size }, (_, i) => `${keyOf(i)} value${i}`).join("\n");
    const ctx = context({ readFile: () => lines, shared: new Shared() });
    const fetch = match === "ip" ? "src" : "path";
    const { words } = wordsAt(`${fetch},map_${match}(bench.map,none)`);
    const expression = compileExpression(words[0], ctx)!;
    const hits = [1, 3, 5, 7].map((i) => request(`/key-${i * size / 10 | 0}/x`));
    return measure((i) => expression.eval(hits[i & 3]));
  });
  report(`map_${match} with 10 entries`, times[0]);
  report(`map_${match} with 100,000 entries (${(times[1] / times[0]).toFixed(2)} times)`, times[1]);
}
