import assert from "node:assert/strict";
import { reloadedProxy } from "../support/reloaded_proxy.ts";
import { bothChecked, globalWithSocket, socat, webcluster } from "./runtime_socket.ts";
import { DEFAULTS, port80, proxy, row, twoWebServers } from "./tutorial.ts";

const startProxy = reloadedProxy();

const needs = { programs: ["nginx", "socat"] };
const address = `${proxy}:${port80}`;

for (const level of ["", "level operator", "level user"]) {
  row(
    `A11: a socket ${level || "without a level"} shows, but changes no server`,
    needs,
    async (scope, form) => {
      await twoWebServers(scope);
      const text = globalWithSocket(scope, level)[form] + DEFAULTS[form] +
        webcluster(address, [1, 1])[form];
      await startProxy(scope, text, { form, listening: [address] });
      await bothChecked(scope);
      for (
        const line of [
          "set weight webserver-80/web1 4",
          "disable server webserver-80/web1",
          "enable server webserver-80/web1",
          "set server webserver-80/web1 state maint",
        ]
      ) assert.equal(await socat(scope, line), "Permission denied\n\n", line);
      assert.equal(await socat(scope, "get weight webserver-80/web1"), "1 (initial 1)\n\n");
      assert.match(await socat(scope, "show servers state"), / web1 \S+ 2 0 1 1 /);
      assert.ok((await socat(scope, "show info")).startsWith("Name: "));
      assert.ok((await socat(scope, "show stat")).startsWith("# pxname,"));
    },
  );
}
