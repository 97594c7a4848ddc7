import assert from "node:assert/strict";
import type { LogTarget } from "../../lib/config/model_log.ts";
import { createLogger, noLogger } from "../../lib/log/logger.ts";
import { SinkPool } from "../../lib/log/sink_pool.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { scopedTest } from "../support/scope.ts";

const span = { file: "t.cfg", line: 1, column: 1, length: 1 };

function target(more: Partial<LogTarget>): LogTarget {
  return {
    transport: { type: "stdout" },
    facility: 16,
    level: 7,
    minLevel: 0,
    format: "short",
    length: 1024,
    span,
    ...more,
  };
}

/** What a logger with these targets writes, by sink. */
function written(targets: LogTarget[], use: (send: (level: number, text: string) => void) => void) {
  const clock = new FakeClock();
  const sinks = new SinkPool({ clock });
  const lines: string[] = [];
  for (const each of targets) {
    const sink = sinks.get(each.transport);
    sink.write = (line) => void lines.push(line);
  }
  const logger = createLogger(targets, { tag: "sluice", pid: 1, clock, sinks });
  use((level, text) => logger.send(level, text));
  sinks.close();
  return lines;
}

Deno.test("a target takes lines as urgent as its level, and caps those above minlevel", () => {
  const lines = written([target({ level: 5, minLevel: 3 })], (send) => {
    for (let level = 0; level < 8; level++) send(level, `line${level}`);
  });
  assert.deepEqual(lines, ["<3>line0", "<3>line1", "<3>line2", "<3>line3", "<4>line4", "<5>line5"]);
});

Deno.test("every target gets the line in its own format and length", () => {
  const lines = written(
    [target({ format: "raw", length: 80 }), target({ format: "priority", facility: 1 })],
    (send) => send(6, "x".repeat(100)),
  );
  assert.deepEqual(lines, ["x".repeat(79), `<14>${"x".repeat(100)}`]);
});

Deno.test("the header counts against the longest length; the line end does on a descriptor only", () => {
  const udp = { type: "udp", host: "127.0.0.1", port: 514 } as const;
  const lines = written(
    [target({ length: 80 }), target({ transport: udp, length: 80 })],
    (send) => send(6, "x".repeat(100)),
  );
  assert.deepEqual(lines, [`<6>${"x".repeat(76)}`, `<6>${"x".repeat(77)}`]);
});

Deno.test("a sample takes the numbered lines of each round, counting only those its level admits", () => {
  const sample = { ranges: [[1, 1], [3, 4]] as const, size: 5 };
  const lines = written([target({ format: "raw", level: 6, sample })], (send) => {
    for (let i = 1; i <= 10; i++) {
      send(7, "debug");
      send(6, String(i));
    }
  });
  assert.deepEqual(lines, ["1", "3", "4", "6", "8", "9"]);
});

Deno.test("a line feed in the text cannot start another line", () => {
  const lines = written([target({ format: "raw" })], (send) => {
    send(6, "a\nb\n\n");
  });
  assert.deepEqual(lines, ["a#0Ab"]);
});

Deno.test("a logger without targets says so", () => {
  const clock = new FakeClock();
  const sinks = new SinkPool({ clock });
  assert.equal(createLogger([], { tag: "sluice", pid: 1, clock, sinks }).enabled, false);
  assert.equal(noLogger.enabled, false);
});

scopedTest("two loggers of one destination share its sink", {}, () => {
  const clock = new FakeClock();
  const sinks = new SinkPool({ clock });
  const transport = { type: "udp", host: "127.0.0.1", port: 514 } as const;
  assert.equal(sinks.get(transport), sinks.get({ ...transport }));
  assert.equal(sinks.get({ type: "fd", fd: 1 }), sinks.get({ type: "stdout" }));
  assert.notEqual(sinks.get(transport), sinks.get({ ...transport, port: 515 }));
  sinks.close();
  return Promise.resolve();
});
