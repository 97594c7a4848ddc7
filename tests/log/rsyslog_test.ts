import assert from "node:assert/strict";
import type { LogLineFormat, LogTarget, LogTransport } from "../../lib/config/model_log.ts";
import { createLogger } from "../../lib/log/logger.ts";
import { SinkPool } from "../../lib/log/sink_pool.ts";
import { systemClock } from "../../lib/net/clock.ts";
import { freePort } from "../support/ports.ts";
import { delay, waitFor } from "../support/poll.ts";
import { startRsyslog } from "../support/rsyslog.ts";
import { scopedTest } from "../support/scope.ts";

const span = { file: "t.cfg", line: 1, column: 1, length: 1 };
const LINES = 300;

scopedTest(
  "rsyslog takes every line, whole and under its facility and level, by UDP, TCP and Unix socket",
  { programs: ["rsyslogd"] },
  async (scope) => {
    const udp = { host: "127.0.0.1", port: freePort() };
    const tcp = { host: "127.0.0.1", port: freePort() };
    const facilities = ["local0", "local1", "local2", "local3", "daemon"];
    const rsyslog = await startRsyslog(scope, { udp: [udp], tcp, facilities });
    const ways: [string, number, LogTransport, LogLineFormat][] = [
      ["local0", 16, { type: "udp", ...udp }, "local"],
      ["local1", 17, { type: "tcp", ...tcp }, "rfc3164"],
      ["local2", 18, { type: "unix", path: rsyslog.socket }, "local"],
      ["local3", 19, { type: "tcp", ...tcp }, "rfc5424"],
      ["daemon", 3, { type: "udp", ...udp }, "rfc5424"],
    ];
    const sinks = new SinkPool({ clock: systemClock });
    scope.defer("sinks", () => sinks.close());
    const targets = ways.map(([, facility, transport, format]): LogTarget => ({
      transport,
      facility,
      level: 6,
      minLevel: 2,
      format,
      length: 1024,
      span,
    }));
    const logger = createLogger(targets, {
      tag: "sluice-test",
      hostname: "edge7",
      pid: 77,
      clock: systemClock,
      sinks,
    });
    for (let i = 0; i < LINES; i++) {
      logger.send(i % 9 % 8, `line ${i} of 300`);
      // The kernel drops datagrams that rsyslog has no room for.
      if (i % 20 === 0) await delay(10);
    }
    const sent = Array.from({ length: LINES }, (_, i) => i).filter((i) => i % 9 % 8 !== 7);
    for (const [facility] of ways) {
      const lines = await waitFor(`${sent.length} lines of ${facility}`, () => {
        const found = rsyslog.lines(facility);
        return found.length >= sent.length ? found : undefined;
      }, { explain: () => `${rsyslog.lines(facility).length} came` });
      assert.deepEqual(
        lines.map((line) => line.replace(/^.{15} \S+ (\S+?):? /, "$1: ")),
        sent.map((i) => `sluice-test[77]: line ${i} of 300`),
        facility,
      );
    }
    const names = ["crit", "crit", "crit", "err", "warning", "notice", "info"];
    for (const [facility] of ways) {
      const levels = rsyslog.all().filter((line) => line.startsWith(`${facility}.`))
        .map((line) => line.split(" ")[0].split(".")[1]);
      assert.deepEqual(levels, sent.map((i) => names[i % 9 % 8]), facility);
    }
    assert.equal(sinks.dropped, 0);
  },
);
