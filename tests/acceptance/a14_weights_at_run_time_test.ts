import assert from "node:assert/strict";
import { curlTimes, tally } from "../support/curl.ts";
import { startProxy } from "../support/sluice.ts";
import { bothChecked, globalWithSocket, socat, webcluster } from "./runtime_socket.ts";
import { DEFAULTS, port80, proxy, row, twoWebServers } from "./tutorial.ts";

row(
  "A14: weights 2 and 1, then 1 and 1 by set weight at run time",
  { programs: ["nginx", "curl", "socat"] },
  async (scope, form) => {
    await twoWebServers(scope);
    const address = `${proxy}:${port80}`;
    const text = globalWithSocket(scope, "level admin")[form] + DEFAULTS[form] +
      webcluster(address, [2, 1])[form];
    const running = await startProxy(scope, text, { form, listening: [address] });
    await bothChecked(scope);
    const share = async () => tally(await curlTimes(12, `http://${address}/`));
    assert.deepEqual(await share(), { web1: 8, web2: 4 });
    assert.equal(await socat(scope, "set weight webserver-80/web1 1"), "\n");
    assert.equal(await socat(scope, "get weight webserver-80/web1"), "1 (initial 2)\n\n");
    assert.deepEqual(await share(), { web1: 6, web2: 6 });
    assert.equal(running.process.exit, undefined);
  },
);
