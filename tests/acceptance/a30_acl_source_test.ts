import assert from "node:assert/strict";
import { curl } from "../support/curl.ts";
import { startProxy } from "../support/sluice.ts";
import { DEFAULTS, port80, proxy, row, twoWebServers, web1, web2 } from "./tutorial.ts";

const address = `${proxy}:${port80}`;
/** The tutorial's 172.25.254.1, and another client. */
const listed = "127.25.254.1";
const other = "127.25.254.2";

interface List {
  readonly acl: string;
  readonly rules: readonly string[];
}

const BLACKLIST: List = {
  acl: `blacklist src ${listed}`,
  rules: ["deny if blacklist"],
};
const WHITELIST: List = {
  acl: `whitelist src ${listed}`,
  rules: ["allow if whitelist", "deny"],
};

const text = ({ acl, rules }: List) => ({
  cfg: `${DEFAULTS.cfg}
frontend webcluster
    bind ${address}
    acl ${acl}
${rules.map((rule) => `    http-request ${rule}\n`).join("")}    default_backend webserver-80

backend webserver-80
    server web1 ${web1}:${port80} check
    server web2 ${web2}:${port80} check
`,
  yaml: `${DEFAULTS.yaml}
frontends:
  webcluster:
    bind: "${address}"
    acl:
      ${acl.replace(" ", ': "')}"
    http-request:
${rules.map((rule) => `      - ${rule}\n`).join("")}    default_backend: webserver-80
backends:
  webserver-80:
    servers:
      web1: { address: "${web1}:${port80}", check: true }
      web2: { address: "${web2}:${port80}", check: true }
`,
});

const status = async (from: string) =>
  (await curl(`http://${address}/`, ["--interface", from])).status;

for (
  const { name, list, fromListed, fromOther } of [
    {
      name: "a client on the blacklist is refused",
      list: BLACKLIST,
      fromListed: 403,
      fromOther: 200,
    },
    {
      name: "only clients on the whitelist pass",
      list: WHITELIST,
      fromListed: 200,
      fromOther: 403,
    },
  ]
) {
  row(`A30: ${name}`, { programs: ["nginx", "curl"] }, async (scope, form) => {
    await twoWebServers(scope);
    await startProxy(scope, text(list)[form], { form, listening: [address] });
    assert.equal(await status(listed), fromListed);
    assert.equal(await status(other), fromOther);
  });
}
