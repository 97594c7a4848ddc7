import assert from "node:assert/strict";
import { scopedTest } from "../support/scope.ts";
import { reloadedProxy } from "../support/reloaded_proxy.ts";
import { connect } from "../support/tcp.ts";
import { underTest } from "../support/under_test.ts";
import { DEFAULTS, port80, proxy, row } from "./tutorial.ts";

const startProxy = reloadedProxy();

const address = `${proxy}:${port80}`;
/** HAProxy 2.6 sends its own pages for requests that it cannot read. */
const STATUSES = "200 400 401 403 404 405 407 408 410 413 425 429 500 501 502 503 504"
  .split(" ").filter((status) => underTest !== "haproxy" || !["400", "408"].includes(status));

function page(status: string): string {
  const body = `<html><body><h1>own page ${status}</h1></body></html>\n`;
  return `HTTP/1.1 ${status} Own Page ${status}\r\nCache-Control: no-cache\r\n` +
    `Connection: close\r\nContent-Type: text/html\r\nX-Page: ${status}\r\n\r\n${body}`;
}

/** The statuses that a request leads to by a rule; 200 is `monitor-uri`, 400 and 408 are the client's fault. */
const BY_RULE = STATUSES.filter((status) => !["200", "400", "408", "503"].includes(status));

/** HAProxy writes names of headers in lower case, and `Connection` where it likes. */
function normal(answer: string): string {
  if (underTest !== "haproxy") return answer;
  const end = answer.indexOf("\r\n\r\n");
  const [line, ...fields] = answer.slice(0, end).split("\r\n");
  const names = fields.map((field) => field.replace(/^[^:]*/, (name) => name.toLowerCase()));
  return `${[line, ...names.filter((f) => f !== "connection: close").sort()].join("\r\n")}${
    answer.slice(end)
  }`;
}

row("A26: an error file's bytes are the answer, for every status", {}, async (scope, form) => {
  const path = (status: string) => scope.write(`errorpage/html/${status}.http`, page(status));
  const files = STATUSES.map((status) => [status, path(status)] as const);
  const rules = BY_RULE.map((s) => `deny deny_status ${s} if { path /${s} }`);
  const text = {
    cfg: `${DEFAULTS.cfg.replace("http-request 10s", "http-request 300ms")}
${files.map(([status, file]) => `    errorfile ${status} ${file}`).join("\n")}

frontend webcluster
    bind ${address}
    monitor-uri /200
${rules.map((rule) => `    http-request ${rule}`).join("\n")}
    default_backend none

backend none
`,
    yaml: `${DEFAULTS.yaml.replace("http-request: 10s", "http-request: 300ms")}
  errorfile:
${files.map(([status, file]) => `    ${status}: ${file}`).join("\n")}
frontends:
  webcluster:
    bind: "${address}"
    monitor-uri: /200
    http-request:
${rules.map((rule) => `      - "${rule}"`).join("\n")}
    default_backend: none
backends:
  none: {}
`,
  };
  await startProxy(scope, text[form], { form, listening: [address] });
  for (const status of STATUSES) {
    const peer = await connect(scope, address);
    if (status === "400") await peer.write("not HTTP\r\n\r\n");
    else if (status === "408") await peer.write("GET / HTTP/1.1\r\n");
    else {
      const target = status === "503" ? "/no-server" : `/${status}`;
      await peer.write(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
    }
    assert.equal(normal(await peer.toEnd()), normal(page(status)), status);
    peer.close();
  }
});

scopedTest("A26: an empty error file closes the connection without a word", {}, async (scope) => {
  const text = `${DEFAULTS.cfg}
    errorfile 503 /dev/null
frontend webcluster
    bind ${address}
    default_backend none
backend none
`;
  await startProxy(scope, text, { listening: [address] });
  const peer = await connect(scope, address);
  await peer.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  assert.equal(await peer.toEnd(), "");
});
