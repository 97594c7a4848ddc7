import assert from "node:assert/strict";
import { startApache } from "../support/apache.ts";
import { apacheProgram } from "../support/apache.ts";
import { curlBody } from "../support/curl.ts";
import { makeLab, TUTORIAL } from "../support/lab.ts";
import { waitFor } from "../support/poll.ts";
import { startProxy } from "../support/sluice.ts";
import { DEFAULTS, port80, proxy, row, web1 } from "./tutorial.ts";

const LOG_FORMAT = '%h "%{X-Forwarded-For}i" "%r"';

const text = (bind: string, server: string) => ({
  cfg: `${DEFAULTS.cfg}    option forwardfor except 127.0.0.0/8

frontend webcluster
    bind ${bind}
    use_backend webserver-80

backend webserver-80
    server web1 ${server} check inter 3s fall 3 rise 5
`,
  yaml: `${DEFAULTS.yaml}  option:
    forwardfor: "except 127.0.0.0/8"
frontends:
  webcluster:
    bind: "${bind}"
    use_backend:
      - { backend: webserver-80 }
backends:
  webserver-80:
    servers:
      web1: "${server} check inter 3s fall 3 rise 5"
`,
});

row(
  "A9: the backend's access log shows the address of a client elsewhere on the network",
  { programs: [apacheProgram, "curl", "ip"], namespaces: true },
  async (scope, form) => {
    const lab = await makeLab(scope, TUTORIAL);
    const apache = await startApache(scope, {
      name: "web1",
      listen: "192.168.0.10:80",
      logFormat: LOG_FORMAT,
      namespace: lab.namespace("web1"),
    });
    await startProxy(scope, text("*:80", "192.168.0.10:80")[form], {
      form,
      listening: ["192.168.0.100:80"],
      namespace: lab.namespace("proxy"),
    });
    assert.equal(await curlBody("http://192.168.0.100/", [], lab.namespace("client")), "web1");
    const log = await waitFor(
      "Apache's log line",
      () => /.*GET \/ HTTP.*/.exec(apache.accessLog())?.[0],
    );
    assert.equal(log, '192.168.0.100 "192.168.0.200" "GET / HTTP/1.1"');

    // What the client itself claims stays, and ours is added.
    await curlBody("http://192.168.0.100/two", [
      "-H",
      "X-Forwarded-For: 10.9.8.7",
      "-o",
      "/dev/null",
    ], lab.namespace("client"));
    const second = await waitFor(
      "the second line",
      () => /.*\/two.*/.exec(apache.accessLog())?.[0],
    );
    assert.equal(second, '192.168.0.100 "10.9.8.7, 192.168.0.200" "GET /two HTTP/1.1"');
  },
);

row(
  "A9: nothing is added for a client that `except` names",
  { programs: [apacheProgram, "curl"] },
  async (scope, form) => {
    const server = `${web1}:${port80}`;
    const apache = await startApache(scope, {
      name: "web1",
      listen: server,
      logFormat: LOG_FORMAT,
    });
    const address = `${proxy}:${port80}`;
    await startProxy(scope, text(address, server)[form], { form, listening: [address] });
    assert.equal(await curlBody(`http://${address}/`), "web1");
    const log = await waitFor(
      "Apache's log line",
      () => /.*GET \/ HTTP.*/.exec(apache.accessLog())?.[0],
    );
    assert.match(log, /^127\.0\.0\.\d+ "-" "GET \/ HTTP\/1\.1"$/);
  },
);
