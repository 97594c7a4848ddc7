import assert from "node:assert/strict";
import type { Server } from "../../../lib/balance/server.ts";
import { serverStatus } from "../../../lib/runtime/stats/server_status.ts";
import { Admin, OpState } from "../../../lib/state/server_fields.ts";

/** Words of HAProxy 2.6 for the same states; rise 2, fall 3. */
const cases: [word: string, op: number, admin: number, health: number, check?: boolean][] = [
  ["UP", OpState.Running, 0, 4],
  ["UP 2/3", OpState.Running, 0, 3],
  ["UP 1/3", OpState.Running, 0, 2],
  ["DOWN", OpState.Stopped, 0, 0],
  ["DOWN 1/2", OpState.Stopped, 0, 1],
  ["NOLB", OpState.Stopping, 0, 4],
  ["NOLB 1/3", OpState.Stopping, 0, 2],
  ["MAINT", OpState.Stopped, Admin.ForcedMaint, 0],
  ["MAINT", OpState.Stopped, Admin.ForcedMaint | Admin.ConfigMaint, 0],
  ["UP", OpState.Running, Admin.ConfigMaint, 4],
  ["DRAIN", OpState.Running, Admin.ForcedDrain, 4],
  ["DRAIN 2/3", OpState.Running, Admin.ForcedDrain, 3],
  ["DOWN", OpState.Stopped, Admin.ForcedDrain, 0],
  ["no check", OpState.Running, 0, 2, false],
  ["no check", OpState.Running, 0, 0, false],
  ["DRAIN", OpState.Running, Admin.ForcedDrain, 2, false],
  ["NOLB", OpState.Stopping, 0, 4, false],
  ["DOWN", OpState.Stopped, 0, 0, false],
  ["MAINT", OpState.Stopped, Admin.ForcedMaint, 0, false],
];

for (const [word, op, admin, health, check = true] of cases) {
  Deno.test(`op ${op}, admin ${admin}, health ${health}${check ? "" : ", no check"}: ${word}`, () => {
    const server = {
      state: { op, admin, health, checkState: check ? 2 | 4 : 0 },
      config: { check, rise: 2, fall: 3 },
    };
    assert.equal(serverStatus(server as Server), word);
  });
}
