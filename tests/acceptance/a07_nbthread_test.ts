import assert from "node:assert/strict";
import { curlBody, curlTimes } from "../support/curl.ts";
import { waitFor } from "../support/poll.ts";
import { startProxy } from "../support/sluice.ts";
import { address } from "./processes.ts";
import { globalWithSocket, socat } from "./runtime_socket.ts";
import { DEFAULTS, row } from "./tutorial.ts";

row(
  "A7: nbthread 2 serves with two threads, and the statistics are of the whole process",
  { programs: ["curl", "socat"] },
  async (scope, form) => {
    const global = globalWithSocket(scope, "level admin");
    const text = {
      cfg: `${global.cfg}    nbthread 2\n${DEFAULTS.cfg}
frontend webcluster
    bind ${address}
    http-request return status 200 content-type text/plain lf-string "%[thread]"
`,
      yaml: `${global.yaml}  nbthread: 2\n${DEFAULTS.yaml}
frontends:
  webcluster:
    bind: "${address}"
    http-request:
      - return status 200 content-type text/plain lf-string "%[thread]"
`,
    };
    await startProxy(scope, text[form], { form, listening: [address] });
    assert.match(await socat(scope, "show info"), /^Nbthread: 2$/m);
    const seen = new Set<string>();
    let asked = 0;
    await waitFor("both threads", async () => {
      for (const body of await curlTimes(10, `http://${address}/`)) seen.add(body.trim());
      asked += 10;
      return seen.size === 2;
    }, { limit: 40_000 });
    assert.deepEqual([...seen].sort(), ["0", "1"]);

    const stat = await socat(scope, "show stat -1 1 -1");
    const names = stat.split("\n")[0].replace("# ", "").split(",");
    const values = stat.split("\n")[1].split(",");
    assert.equal(Number(values[names.indexOf("req_tot")]), asked);
    assert.equal(Number(values[names.indexOf("hrsp_2xx")]), asked);
    assert.equal((await curlBody(`http://${address}/`)).length, 1);
  },
);
