import assert from "node:assert/strict";
import type { LogLineFormat } from "../../lib/config/model_log.ts";
import { compileHeader } from "../../lib/log/format_line.ts";
import { curl } from "../support/curl.ts";
import { freePort, waitListening } from "../support/ports.ts";
import { waitFor } from "../support/poll.ts";
import { start } from "../support/process.ts";
import { scopedTest } from "../support/scope.ts";

const FORMATS: readonly LogLineFormat[] = [
  "local",
  "rfc3164",
  "rfc5424",
  "priority",
  "short",
  "timed",
  "iso",
  "raw",
];

const wall = new Date(2026, 10, 2, 3, 4, 5, 67).getTime();
const minutes = -new Date(wall).getTimezoneOffset();
const zone = `${minutes < 0 ? "-" : "+"}${
  String(Math.trunc(Math.abs(minutes) / 60)).padStart(2, "0")
}:${String(Math.abs(minutes) % 60).padStart(2, "0")}`;
const id = { tag: "sluice", pid: 42 };

function header(format: LogLineFormat, level = 6, hostname?: string, at = wall): string {
  return compileHeader({ format, facility: 18 }, { ...id, hostname })(level, at);
}

Deno.test("each format puts its own header before the text", () => {
  assert.equal(header("local"), "<150>Nov  2 03:04:05 sluice[42]: ");
  assert.equal(header("rfc3164"), "<150>Nov  2 03:04:05 localhost sluice[42]: ");
  assert.equal(header("rfc5424"), `<150>1 2026-11-02T03:04:05.067000${zone} - sluice 42 - - `);
  assert.equal(header("priority"), "<150>");
  assert.equal(header("short"), "<6>");
  assert.equal(header("timed"), `<6>2026-11-02T03:04:05.067000${zone} `);
  assert.equal(header("iso"), `2026-11-02T03:04:05.067000${zone} `);
  assert.equal(header("raw"), "");
});

Deno.test("a host name stands in the two formats that have a place for it", () => {
  assert.equal(header("local", 6, "edge"), "<150>Nov  2 03:04:05 sluice[42]: ");
  assert.equal(header("rfc3164", 6, "edge"), "<150>Nov  2 03:04:05 edge sluice[42]: ");
  assert.match(header("rfc5424", 6, "edge"), / edge sluice 42 - - $/);
});

Deno.test("the kept header follows the second and the level", () => {
  const of = compileHeader({ format: "local", facility: 16 }, id);
  assert.equal(of(6, wall), "<134>Nov  2 03:04:05 sluice[42]: ");
  assert.equal(of(0, wall), "<128>Nov  2 03:04:05 sluice[42]: ");
  assert.equal(of(6, wall + 932), "<134>Nov  2 03:04:05 sluice[42]: ");
  assert.equal(of(6, wall + 933), "<134>Nov  2 03:04:06 sluice[42]: ");
  assert.equal(of(0, wall + 10 * 86_400_000), "<128>Nov 12 03:04:05 sluice[42]: ");
  const iso = compileHeader({ format: "iso", facility: 16 }, id);
  assert.equal(iso(6, wall), `2026-11-02T03:04:05.067000${zone} `);
  assert.equal(iso(6, wall + 0.25), `2026-11-02T03:04:05.067250${zone} `);
  assert.equal(iso(3, wall + 1000), `2026-11-02T03:04:06.067000${zone} `);
});

Deno.test("a tag beyond ASCII is written as its UTF-8 bytes", () => {
  const of = compileHeader({ format: "local", facility: 16 }, { tag: "wéb", pid: 1 });
  assert.ok(of(6, wall).endsWith(" w\xc3\xa9b[1]: "));
});

/** The time in a header of HAProxy's, ms since 1970 UTC with microseconds as the fraction. */
function timeIn(line: string): number {
  const iso = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6})([+-]\d\d:\d\d)/.exec(line);
  if (iso !== null) return Date.parse(iso[1] + iso[3]) + Number(iso[2]) / 1000;
  const old = /^<\d+>(\w{3} [ \d]\d) (\d\d:\d\d:\d\d) /.exec(line);
  if (old !== null) return Date.parse(`${old[1]} ${new Date().getFullYear()} ${old[2]}`);
  return 0;
}

for (const hostname of [undefined, "edge7"]) {
  scopedTest(
    `headers are byte for byte those of HAProxy${
      hostname === undefined ? "" : " with log-send-hostname"
    }`,
    { programs: ["haproxy", "curl"] },
    async (scope) => {
      const port = freePort();
      const conf = scope.write(
        "haproxy.cfg",
        `global
${FORMATS.map((f) => `    log fd@2 format ${f} local2`).join("\n")}
    log fd@2 format short local2 debug warning
    log fd@2 len 80 format rfc5424 local2
    log fd@2 format raw local2 err
    log-tag tag-x
    ${hostname === undefined ? "" : `log-send-hostname ${hostname}`}
defaults
    mode http
    log global
    timeout client 5s
    timeout connect 5s
    timeout server 5s
    log-format "message of %HP %ST"
listen web
    bind 127.0.0.1:${port}
    http-request set-log-level alert if { path /alert }
    http-request return status 200
`,
      );
      const haproxy = start(scope, "haproxy", ["haproxy", "-db", "-f", conf]);
      await waitListening(haproxy, [`127.0.0.1:${port}`]);
      for (
        const [path, level, count] of [["/info", 6, 10], ["/alert", 1, 11]] as [
          string,
          number,
          number,
        ][]
      ) {
        await curl(`http://127.0.0.1:${port}${path}`);
        const text = `message of ${path} 200`;
        // The line of `len 80` may be cut within the text.
        const lines = await waitFor("the lines of all targets", () => {
          const found = haproxy.output().split("\n").filter((l) => l.includes("message of /"))
            .filter((l) => text.startsWith(l.slice(l.indexOf("message of /"))));
          return found.length >= count ? found : undefined;
        }, { explain: () => haproxy.output() });
        const ours = FORMATS.map((format) => ({ format, level, length: 1024 }));
        ours.push({ format: "short", level: Math.max(level, 4), length: 1024 });
        ours.push({ format: "rfc5424", level, length: 80 });
        if (level <= 3) ours.push({ format: "raw", level, length: 1024 });
        assert.equal(lines.length, ours.length);
        for (const [i, { format, level, length }] of ours.entries()) {
          const of = compileHeader({ format, facility: 18 }, {
            tag: "tag-x",
            hostname,
            pid: haproxy.pid,
          });
          const line = of(level, timeIn(lines[i])) + text;
          // On a descriptor HAProxy counts the line end.
          assert.equal(line.slice(0, length - 1), lines[i], format);
        }
      }
    },
  );
}
