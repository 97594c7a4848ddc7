import assert from "node:assert/strict";
import { curlTimes, tally } from "../support/curl.ts";
import { mustRun } from "../support/process.ts";
import { startProxy } from "../support/sluice.ts";
import { address, cluster, processesNeed, workers } from "./processes.ts";
import { row, twoWebServers } from "./tutorial.ts";

row(
  "A4: nbproc 2 makes two worker processes, and both serve",
  { ...processesNeed, programs: [...processesNeed.programs, "pstree"] },
  async (scope, form) => {
    await twoWebServers(scope);
    const proxy = await startProxy(scope, cluster([["nbproc", "2"]])[form], {
      form,
      listening: [address],
    });
    const pids = await workers(proxy, 2);
    const tree = await mustRun(["pstree", "-p", "-T", String(proxy.process.pid)]);
    for (const pid of pids) assert.match(tree, new RegExp(`\\(${pid}\\)`));

    const answers = tally(await curlTimes(40, `http://${address}/`));
    assert.deepEqual(Object.keys(answers).sort(), ["web1", "web2"]);
  },
);
