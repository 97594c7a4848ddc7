import assert from "node:assert/strict";
import type { Subject } from "../../../lib/runtime/stats/column.ts";
import { statColumns } from "../../../lib/runtime/stats/columns.ts";
import { csvHeader, csvRow } from "../../../lib/runtime/stats/csv.ts";
import { socketTest } from "../socket/support.ts";
import { statSubjects } from "../../../lib/runtime/stats/collect.ts";

Deno.test("column names are told once each and `-` ends those that are fixed", () => {
  const names = statColumns.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.equal(names.length, 128);
  assert.equal(names.indexOf("-"), 103);
  assert.ok(csvHeader.startsWith("# pxname,svname,qcur,") && csvHeader.endsWith(",\n"));
});

socketTest("text that would be misread is quoted", (rig) => {
  const { generation, acceptor } = rig.process;
  const subjects = [...statSubjects(generation, acceptor, 0)];
  const server = subjects.find((each) => each.kind === "server")!;
  server.server.state.setCheckResult(2);
  server.server.state.setCheckState(2 | 4);
  const told = (info: string): Subject => ({
    ...server,
    server: Object.assign(Object.create(server.server), {
      config: { ...server.server.config, check: true },
    }),
    lastCheck: { status: "L7STS", ok: false, code: 503, info, durationMs: 4 },
  });
  const field = (info: string) => csvRow(told(info)).slice(0, -1).split(",4,").pop() ?? "";
  assert.match(field("plain words"), /,plain words,/);
  assert.match(field('a "b", c'), /,"a ""b"", c",/);
  assert.match(csvRow(told("x")), /,L7STS,503,4,/);
  server.server.state.setCheckState(7);
  assert.match(csvRow(told("x")), /,\* L7STS,503,4,/);
  assert.doesNotMatch(csvRow(told("told before")), /told before/);
  return Promise.resolve();
});
