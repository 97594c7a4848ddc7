import assert from "node:assert/strict";
import { curl } from "../support/curl.ts";
import { startNginx } from "../support/nginx.ts";
import { startProxy } from "../support/sluice.ts";
import { DEFAULTS, port80, proxy, row, twoWebServers, web1, web2 } from "./tutorial.ts";

const address = `${proxy}:${port80}`;
const pictures = "127.0.0.30";

const text = {
  cfg: `${DEFAULTS.cfg}
frontend webcluster
    bind ${address}
    acl pictures path_sub -i images
    acl static path_end -i .jpg .png .css .js
    acl static path_beg -i /static/ /media/
    use_backend webserver-pictures if pictures
    use_backend webserver-static if static
    default_backend webserver-dynamic

backend webserver-pictures
    server pictures ${pictures}:${port80} check

backend webserver-static
    server web1 ${web1}:${port80} check

backend webserver-dynamic
    server web2 ${web2}:${port80} check
`,
  yaml: `${DEFAULTS.yaml}
frontends:
  webcluster:
    bind: "${address}"
    acl:
      pictures: "path_sub -i images"
      static: ["path_end -i .jpg .png .css .js", "path_beg -i /static/ /media/"]
    use_backend:
      - { backend: webserver-pictures, if: pictures }
      - { backend: webserver-static, if: static }
    default_backend: webserver-dynamic
backends:
  webserver-pictures:
    servers:
      pictures: { address: "${pictures}:${port80}", check: true }
  webserver-static:
    servers:
      web1: { address: "${web1}:${port80}", check: true }
  webserver-dynamic:
    servers:
      web2: { address: "${web2}:${port80}", check: true }
`,
};

row(
  "A29: the path tells static from dynamic; lines of one ACL name are alternatives",
  { programs: ["nginx", "curl"] },
  async (scope, form) => {
    await twoWebServers(scope);
    await startNginx(scope, { name: "pictures", listen: [`${pictures}:${port80}`] });
    await startProxy(scope, text[form], { form, listening: [address] });
    const served = async (path: string) => (await curl(`http://${address}${path}`)).body.trim();
    assert.equal(await served("/logo.jpg"), "web1");
    assert.equal(await served("/LOGO.PNG?size=9"), "web1");
    assert.equal(await served("/static/page.php"), "web1");
    assert.equal(await served("/Media/"), "web1");
    assert.equal(await served("/logo.jpg/more"), "web2");
    assert.equal(await served("/a/static/"), "web2");
    assert.equal(await served("/index.php?x=.jpg"), "web2");
    assert.equal(await served("/my-images.php"), "pictures");
    assert.equal(await served("/IMAGES/logo.jpg"), "pictures");
  },
);
