import assert from "node:assert/strict";
import { curl } from "../support/curl.ts";
import { startProxy } from "../support/sluice.ts";
import { DEFAULTS, port80, proxy, row, twoWebServers, web1, web2 } from "./tutorial.ts";

const address = `${proxy}:${port80}`;

interface Match {
  readonly name: string;
  readonly criterion: string;
  /** requests for which it holds, and for which it does not: a path, then arguments of curl */
  readonly yes: readonly (readonly string[])[];
  readonly no: readonly (readonly string[])[];
}

const host = (name: string) => ["/", "-H", `Host: ${name}`];
const length = (n: number) => ["/", "-H", `X-Number: ${n}`];
const comparison = (operator: string, yes: readonly number[], no: readonly number[]): Match => ({
  name: operator,
  criterion: `req.hdr_val(x-number) ${operator} 10`,
  yes: yes.map(length),
  no: no.map(length),
});

const MATCHES: readonly Match[] = [
  {
    name: "dom",
    criterion: "hdr_dom(host) yu.com",
    yes: [host("yu.com"), host("www.yu.com"), host("www.yu.com:80")],
    no: [host("wwwyu.com"), host("yu.community")],
  },
  {
    name: "net",
    criterion: "src 127.0.7.0/24",
    yes: [["/", "--interface", "127.0.7.9"]],
    no: [["/", "--interface", "127.0.8.9"]],
  },
  {
    name: "port",
    criterion: "src_port 1024:65535",
    yes: [["/"], ["/", "--local-port", "20000-29999"]],
    no: [["/", "--local-port", "600-999"]],
  },
  {
    name: "method",
    criterion: "method GET POST",
    yes: [["/"], ["/", "-d", "x"]],
    no: [["/", "-X", "PUT"], ["/", "-X", "get"]],
  },
  {
    name: "param",
    criterion: "url_param(name) -m sub lee",
    yes: [["/?name=lee"], ["/?a=1&name=bruce%20lee"], ["/?name=sleeper"]],
    no: [["/?name=Lee"], ["/?other=lee"], ["/"]],
  },
  comparison("eq", [10], [9, 11]),
  comparison("ge", [10, 11], [9]),
  comparison("gt", [11], [10, 9]),
  comparison("le", [10, 9], [11]),
  comparison("lt", [9], [10, 11]),
];

const text = {
  cfg: `${DEFAULTS.cfg}
frontend webcluster
    bind ${address}
${MATCHES.map(({ name, criterion }) => `    acl is_${name} ${criterion}\n`).join("")}${
    MATCHES.map(({ name }) => `    http-request set-var(txn.${name}) bool(1) if is_${name}\n`)
      .join("")
  }${
    MATCHES.map(({ name }) =>
      `    http-response set-header X-${name} yes if { var(txn.${name}) -m bool }\n`
    ).join("")
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
${
    MATCHES.map(({ name, criterion }) => `      is_${name}: "${criterion}"\n`).join("")
  }    http-request:
${
    MATCHES.map(({ name }) => `      - "set-var(txn.${name}) bool(1) if is_${name}"\n`).join("")
  }    http-response:
${
    MATCHES.map(({ name }) =>
      `      - "set-header X-${name} yes if { var(txn.${name}) -m bool }"\n`
    )
      .join("")
  }    default_backend: webserver-80
backends:
  webserver-80:
    servers:
      web1: { address: "${web1}:${port80}", check: true }
      web2: { address: "${web2}:${port80}", check: true }
`,
};

row(
  "A33: names, networks, ports, methods, parameters and numbers match as documented",
  { programs: ["nginx", "curl"], root: true },
  async (scope, form) => {
    await twoWebServers(scope);
    await startProxy(scope, text[form], { form, listening: [address] });
    for (const { name, criterion, yes, no } of MATCHES) {
      for (const [expected, requests] of [["yes", yes], [undefined, no]] as const) {
        for (const [path, ...args] of requests) {
          const { headers } = await curl(`http://${address}${path}`, args);
          const got = headers.get(`x-${name}`);
          assert.equal(got, expected, `${criterion} with ${path} ${args.join(" ")}`);
        }
      }
    }
  },
);
