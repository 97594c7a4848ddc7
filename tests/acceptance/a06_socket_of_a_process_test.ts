import assert from "node:assert/strict";
import { mustRun } from "../support/process.ts";
import { startProxy } from "../support/sluice.ts";
import { address, cluster, processesNeed, workers } from "./processes.ts";
import { row, twoWebServers } from "./tutorial.ts";

row(
  "A6: each process answers on the runtime socket that is its own",
  { ...processesNeed, programs: [...processesNeed.programs, "socat"] },
  async (scope, form) => {
    await twoWebServers(scope);
    const sockets = [scope.path("haproxy1"), scope.path("haproxy2")];
    const text = cluster([
      ["nbproc", "2"],
      ["stats socket", `${sockets[0]} mode 600 level admin process 1`],
      ["stats socket", `${sockets[1]} mode 660 level admin process 2`],
    ]);
    const yaml = text.yaml.replace("  stats socket:\n", "  stats:\n    socket:\n")
      .replaceAll(/^ {4}- \S*haproxy/gm, (line) => `  ${line}`);
    const proxy = await startProxy(scope, form === "cfg" ? text.cfg : yaml, {
      form,
      listening: [address],
    });
    const processes = await workers(proxy, 2);
    assert.deepEqual(
      sockets.map((path) => (Deno.statSync(path).mode ?? 0) & 0o777),
      [0o600, 0o660],
    );
    const ask = (path: string, command: string) =>
      mustRun(["socat", "-t", "5", "stdio", `UNIX-CONNECT:${path}`], { stdin: `${command}\n` });
    const pids: number[] = [];
    for (const [i, path] of sockets.entries()) {
      const info = await ask(path, "show info");
      assert.match(info, /^Nbproc: 2$/m);
      assert.match(info, new RegExp(`^Process_num: ${i + 1}$`, "m"));
      pids.push(Number(/^Pid: (\d+)$/m.exec(info)![1]));
    }
    assert.deepEqual(pids.sort((a, b) => a - b), processes);

    // Each process has the states of its servers for itself.
    assert.equal(await ask(sockets[0], "set weight webserver-80/web1 4"), "\n");
    assert.equal(await ask(sockets[0], "get weight webserver-80/web1"), "4 (initial 1)\n\n");
    assert.equal(await ask(sockets[1], "get weight webserver-80/web1"), "1 (initial 1)\n\n");
  },
);
