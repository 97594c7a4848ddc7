import assert from "node:assert/strict";
import { SinkPool } from "../../lib/log/sink_pool.ts";
import { createLogger } from "../../lib/log/logger.ts";
import type { LogTarget } from "../../lib/config/model_log.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { scopedTest } from "../support/scope.ts";

const span = { file: "t.cfg", line: 1, column: 1, length: 1 };

scopedTest(
  "a log file is appended to, and after it was renamed a new one is opened when asked for",
  {},
  async (scope) => {
    const path = scope.write("access.log", "before\n");
    const sinks = new SinkPool({ clock: new FakeClock() });
    const sink = sinks.get({ type: "file", path });
    sink.write("one");
    await sinks.flush();
    Deno.renameSync(path, `${path}.1`);
    sink.write("two");
    await sinks.flush();
    sinks.reopen();
    sink.write("three");
    await sinks.flush();
    sinks.close();
    assert.equal(Deno.readTextFileSync(`${path}.1`), "before\none\ntwo\n");
    assert.equal(Deno.readTextFileSync(path), "three\n");
  },
);

scopedTest(
  "a file that is asked for while lines are written ends with the last of them",
  {},
  async (
    scope,
  ) => {
    const path = scope.path("access.log");
    const sinks = new SinkPool({ clock: new FakeClock() });
    const sink = sinks.get({ type: "file", path });
    for (let i = 0; i < 1000; i++) {
      sink.write(`line ${i}`);
      if (i === 500) sinks.flush();
      if (i === 501) {
        Deno.renameSync(path, `${path}.1`);
        sinks.reopen();
      }
    }
    await sinks.flush();
    sinks.close();
    const all = Deno.readTextFileSync(`${path}.1`) + Deno.readTextFileSync(path);
    assert.deepEqual(
      all.split("\n"),
      [...Array.from({ length: 1000 }, (_, i) => `line ${i}`), ""],
    );
  },
);

scopedTest("a log file that cannot be opened is told at once", {}, (scope) => {
  const told: string[] = [];
  const sinks = new SinkPool({ clock: new FakeClock(), onDrop: (text) => void told.push(text) });
  sinks.get({ type: "file", path: scope.path("no/such/directory.log") });
  assert.match(told[0], /^the log file cannot be opened: .*no\/such\/directory\.log/);
  sinks.close();
  return Promise.resolve();
});

Deno.test("'rate' bounds the lines of a second; those beyond are counted as lost and told", () => {
  const clock = new FakeClock();
  const told: string[] = [];
  let lost = 0;
  const sinks = new SinkPool({
    clock,
    onDrop: (text) => void told.push(text),
    onLost: () => lost++,
  });
  const target: LogTarget = {
    transport: { type: "udp", host: "127.0.0.1", port: 9 },
    facility: 16,
    level: 7,
    minLevel: 0,
    format: "raw",
    length: 1024,
    rate: 100,
    span,
  };
  const written: string[] = [];
  sinks.get(target.transport).write = (line) => void written.push(line);
  // Two threads share what a second allows.
  const logger = createLogger([target], { tag: "sluice", pid: 1, clock, sinks, threads: 2 });
  for (let i = 0; i < 1000; i++) logger.send(6, `line ${i}`);
  assert.deepEqual([written.length, lost], [50, 950]);
  clock.advance(1000);
  for (let i = 0; i < 20; i++) logger.send(6, "more");
  assert.deepEqual([written.length, lost], [70, 950]);
  clock.advance(10_000);
  assert.deepEqual(told, ["950 log lines to udp 127.0.0.1:9 were dropped"]);
  sinks.close();
});
