/** `http-errors`, `errorfiles`, `http-error`, error files in rules (manual 3.8, 4.2). */
import assert from "node:assert/strict";
import type { Scope } from "../support/scope.ts";
import { scopedTest } from "../support/scope.ts";
import { reloadedProxy } from "../support/reloaded_proxy.ts";
import { freePort } from "../support/ports.ts";
import { connect } from "../support/tcp.ts";

const startProxy = reloadedProxy();

interface Expected {
  readonly status: number;
  readonly body: string;
  readonly fields?: Readonly<Record<string, string>>;
}

interface Case {
  readonly name: string;
  /** sections before `defaults`; `$PAGE` is the beginning of paths of error files */
  readonly sections?: string;
  readonly defaults?: string;
  readonly frontend?: string;
  readonly backend?: string;
  /** by path */
  readonly answers: Readonly<Record<string, Expected>>;
}

/** Each file's name is its body; the status is how it begins. */
const FILES = ["403-a", "403-b", "404-a", "503-a", "503-b", "503-d"];

const ok = (name: string): Expected => ({ status: Number(name.slice(0, 3)), body: name });

const CASES: readonly Case[] = [
  {
    name:
      "errorfiles takes a section's answers, all or some, and the last line about a status holds",
    sections: `http-errors site
      errorfile 503 $PAGE/503-a
      errorfile 403 $PAGE/403-a
      errorfile 404 $PAGE/404-a
http-errors other
      errorfile 503 $PAGE/503-b
      errorfile 403 $PAGE/403-b`,
    frontend: `errorfiles site
      errorfiles other 403
      http-request deny if { path /403 }
      http-request deny deny_status 404 if { path /404 }`,
    answers: { "/403": ok("403-b"), "/404": ok("404-a"), "/": ok("503-a") },
  },
  {
    name: "a section may stand behind the proxies that name it, and a backend's answer goes first",
    defaults: "errorfiles site\n",
    backend: `errorfile 503 $PAGE/503-b
      errorfiles site 403
      http-request deny if { path /403 }
http-errors site
      errorfile 503 $PAGE/503-a
      errorfile 403 $PAGE/403-a`,
    answers: { "/403": ok("403-a"), "/": ok("503-b") },
  },
  {
    name: "http-error makes an answer of a text, of a format and with headers",
    frontend: `http-error status 503 content-type text/plain string "sorry %[path]"
      http-error status 403 content-type text/plain lf-string "no %[path] for %[src]" hdr X-Why "%[method]" hdr X-None "%[req.hdr(none)]"
      http-error status 404 hdr X-A b
      http-request deny if { path /403 }
      http-request deny deny_status 404 if { path /404 }`,
    answers: {
      "/": {
        status: 503,
        body: "sorry %[path]",
        fields: { "content-type": "text/plain", "x-none": "" },
      },
      "/403": {
        status: 403,
        body: "no /403 for 127.0.0.1",
        fields: { "x-why": "GET", "x-none": "" },
      },
      "/404": { status: 404, body: "", fields: { "x-a": "b", "content-length": "0" } },
    },
  },
  {
    name: "http-error of a file, of a section, and back to what holds without one",
    sections: "http-errors site\n      errorfile 404 $PAGE/404-a",
    defaults: "errorfile 503 $PAGE/503-d",
    frontend: `http-error status 403 errorfile $PAGE/403-a
      http-error status 404 errorfiles site
      http-error status 503 default-errorfiles
      http-request deny if { path /403 }
      http-request deny deny_status 404 if { path /404 }
      http-request return status 503 default-errorfiles if { path /own }`,
    backend: "http-error status 503 default-errorfiles",
    answers: {
      "/403": ok("403-a"),
      "/404": ok("404-a"),
      "/": { status: 503, body: "*" },
      "/own": { status: 503, body: "*" },
    },
  },
  {
    name: "rules answer with error files and sections",
    sections: "http-errors site\n      errorfile 403 $PAGE/403-a\n      errorfile 503 $PAGE/503-a",
    defaults: "errorfile 404 $PAGE/404-a",
    frontend: `http-request return errorfile $PAGE/503-b if { path /file }
      http-request return status 503 errorfiles site if { path /section }
      http-request return status 404 default-errorfiles if { path /default }
      http-request deny errorfiles site if { path /deny }
      http-request deny errorfile $PAGE/403-b if { path /deny-file }
      http-request deny deny_status 404 default-errorfiles if { path /deny-default }`,
    answers: {
      "/file": ok("503-b"),
      "/section": ok("503-a"),
      "/default": ok("404-a"),
      "/deny": ok("403-a"),
      "/deny-file": ok("403-b"),
      "/deny-default": ok("404-a"),
    },
  },
];

for (const each of CASES) scopedTest(each.name, {}, (scope) => run(scope, each));

async function run(scope: Scope, each: Case): Promise<void> {
  for (const name of FILES) {
    const status = name.slice(0, 3);
    const head = `HTTP/1.1 ${status} Own\r\nContent-Length: ${name.length}\r\nX-Page: ${name}\r\n`;
    scope.write(`pages/${name}`, `${head}\r\n${name}`);
  }
  const address = `127.0.0.1:${freePort()}`;
  const text = `${each.sections ?? ""}
defaults
    mode http
    timeout connect 2s
    timeout client 10s
    timeout server 10s
    ${each.defaults ?? ""}
frontend fe
    bind ${address}
    ${each.frontend ?? ""}
    default_backend be
backend be
    ${each.backend ?? ""}
`.replaceAll("$PAGE", scope.path("pages"));
  await startProxy(scope, text, { listening: [address] });
  for (const [path, expected] of Object.entries(each.answers)) {
    const peer = await connect(scope, address);
    await peer.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const answer = await peer.response();
    peer.close();
    assert.equal(answer.status, expected.status, path);
    if (expected.body === "*") assert.equal(answer.get("x-page"), undefined, path);
    else assert.equal(answer.body, expected.body, path);
    for (const [field, value] of Object.entries(expected.fields ?? {})) {
      assert.equal(answer.get(field) ?? "", value, `${path} ${field}`);
    }
  }
}
