import assert from "node:assert/strict";
import { curl } from "../support/curl.ts";
import { startNginx } from "../support/nginx.ts";
import { startProxy } from "../support/sluice.ts";
import { DEFAULTS, port80, proxy, row, twoWebServers, web1, web2 } from "./tutorial.ts";

const address = `${proxy}:${port80}`;
const bbs = "127.0.0.30";

const text = {
  cfg: `${DEFAULTS.cfg}
frontend webcluster
    bind ${address}
    acl domain_com hdr_end(host) -i .com
    acl domain_bbs hdr_beg(host) -i bbs.
    use_backend webserver-bbs if domain_bbs
    use_backend webserver-com if domain_com
    default_backend webserver-org

backend webserver-com
    server web1 ${web1}:${port80} check

backend webserver-org
    server web2 ${web2}:${port80} check

backend webserver-bbs
    server bbs ${bbs}:${port80} check
`,
  yaml: `${DEFAULTS.yaml}
frontends:
  webcluster:
    bind: "${address}"
    acl:
      domain_com: "hdr_end(host) -i .com"
      domain_bbs: "hdr_beg(host) -i bbs."
    use_backend:
      - { backend: webserver-bbs, if: domain_bbs }
      - { backend: webserver-com, if: domain_com }
    default_backend: webserver-org
backends:
  webserver-com:
    servers:
      web1: { address: "${web1}:${port80}", check: true }
  webserver-org:
    servers:
      web2: { address: "${web2}:${port80}", check: true }
  webserver-bbs:
    servers:
      bbs: { address: "${bbs}:${port80}", check: true }
`,
};

row(
  "A28: the host's name chooses the backend, the first rule that applies wins",
  { programs: ["nginx", "curl"] },
  async (scope, form) => {
    await twoWebServers(scope);
    await startNginx(scope, { name: "bbs", listen: [`${bbs}:${port80}`] });
    await startProxy(scope, text[form], { form, listening: [address] });
    const served = async (host: string) =>
      (await curl(`http://${address}/`, ["-H", `Host: ${host}`])).body.trim();
    assert.equal(await served("www.yu.com"), "web1");
    assert.equal(await served("WWW.YU.COM"), "web1");
    assert.equal(await served("www.yu.org"), "web2");
    assert.equal(await served("www.com.org"), "web2");
    assert.equal(await served("bbs.yu.com"), "bbs");
    assert.equal(await served("BBS.yu.org"), "bbs");
    assert.equal(await served("my.bbs.yu.org"), "web2");
  },
);
