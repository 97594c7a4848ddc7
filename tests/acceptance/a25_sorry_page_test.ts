import assert from "node:assert/strict";
import { curl, curlTimes, tally } from "../support/curl.ts";
import { isRoot } from "../support/needs.ts";
import { startNginx } from "../support/nginx.ts";
import { freePort } from "../support/ports.ts";
import { waitFor } from "../support/poll.ts";
import { startProxy } from "../support/sluice.ts";
import { DEFAULTS, port80, proxy, row, twoWebServers, web1, web2 } from "./tutorial.ts";

const sorryPort = isRoot ? 8080 : freePort();
const check = "check inter 300ms fall 3 rise 2";

const text = {
  cfg: `${DEFAULTS.cfg}
frontend webcluster
    bind ${proxy}:${port80}
    use_backend webserver-80

backend webserver-80
    server web1 ${web1}:${port80} ${check}
    server web2 ${web2}:${port80} ${check}
    server sorrypage 127.0.0.30:${sorryPort} ${check} backup
`,
  yaml: `${DEFAULTS.yaml}
frontends:
  webcluster:
    bind: "${proxy}:${port80}"
    use_backend:
      - { backend: webserver-80 }
backends:
  webserver-80:
    servers:
      web1: "${web1}:${port80} ${check}"
      web2: "${web2}:${port80} ${check}"
      sorrypage:
        { address: "127.0.0.30:${sorryPort}", check: true, inter: 300ms, fall: 3, rise: 2, backup: true }
`,
};

row(
  "A25: the other server, then the sorry page, then 503, as one after the other stops",
  { programs: ["nginx", "curl"] },
  async (scope, form) => {
    const [first, second] = await twoWebServers(scope);
    const sorry = await startNginx(scope, {
      name: "sorry",
      listen: [`127.0.0.30:${sorryPort}`],
    });
    const address = `${proxy}:${port80}`;
    const url = `http://${address}/`;
    await startProxy(scope, text[form], { form, listening: [address] });
    assert.deepEqual(tally(await curlTimes(6, url)), { web1: 3, web2: 3 });

    // With retries and no redispatch a request may fail until the checks have seen it.
    const onlyFrom = (wanted: string) =>
      waitFor(`only ${wanted} to answer`, async () => {
        const answers = [];
        for (let n = 0; n < 4; n++) answers.push((await curl(url)).body.trim());
        return answers.every((each) => each === wanted);
      });
    await first.process.stop();
    await onlyFrom("web2");
    await second.process.stop();
    await onlyFrom("sorry");
    await sorry.process.stop();
    const answer = await waitFor("a 503", async () => {
      const now = await curl(url);
      return now.status === 503 ? now : undefined;
    });
    assert.match(answer.body, /503 Service Unavailable/);
    assert.match(answer.headers.get("content-type") ?? "", /^text\/html/);
  },
);
