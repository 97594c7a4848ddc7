import assert from "node:assert/strict";
import { percentiles, readLog } from "../../scripts/bench/latency.ts";
import {
  putBetweenMarks,
  TABLE_HEAD,
  tableLine,
  unmeasuredLine,
} from "../../scripts/bench/report.ts";

Deno.test("bench: a line has as many cells as the head, and a dash for what was not measured", () => {
  const of = (name: string, cost: number) => ({
    name,
    cost,
    lowest: cost - 1,
    highest: cost + 1,
    perSecond: 1000.4,
  });
  const line = tableLine({
    title: "small",
    measured: [{ ...of("haproxy", 20), p50: 0.251, p99: 1 }, of("sluice", 25), of("nginx", 17)],
    rate: 500,
  });
  assert.equal(
    line,
    "| small | 20.0 (19.0–21.0) | 25.0 (24.0–26.0) | **1.25** | 17.0 | – | 1000 | 1000 | 500 | " +
      "0.25 / 1.00 | – |",
  );
  const cells = (text: string) => text.split("|").length;
  for (const head of TABLE_HEAD) assert.equal(cells(head), cells(line));
});

Deno.test("bench: latencies are read from h2load's log; an answer that is not 200 is an error", () => {
  const log = Array.from({ length: 100 }, (_, i) => `1\t200\t${(100 - i) * 1000}\n`).join("");
  assert.deepEqual(percentiles(readLog(log, "url")), { p50: 51, p99: 100 });
  assert.throws(() => readLog("1\t200\t5\n1\t503\t5\n", "url"), /url: an answer with status 503/);
});

Deno.test("bench: the table replaces what stands between the marks of a page", () => {
  const [begin, end] = ["begin", "end"].map((which) =>
    `<!-- deno task bench --write: ${which} -->`
  );
  const page = `a\n${begin}\nold\n${end}\nb\n`;
  assert.equal(putBetweenMarks(page, ["new"]), `a\n${begin}\n\nnew\n\n${end}\nb\n`);
  assert.throws(() => putBetweenMarks("a", []), /no lines/);
});

Deno.test("bench: a row in which a request failed is a line of dashes as long as the others", () => {
  const line = unmeasuredLine("10,000");
  assert.equal(line.split("|").length, TABLE_HEAD[0].split("|").length);
  assert.match(line, /^\| 10,000( \| –)+ \|$/);
});
