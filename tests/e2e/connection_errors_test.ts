/** What went wrong with a connection: `fc_err`, `bc_err`, what TLS says of it, and lines of `error-log-format`. */
import assert from "node:assert/strict";
import { Authority } from "../support/certificates.ts";
import { curl, tryCurl } from "../support/curl.ts";
import { freePort } from "../support/ports.ts";
import { scopedTest } from "../support/scope.ts";
import { reloadedProxy } from "../support/reloaded_proxy.ts";
import { startSyslogSink } from "../support/syslog_sink.ts";
import { connect } from "../support/tcp.ts";

const startProxy = reloadedProxy();

const needs = { programs: ["openssl", "curl"] };

scopedTest(
  "a client's connection that never had a session is logged by error-log-format, with what went wrong",
  needs,
  async (scope) => {
    const root = Authority.make("Root");
    const other = Authority.make("Other");
    const pem = scope.write("site.pem", root.issue({ names: ["a.example"] }).pem);
    const ca = scope.write("ca.pem", root.certificate);
    const stranger = scope.write("stranger.pem", other.issue({ subject: "/CN=x" }).pem);
    const [tls, proxied] = [freePort(), freePort()];
    const log = startSyslogSink(scope);
    await startProxy(
      scope,
      `defaults
    mode http
    timeout client 500ms
    log ${log.address} local0
    log-format "fine %[fc_err] %[fc_err_str] %ST"
    error-log-format "ERR %ft %[fc_err]/%[fc_err_str] ssl=%[ssl_fc_err,hex]/%[ssl_fc_err_str]/%[ssl_c_err]/%[ssl_c_ca_err]/%[ssl_c_ca_err_depth] sni=%[ssl_fc_sni] %ts %ST END"
frontend fe
    bind 127.0.0.1:${tls} ssl crt ${pem} verify required ca-file ${ca}
    bind 127.0.0.1:${proxied} accept-proxy
    http-request return status 200
`,
      { listening: [`127.0.0.1:${tls}`, `127.0.0.1:${proxied}`] },
    );
    const url = `https://a.example:${tls}/`;
    const at = ["--resolve", `a.example:${tls}:127.0.0.1`, "--cacert", ca];
    await tryCurl(url, at);
    await log.find(
      /ERR fe~ 34\/SSL handshake failure ssl=000000000A0000C7\/error:0A0000C7:SSL routines::peer did not return a certificate\/0\/0\/0 sni=a\.example PR 0 END$/m,
    );
    await tryCurl(url, [...at, "--cert", stranger]);
    await log.find(
      /ERR fe~ 31\/SSL client certificate not trusted ssl=000000000A000086\/error:0A000086:SSL routines::certificate verify failed\/20\/0\/0 sni=a\.example PR 0 END$/m,
    );
    const client = await connect(scope, `127.0.0.1:${proxied}`);
    await client.write("GET / HTTP/1.0\r\n\r\n");
    await log.find(
      /ERR fe 15\/Received something which does not look like a PROXY protocol header ssl=-\/-\/-\/-\/- sni=- PR 0 END$/m,
    );
    await connect(scope, `127.0.0.1:${proxied}`);
    await log.find(/ERR fe 13\/Timeout while waiting for PROXY protocol header ssl=-.* PR 0 END$/m);
    const good = await connect(scope, `127.0.0.1:${proxied}`);
    await good.write("PROXY UNKNOWN\r\nGET / HTTP/1.0\r\n\r\n");
    await log.find(/fine 0 Success 200$/m);
  },
);

scopedTest("bc_err tells why there is no connection to a server", needs, async (scope) => {
  const root = Authority.make("Root");
  const other = Authority.make("Other");
  const pem = scope.write("site.pem", root.issue({ names: ["a.example"] }).pem);
  const ca = scope.write("ca.pem", other.certificate);
  const [port, inner] = [freePort(), freePort()];
  const log = startSyslogSink(scope);
  await startProxy(
    scope,
    `defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
    retries 0
frontend fe
    bind 127.0.0.1:${port}
    log ${log.address} local0
    log-format "%HU %ST %[bc_err]/%[bc_err_str]/%[ssl_bc_err,hex]/%[ssl_bc_err_str] END"
    use_backend %[path,field(2,/)]
backend refused
    server s1 127.0.0.1:1
backend untrusted
    server s1 127.0.0.1:${inner} ssl verify required ca-file ${ca}
backend source
    server s1 127.0.0.1:${inner} source 192.0.2.99
backend good
    http-response set-header X "%[bc_err]/%[bc_err_str]/%[ssl_bc_err]/%[ssl_bc_err_str]"
    server s1 127.0.0.1:${inner} ssl verify none
frontend inner
    bind 127.0.0.1:${inner} ssl crt ${pem}
    http-request return status 200
`,
    { listening: [`127.0.0.1:${port}`, `127.0.0.1:${inner}`] },
  );
  const ask = (path: string) => tryCurl(`http://127.0.0.1:${port}/${path}`);
  await ask("refused");
  await log.find(/\/refused 503 -\/-\/-\/- END$/m);
  await ask("untrusted");
  await log.find(
    /\/untrusted 503 34\/SSL handshake failure\/000000000A000086\/error:0A000086:SSL routines::certificate verify failed END$/m,
  );
  await ask("source");
  await log.find(/\/source 503 8\/Can't bind to source address\/-\/- END$/m);
  const answer = await curl(`http://127.0.0.1:${port}/good`);
  assert.equal(answer.headers.get("x"), "0/Success/0/");
});
