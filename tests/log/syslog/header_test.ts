import assert from "node:assert/strict";
import type { LogLineFormat } from "../../../lib/config/model_log.ts";
import { headerFor } from "../../../lib/log/syslog/header.ts";
import { parseSyslog } from "../../../lib/log/syslog/message.ts";
import { isoTime, microseconds, rfc3164Time } from "../../../lib/log/timestamp.ts";
import { messageCases } from "./cases.ts";

const wall = Date.UTC(2026, 10, 27, 21, 37, 7, 761);
const { date, zone } = isoTime(wall);

function made(message: string, format: LogLineFormat | undefined): string {
  const parsed = parseSyslog(message);
  const level = parsed.priority < 0 ? 0 : parsed.priority & 7;
  const header = headerFor(parsed, level, wall, { format, facility: 16, hostname: "localhost" });
  return header + parsed.text;
}

for (const each of messageCases) {
  Deno.test(`a message goes on as HAProxy sends it, in every format: ${each.message.trim()}`, () => {
    const expected = (text: string) =>
      text.replace("NOW5424", date + microseconds(wall) + zone).replace(
        "NOW3164",
        rfc3164Time(wall),
      );
    assert.equal(made(each.message, undefined), expected(each.keep));
    for (const format of ["rfc5424", "rfc3164", "local", "timed"] as const) {
      assert.equal(made(each.message, format), expected(each[format]), format);
    }
    assert.equal(made(each.message, "raw"), parseSyslog(each.message).text);
  });
}

Deno.test("what a message in RFC 5424's form says is there again when it is read anew", () => {
  for (const { message } of messageCases) {
    const once = parseSyslog(made(message, "rfc5424"));
    const twice = parseSyslog(made(made(message, "rfc5424"), "rfc5424"));
    assert.deepEqual(twice, once);
  }
});
