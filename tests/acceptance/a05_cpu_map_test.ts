import assert from "node:assert/strict";
import { mustRun } from "../support/process.ts";
import { startProxy } from "../support/sluice.ts";
import { address, cluster, processesNeed, workers } from "./processes.ts";
import { row, twoWebServers } from "./tutorial.ts";

const twoCpus = navigator.hardwareConcurrency < 2 ? "two CPUs are needed" : undefined;

row(
  "A5: cpu-map binds each worker process to its CPU",
  {
    programs: [...processesNeed.programs, "taskset"],
    unless: processesNeed.unless ?? twoCpus,
  },
  async (scope, form) => {
    await twoWebServers(scope);
    const lines = [["nbproc", "2"], ["cpu-map", "1 0"], ["cpu-map", "2 1"]] as const;
    const proxy = await startProxy(scope, cluster(lines)[form], { form, listening: [address] });
    const masks = await Promise.all(
      (await workers(proxy, 2)).map(async (pid) =>
        (await mustRun(["taskset", "-p", String(pid)])).trim()
      ),
    );
    assert.deepEqual(masks.map((line) => line.replace(/^.*: /, "")).sort(), ["1", "2"]);
  },
);
