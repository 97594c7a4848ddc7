import assert from "node:assert/strict";
import type { ForwardOptions, LogTarget } from "../../../lib/config/model_log.ts";
import { SyslogForwarder } from "../../../lib/log/syslog/forwarder.ts";
import { ManualClock } from "../../../lib/net/manual_clock.ts";

const span = { file: "", line: 0, column: 0, length: 0 };
const target = (name: string, more: Partial<LogTarget> = {}): LogTarget => ({
  transport: { type: "unix", path: name },
  facility: 16,
  level: 7,
  minLevel: 0,
  format: "local",
  length: 1024,
  span,
  ...more,
});

function forwarder(targets: LogTarget[], options: Partial<ForwardOptions> = {}) {
  const lines: string[] = [];
  const made = new SyslogForwarder(
    targets,
    { dontParse: false, linesOnly: false, host: "keep", ...options },
    {
      clock: new ManualClock(),
      sinks: {
        get: (transport) => ({
          write: (line) => void lines.push(`${(transport as { path: string }).path} ${line}`),
        }),
      },
    },
  );
  return { lines, forward: (text: string) => made.forward(text, "10.0.0.9") };
}

Deno.test("samples spread messages over targets: each gets its share in turn", () => {
  const { lines, forward } = forwarder([
    target("a", { format: "raw", sample: { ranges: [[1, 1]], size: 3 } }),
    target("b", { format: "raw", sample: { ranges: [[2, 3]], size: 3 } }),
  ]);
  for (let i = 1; i <= 6; i++) forward(`<13>${i}`);
  assert.deepEqual(lines, ["a 1", "b 2", "b 3", "a 4", "b 5", "b 6"]);
});

Deno.test("level and minlevel of a target hold for messages as they do for own lines", () => {
  const { lines, forward } = forwarder([
    target("err", { level: 3, format: "priority" }),
    target("low", { minLevel: 6, format: "priority" }),
  ]);
  forward("<11>error");
  forward("<14>info");
  assert.deepEqual(lines, ["err <11>error", "low <14>error", "low <14>info"]);
});

Deno.test("option host fills, replaces or extends the host by the sender's address", () => {
  const rfc = [target("x", { format: "rfc5424" })];
  const named = "<13>1 - box app - - - hi";
  const nameless = "<13>1 - - app - - - hi";
  const hosts = (host: ForwardOptions["host"]) => {
    const { lines, forward } = forwarder(rfc, { host });
    forward(named);
    forward(nameless);
    return lines.map((line) => line.split(" ")[3]);
  };
  assert.deepEqual(hosts("keep"), ["box", "-"]);
  assert.deepEqual(hosts("fill"), ["box", "10.0.0.9"]);
  assert.deepEqual(hosts("replace"), ["10.0.0.9", "10.0.0.9"]);
  assert.deepEqual(hosts("append"), ["box,10.0.0.9", "10.0.0.9"]);
});

Deno.test("option dont-parse-log passes the bytes on as they came", () => {
  const { lines, forward } = forwarder([target("raw", { format: "raw" })], { dontParse: true });
  forward("<13>Oct 11 22:14:15 host x[1]: y");
  assert.deepEqual(lines, ["raw <13>Oct 11 22:14:15 host x[1]: y"]);
});

Deno.test("a line feed inside a message cannot forge another one", () => {
  const { lines, forward } = forwarder([target("raw", { format: "raw" })]);
  forward("<13>one\n<0>two\n");
  assert.deepEqual(lines, ["raw one#0A<0>two"]);
});
