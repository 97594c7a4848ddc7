import assert from "node:assert/strict";
import { tally } from "../support/curl.ts";
import { ask, startFarm } from "./farm.ts";
import { socat } from "./runtime_socket.ts";
import { row } from "./tutorial.ts";

const STATIC =
  "Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.\n\n";

row(
  "A12: static-rr gives 2:1, and its weights are all or nothing at run time",
  { programs: ["nginx", "socat"] },
  async (scope, form) => {
    const shape = { lines: { balance: "static-rr" }, servers: ["weight 2", "weight 1"] };
    await startFarm(scope, shape, form);
    const share = async () => tally(await ask(scope, new Array(12).fill({})));
    assert.deepEqual(await share(), { s1: 8, s2: 4 });
    for (const weight of ["1", "256", "50%", "200%"]) {
      assert.equal(await socat(scope, `set weight farm/s1 ${weight}`), STATIC);
    }
    assert.deepEqual(await share(), { s1: 8, s2: 4 });
    assert.equal(await socat(scope, "set weight farm/s1 0%"), "\n");
    assert.equal(await socat(scope, "get weight farm/s1"), "0 (initial 2)\n\n");
    assert.deepEqual(await share(), { s2: 12 });
    assert.equal(await socat(scope, "set weight farm/s1 100%"), "\n");
    assert.deepEqual(await share(), { s1: 8, s2: 4 });
  },
);
