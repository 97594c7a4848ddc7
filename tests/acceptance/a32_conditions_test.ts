import assert from "node:assert/strict";
import { curl } from "../support/curl.ts";
import { startProxy } from "../support/sluice.ts";
import { DEFAULTS, port80, proxy, row, twoWebServers, web1, web2 } from "./tutorial.ts";

const address = `${proxy}:${port80}`;

/** Each form of condition, and when it holds. */
const CONDITIONS: readonly (readonly [string, string, (a: boolean, b: boolean) => boolean])[] = [
  ["and", "if a b", (a, b) => a && b],
  ["or", "if a or b", (a, b) => a || b],
  ["bars", "if a || b", (a, b) => a || b],
  ["not", "if ! a", (a) => !a],
  ["bang", "if !a b", (a, b) => !a && b],
  ["unless", "unless a", (a) => !a],
  ["unless-or", "unless a or b", (a, b) => !(a || b)],
  ["anonymous", "if { req.hdr(a) yes } { req.hdr(b) yes }", (a, b) => a && b],
  ["anonymous-or", "if { req.hdr(a) yes } or !{ req.hdr(b) yes }", (a, b) => a || !b],
  ["precedence", "if a b or !a !b", (a, b) => a === b],
];

const variable = (name: string) => `txn.${name.replace("-", "_")}`;
const rules = [
  "deny if ! valid_method or ! valid_ua or ! valid_ip",
  ...CONDITIONS.map(([name, condition]) => `set-var(${variable(name)}) str(yes) ${condition}`),
];
const answers = CONDITIONS.map(([name]) => `set-header ${name} %[var(${variable(name)},no)]`);

const text = {
  cfg: `${DEFAULTS.cfg}
frontend webcluster
    bind ${address}
    acl valid_method method GET HEAD
    acl valid_ua hdr(user-agent) -m sub curl
    acl valid_ip src 127.0.0.0/24
    acl a req.hdr(a) yes
    acl b req.hdr(b) yes
${rules.map((rule) => `    http-request ${rule}\n`).join("")}${
    answers.map((rule) => `    http-response ${rule}\n`).join("")
  }    default_backend webserver-80

backend webserver-80
    server web1 ${web1}:${port80} check
    server web2 ${web2}:${port80} check
`,
  yaml: `${DEFAULTS.yaml}
frontends:
  webcluster:
    bind: "${address}"
    acl:
      valid_method: "method GET HEAD"
      valid_ua: "hdr(user-agent) -m sub curl"
      valid_ip: "src 127.0.0.0/24"
      a: "req.hdr(a) yes"
      b: "req.hdr(b) yes"
    http-request:
${rules.map((rule) => `      - "${rule}"\n`).join("")}    http-response:
${answers.map((rule) => `      - "${rule}"\n`).join("")}    default_backend: webserver-80
backends:
  webserver-80:
    servers:
      web1: { address: "${web1}:${port80}", check: true }
      web2: { address: "${web2}:${port80}", check: true }
`,
};

row(
  "A32: conditions hold as their truth tables say",
  { programs: ["nginx", "curl"] },
  async (scope, form) => {
    await twoWebServers(scope);
    await startProxy(scope, text[form], { form, listening: [address] });
    for (const a of [true, false]) {
      for (const b of [true, false]) {
        const fields = [a ? ["-H", "a: yes"] : [], b ? ["-H", "b: yes"] : []].flat();
        const { headers } = await curl(`http://${address}/`, fields);
        for (const [name, condition, holds] of CONDITIONS) {
          const expected = holds(a, b) ? "yes" : "no";
          assert.equal(headers.get(name), expected, `'${condition}' with a ${a} and b ${b}`);
        }
      }
    }
    const status = async (...args: string[]) => (await curl(`http://${address}/`, args)).status;
    assert.equal(await status(), 200);
    assert.equal(await status("-X", "POST"), 403);
    assert.equal(await status("--user-agent", "other"), 403);
    assert.equal(await status("--interface", "127.0.1.1"), 403);
  },
);
