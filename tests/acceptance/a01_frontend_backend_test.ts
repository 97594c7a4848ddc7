import assert from "node:assert/strict";
import { curlTimes } from "../support/curl.ts";
import { makeLab, TUTORIAL } from "../support/lab.ts";
import { startNginx } from "../support/nginx.ts";
import { startProxy } from "../support/sluice.ts";
import { alternates, DEFAULTS, port80, proxy, row, twoWebServers, web1, web2 } from "./tutorial.ts";

const text = (bind: string, first: string, second: string, port: number) => ({
  cfg: `${DEFAULTS.cfg}
frontend webcluster
    bind ${bind}:${port}
    mode http
    use_backend webserver-80

backend webserver-80
    server web1 ${first}:${port} check inter 3s fall 3 rise 5
    server web2 ${second}:${port} check inter 3s fall 3 rise 5
`,
  yaml: `${DEFAULTS.yaml}
frontends:
  webcluster:
    bind: "${bind}:${port}"
    mode: http
    use_backend:
      - { backend: webserver-80 }
backends:
  webserver-80:
    servers:
      web1: { address: "${first}:${port}", check: true, inter: 3s, fall: 3, rise: 5 }
      web2: "${second}:${port} check inter 3s fall 3 rise 5"
`,
});

row(
  "A1: frontend and backend alternate two web servers",
  { programs: ["nginx", "curl"] },
  async (scope, form) => {
    await twoWebServers(scope);
    const address = `${proxy}:${port80}`;
    await startProxy(scope, text(proxy, web1, web2, port80)[form], { form, listening: [address] });
    const bodies = await curlTimes(6, `http://${address}/`);
    assert.ok(alternates(bodies, "web1", "web2"), bodies.join(" "));
  },
);

row(
  "A1: with the tutorial's own addresses and bind *:80, on machines of their own",
  { programs: ["nginx", "curl", "ip"], namespaces: true },
  async (scope, form) => {
    const lab = await makeLab(scope, TUTORIAL);
    for (const [name, host] of [["web1", "192.168.0.10"], ["web2", "192.168.0.20"]]) {
      await startNginx(scope, { name, listen: [`${host}:80`], namespace: lab.namespace(name) });
    }
    await startProxy(scope, text("*", "192.168.0.10", "192.168.0.20", 80)[form], {
      form,
      listening: ["192.168.0.100:80"],
      namespace: lab.namespace("proxy"),
    });
    const bodies = await curlTimes(6, "http://192.168.0.100/", [], lab.namespace("client"));
    assert.ok(alternates(bodies, "web1", "web2"), bodies.join(" "));
  },
);
