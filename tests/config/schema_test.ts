/** The JSON Schema, by a validator that is not ours, over YAML files that sluice takes and refuses. */
import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";
import { jsonSchema } from "../../lib/config/schema.ts";
import { valid } from "./support.ts";

const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
const check = ajv.compile(jsonSchema());

function errors(text: string): string[] {
  return check(parse(text))
    ? []
    : (check.errors ?? []).map((e) => `${e.instancePath} ${e.message}`);
}

const HEAD = "defaults:\n  mode: http\n  timeout: { connect: 5s, client: 1m, server: 1m }\n";

const GOOD: Readonly<Record<string, string>> = {
  "an empty file": "",
  "the example of the design": `
global:
  maxconn: 4000
  log: ["127.0.0.1 local2"]
${HEAD}
frontends:
  web:
    bind: ["*:8080", { address: "*:8081", name: public, maxconn: 100, v4v6: true }]
    acl:
      static: [ "path_end -i .jpg .png .css .js", "path_beg -i /static/" ]
    http-request:
      - redirect scheme https unless { ssl_fc }
      - deny deny_status 403 if { hdr_sub(user-agent) -i curl }
    use_backend:
      - { backend: images, if: static }
    default_backend: app
backends:
  images:
    servers: { i1: "10.0.0.30:80" }
  app:
    balance: leastconn
    servers:
      web1: { address: "10.0.0.10:80", check: true, inter: 3s, fall: 3, rise: 5, weight: 2 }
      web2: "10.0.0.20:80 check"
`,
  "all ways to write options and timeouts": `
defaults:
  mode: http
  timeout connect: 5s
  timeout client: 60000
  timeout server: 1m
  option:
    httplog: true
    dontlognull: false
    forwardfor: { except: 127.0.0.0/8, header: X-Client, if-none: true }
    redispatch: 3
  option http-server-close: true
  log: global
  no log: true
  retries: 3
`,
  "logs": `
global:
  log:
    - 127.0.0.1 local0
    - { address: "tcp@127.0.0.1:601", len: 4096, format: rfc5424, facility: local3, level: notice }
`,
  "sockets of the process": `
global:
  daemon: true
  stats:
    socket: { address: /run/a.sock, mode: "660", level: admin }
    timeout: 30s
  tune.bufsize: 32k
  setenv: { A: b }
`,
  "a list of sections, and sections in lists": `
- defaults:
    mode: tcp
    timeout: { connect: 5s, client: 1m, server: 1m }
- listen:
    - { name: db, bind: "127.0.0.1:3306", servers: { a: "10.0.0.1:3306" } }
- backends:
    - name: other
      default-server: { check: true, inter: 5s }
      server: { name: a, address: "10.0.0.1:80" }
`,
  "named defaults and header lines": `
defaults:
  base: { mode: http, timeout: { connect: 5s, client: 1m, server: 1m } }
frontend web from base:
  bind: ":8080"
backends:
  app:
    from: base
    errorloc: { 503: "http://example.org/" }
    servers: { a: "10.0.0.1:80" }
`,
  "lines of text in a section": `
listens:
  db:
    - bind: "127.0.0.1:3306"
      mode: tcp
    - timeout client 1m
    - timeout server 1m
    - timeout connect 5s
`,
};

for (const [name, text] of Object.entries(GOOD)) {
  Deno.test(`the schema accepts what sluice accepts: ${name}`, () => {
    valid(text, { file: "test.yaml" });
    assert.deepEqual(errors(text), []);
  });
}

const BAD: Readonly<Record<string, string>> = {
  "an unknown section": "backnds: {}\n",
  "an unknown keyword": `${HEAD}backends:\n  app:\n    ballance: roundrobin\n`,
  "a keyword of another section": `${HEAD}  nbproc: 2\n`,
  "an unknown mode": "defaults:\n  mode: htp\n",
  "a bad time": "defaults:\n  timeout: { client: 5y }\n",
  "an unknown timeout": "defaults:\n  timeout: { clint: 5s }\n",
  "an unknown option": "defaults:\n  option: { dontlognul: true }\n",
  "an unknown setting of a server":
    `${HEAD}backends:\n  app:\n    servers: { a: { address: "1.1.1.1:80", dall: 3 } }\n`,
  "a weight out of range":
    `${HEAD}backends:\n  app:\n    servers: { a: { address: "1.1.1.1:80", weight: 300 } }\n`,
  "a server without an address": `${HEAD}backends:\n  app:\n    servers: { a: { check: true } }\n`,
  "a bind setting that is not there yet":
    `${HEAD}frontends:\n  web:\n    bind: { address: ":443", quic-cc-algo: cubic }\n`,
  "an algorithm that is not there": `${HEAD}backends:\n  app:\n    balance: fastest\n`,
  "a number that is a word": "global:\n  maxconn: many\n",
  "id on default-server": `${HEAD}backends:\n  app:\n    default-server: { id: 3 }\n`,
  "a section that is not there yet": "programs:\n  p: { command: /bin/true }\n",
  "a log without a facility": "global:\n  log: { address: 127.0.0.1 }\n",
};

for (const [name, text] of Object.entries(BAD)) {
  Deno.test(`the schema refuses what sluice refuses: ${name}`, () => {
    assert.throws(() => valid(text, { file: "test.yaml" }), /not valid/);
    assert.notDeepEqual(errors(text), []);
  });
}
