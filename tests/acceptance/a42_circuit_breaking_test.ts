/** A42: a server that answers 500s is taken out by live traffic, and its checks bring it back. */
import assert from "node:assert/strict";
import { curl } from "../support/curl.ts";
import { startNginx } from "../support/nginx.ts";
import { waitFor } from "../support/poll.ts";
import { connect } from "../support/tcp.ts";
import { startProxy } from "../support/sluice.ts";
import { globalWithSocket, socat } from "./runtime_socket.ts";
import { DEFAULTS, port80, proxy, row, web1, web2 } from "./tutorial.ts";

const SETTINGS =
  "check inter 3s fastinter 1s downinter 1s fall 3 rise 2 observe layer7 error-limit 10 " +
  "on-error mark-down";

const text = {
  cfg: `
listen webcluster
    bind ${proxy}:${port80}
    balance roundrobin
    option httpchk GET /health
    server web1 ${web1}:${port80} ${SETTINGS}
    server web2 ${web2}:${port80} ${SETTINGS}
`,
  yaml: `
listens:
  webcluster:
    bind: "${proxy}:${port80}"
    balance: roundrobin
    option: { httpchk: "GET /health" }
    servers:
      web1: "${web1}:${port80} ${SETTINGS}"
      web2: "${web2}:${port80} ${SETTINGS}"
`,
};

row(
  "A42: ten 500s in a row take a server out; it comes back after its checks pass",
  { programs: ["nginx", "curl", "socat"] },
  async (scope, form) => {
    // The health page is good all the time; the application fails while the file is there.
    await startNginx(scope, { name: "web1", listen: [`${web1}:${port80}`] });
    const broken = scope.path("broken");
    await startNginx(scope, {
      name: "web2",
      listen: [`${web2}:${port80}`],
      extra:
        `location = /health { return 200 good; } location = /app { if (-f ${broken}) { return 500 bad; } return 200 web2; }`,
    });
    const global = globalWithSocket(scope, "level admin")[form];
    const url = `http://${proxy}:${port80}/app`;
    await startProxy(scope, global + DEFAULTS[form] + text[form], {
      form,
      listening: [`${proxy}:${port80}`],
    });
    const state = async () => / web2 \S+ (\d) /.exec(await socat(scope, "show servers state"))![1];
    await waitFor(
      "web2 to have passed a check",
      async () => / web2 \S+ 2 0 \d+ \d+ \d+ 15 3 /.test(await socat(scope, "show servers state")),
    );
    Deno.writeTextFileSync(broken, "");
    // A good check between begins the count anew, so the requests must come faster than checks do.
    const peer = await connect(scope, `${proxy}:${port80}`);
    let bad = 0;
    for (let n = 0; n < 400 && await state() === "2"; n += 20) {
      for (let k = 0; k < 20; k++) {
        await peer.write("GET /app HTTP/1.1\r\nHost: www.yu.com\r\n\r\n");
        if ((await peer.response()).status === 500) bad++;
      }
    }
    peer.close();
    assert.equal(await state(), "0", "web2 is DOWN");
    assert.ok(bad >= 10, `${bad} errors`);
    // As long as its checks have not brought it back, which a slow machine may not wait for.
    for (let n = 0; n < 6; n++) {
      const body = (await curl(url)).body.trim();
      if (await state() !== "0") break;
      assert.equal(body, "web1");
    }
    Deno.removeSync(broken);
    await waitFor("web2 to come back", async () => await state() === "2");
    const bodies = new Set<string>();
    for (let n = 0; n < 4; n++) bodies.add((await curl(url)).body.trim());
    assert.deepEqual([...bodies].sort(), ["web1", "web2"]);
  },
);
