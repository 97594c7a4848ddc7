/** TLS to servers: what is verified, what is sent, what is said when it fails. The server is a real nginx. */
import assert from "node:assert/strict";
import { Authority, type Issued } from "../support/certificates.ts";
import { curl } from "../support/curl.ts";
import { startNginx } from "../support/nginx.ts";
import { freePort, waitListening } from "../support/ports.ts";
import { start } from "../support/process.ts";
import { waitFor } from "../support/poll.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { reloadedSetUp } from "./setup.ts";

const setUp = reloadedSetUp();

const needs = { programs: ["nginx", "curl", "openssl"] };

const root = lazily(() => Authority.make("Root"));
const other = lazily(() => Authority.make("Other"));

function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => made ??= make();
}

interface ServerOptions {
  readonly issued?: Issued;
  readonly extra?: string;
}

/** A server that tells what it knows of the connection. */
async function tlsServer(scope: Scope, { issued, extra = "" }: ServerOptions = {}) {
  const port = freePort();
  const { certificate, chain, key } = issued ??
    root().issue({ names: ["app.example", "*.wild.example"] });
  const crt = scope.write(`${port}.crt`, certificate + chain);
  const keyFile = scope.write(`${port}.key`, key);
  await startNginx(scope, {
    name: `tls-${port}`,
    listen: [`127.0.0.1:${port} ssl`],
    extra: `ssl_certificate ${crt}; ssl_certificate_key ${keyFile}; ${extra}
      return 200 "sni=$ssl_server_name reused=$ssl_session_reused protocol=$ssl_protocol client=$ssl_client_s_dn verify=$ssl_client_verify";`,
  });
  return `127.0.0.1:${port}`;
}

const ca = (scope: Scope, authority: Authority) => scope.write("ca.pem", authority.certificate);

const ca2 = (scope: Scope) => scope.write("other.pem", other().certificate);

async function plainServer(scope: Scope, host: string): Promise<string> {
  const listen = `${host}:${freePort()}`;
  await startNginx(scope, { name: "plain", listen: [listen], extra: 'return 200 "plain";' });
  return listen;
}

scopedTest(
  "a server's certificate is verified by ca-file and by the name that is sent",
  needs,
  async (scope) => {
    const server = await tlsServer(scope);
    const file = ca(scope, root());
    const { address } = await setUp(scope, {
      backend: `server s ${server} ssl ca-file ${file} sni req.hdr(host)`,
    });
    const ask = (host: string) => curl(`http://${address}/`, ["-H", `Host: ${host}`]);
    const good = await ask("app.example");
    assert.equal(good.status, 200);
    assert.match(good.body, /sni=app\.example /);
    assert.match((await ask("one.wild.example:8080")).body, /sni=one\.wild\.example /);
    // Never over a connection that was verified for another name.
    assert.equal((await ask("elsewhere.example")).status, 503);
    assert.equal((await ask("a.b.wild.example")).status, 503);
    assert.equal((await ask("app.example")).status, 200);
  },
);

for (
  const { name, settings, issued, says } of [
    {
      name: "is of another authority",
      settings: "sni str(app.example)",
      issued: () => other().issue({ names: ["app.example"] }),
      says: /not accepted: unable to get local issuer certificate/,
    },
    {
      name: "has expired",
      settings: "sni str(app.example)",
      issued: () => root().issue({ names: ["app.example"], notAfter: "20210101000000Z" }),
      says: /not accepted: certificate has expired/,
    },
    {
      name: "is for another name than 'sni' says",
      settings: "sni str(wrong.example)",
      issued: () => root().issue({ names: ["app.example"] }),
      says: /is not for 'wrong\.example'/,
    },
    {
      name: "is for another name than 'verifyhost' says",
      settings: "verifyhost wrong.example",
      issued: () => root().issue({ names: ["app.example"] }),
      says: /is not for 'wrong\.example'/,
    },
  ]
) {
  scopedTest(
    `a server whose certificate ${name} is not used, and the log says why`,
    needs,
    async (scope) => {
      const server = await tlsServer(scope, { issued: issued() });
      const file = ca(scope, root());
      const { address, log } = await setUp(scope, {
        defaults: "retries 0",
        backend: `server s ${server} ssl verify required ca-file ${file} ${settings}`,
      });
      assert.equal((await curl(`http://${address}/`)).status, 503);
      const [said] = await log.find(/Server be\/s: TLS handshake failed: .*/);
      assert.match(said, says);
      await log.find(/ SC-- /);
    },
  );
}

scopedTest(
  "with 'verify none' any certificate will do, and checks use TLS as streams do",
  needs,
  async (scope) => {
    const server = await tlsServer(scope, { issued: other().issue({ names: ["x"] }) });
    const { address, log } = await setUp(scope, {
      backend: `timeout check 10s
option log-health-checks
server s ${server} ssl verify none check inter 200ms`,
    });
    assert.equal((await curl(`http://${address}/`)).status, 200);
    const [said] = await log.find(/Health check for server be\/s .*/);
    assert.match(said, /succeeded, reason: Layer6 check passed/);
  },
);

scopedTest(
  "'connect' rules of checks speak TLS with names and protocols of their own",
  needs,
  async (scope) => {
    const [hostname, tlsPort] = (await tlsServer(scope, {
      extra: "add_header x-alpn $ssl_alpn_protocol always;",
    })).split(":");
    const { log, address } = await setUp(scope, {
      backend: `timeout check 10s
option log-health-checks
option httpchk
http-check connect
http-check send uri / hdr host plain
http-check expect status 200
http-check connect port ${tlsPort} ssl sni app.example alpn http/1.1
http-check send uri / hdr host app.example
http-check expect string sni=app.example
server s ${await plainServer(scope, hostname)} verify none check inter 200ms`,
    });
    const [said] = await log.find(/Health check for server be\/s .*/);
    assert.match(said, /succeeded, reason: Layer7 check passed, code: 200, check duration: /);
    // Streams speak no TLS because of that.
    assert.equal((await curl(`http://${address}/`)).body, "plain");
  },
);

scopedTest(
  "a 'connect' rule of checks that offers h2 speaks it",
  { programs: ["haproxy", "openssl"] },
  async (scope) => {
    const listen = `127.0.0.1:${freePort()}`;
    const crt = scope.write("h2.pem", root().issue({ names: ["app.example"] }).pem);
    const path = scope.write(
      "h2.cfg",
      `defaults
    mode http
    timeout connect 10s
    timeout client 10s
    timeout server 10s
frontend f
    bind ${listen} ssl crt ${crt} alpn h2,http/1.1
    http-request return status 200 hdr x-alpn %[ssl_fc_alpn] hdr x-sni %[ssl_fc_sni]
`,
    );
    await waitListening(start(scope, "h2", ["haproxy", "-db", "-f", path]), [listen]);
    const { log } = await setUp(scope, {
      backend: `timeout check 10s
option log-health-checks
option httpchk
http-check connect ssl alpn h2 sni app.example
http-check send uri / ver HTTP/2 hdr host app.example
http-check expect hdr name x-alpn value h2
http-check connect ssl sni app.example proto h1
http-check send uri / hdr host app.example
http-check expect hdr name x-sni value app.example
server s ${listen} check inter 200ms ca-file ${ca(scope, root())}`,
    });
    const [said] = await log.find(/Health check for server be\/s .*/);
    assert.match(said, /succeeded, reason: Layer7 check passed, code: 200/);
  },
);

scopedTest(
  "'tcp-check connect ssl' verifies by the server's settings and the rule's name",
  needs,
  async (scope) => {
    const [hostname, tlsPort] = (await tlsServer(scope)).split(":");
    const file = ca(scope, root());
    const { log } = await setUp(scope, {
      backend: `timeout check 10s
option log-health-checks
option tcp-check
tcp-check connect port ${tlsPort} ssl sni app.example
tcp-check send "GET / HTTP/1.0\\r\\n\\r\\n"
tcp-check expect string sni=app.example
server good ${hostname}:1 ca-file ${file} check inter 200ms
server bad ${hostname}:1 ca-file ${ca2(scope)} check inter 200ms rise 1 fall 1`,
    });
    const [good] = await log.find(/Health check for server be\/good .*/);
    assert.match(good, /succeeded, reason: Layer7 check passed, code: 0, info: "\(tcp-check\)"/);
    const [bad] = await log.find(/Health check for server be\/bad .*/);
    assert.match(bad, /failed, reason: Layer6 invalid response/);
  },
);

scopedTest("a check of a server whose certificate is bad says so", needs, async (scope) => {
  const server = await tlsServer(scope, { issued: other().issue({ names: ["app.example"] }) });
  const file = ca(scope, root());
  const { log } = await setUp(scope, {
    backend: `server s ${server} ssl ca-file ${file} check inter 200ms rise 1 fall 1`,
  });
  const [said] = await log.find(/Server be\/s is DOWN.*/);
  assert.match(said, /Layer6 invalid response, info: "the server's certificate is not accepted/);
});

scopedTest("a client certificate is shown to a server that asks for one", needs, async (scope) => {
  const file = ca(scope, root());
  const mine = scope.write("mine.pem", root().issue({ subject: "/CN=proxy" }).pem);
  const server = await tlsServer(scope, {
    extra: `ssl_verify_client on; ssl_client_certificate ${file};`,
  });
  const { address } = await setUp(scope, {
    backend: `server s ${server} ssl ca-file ${file} crt ${mine}`,
  });
  assert.match((await curl(`http://${address}/`)).body, /client=CN=proxy verify=SUCCESS/);
});

scopedTest("sessions are resumed, and not with no-ssl-reuse", needs, async (scope) => {
  const server = await tlsServer(scope);
  for (const [settings, pattern] of [["", /reused=r /], ["no-ssl-reuse", /reused=\. /]] as const) {
    const { address } = await setUp(scope, {
      backend: `http-reuse never\nserver s ${server} ssl verify none ${settings}`,
    });
    const first = await curl(`http://${address}/`);
    assert.match(first.body, /reused=\. /);
    await curl(`http://${address}/`);
    assert.match((await curl(`http://${address}/`)).body, pattern);
  }
});

scopedTest("versions of a server's TLS can be bounded", needs, async (scope) => {
  const server = await tlsServer(scope);
  const { address } = await setUp(scope, {
    backend: `server s ${server} ssl verify none ssl-max-ver TLSv1.2`,
  });
  assert.match((await curl(`http://${address}/`)).body, /protocol=TLSv1\.2 /);
});

scopedTest("a server that does not speak TLS is answered for with 503", needs, async (scope) => {
  const port = freePort();
  await startNginx(scope, { name: "plain", listen: [`127.0.0.1:${port}`] });
  const { address, log } = await setUp(scope, {
    defaults: "retries 0",
    backend: `server s 127.0.0.1:${port} ssl verify none`,
  });
  assert.equal((await curl(`http://${address}/`)).status, 503);
  assert.match(
    (await log.find(/TLS handshake failed: .*/))[0],
    /wrong version number|unexpected|broke off/,
  );
});

scopedTest(
  "a server that is silent in the handshake costs 'timeout connect' only",
  needs,
  async (scope) => {
    const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    scope.defer("silent", () => silent.close());
    const { port } = silent.addr as Deno.NetAddr;
    const { address, log } = await setUp(scope, {
      defaults: "retries 0\ntimeout connect 300ms",
      backend: `server s 127.0.0.1:${port} ssl verify none`,
    });
    assert.equal((await curl(`http://${address}/`)).status, 503);
    await log.find(/TLS handshake failed: it took too long/);
    await log.find(/ sC-- /);
  },
);

scopedTest(
  "when a reload switches TLS on, idle plain connections are not used again",
  needs,
  async (scope) => {
    const port = freePort();
    await startNginx(scope, { name: "plain", listen: [`127.0.0.1:${port}`] });
    const { address, proxy, log } = await setUp(scope, {
      defaults: "retries 0",
      backend: `http-reuse always\nserver s 127.0.0.1:${port}`,
    });
    assert.equal((await curl(`http://${address}/`)).status, 200);
    const text = Deno.readTextFileSync(proxy.configPath);
    Deno.writeTextFileSync(
      proxy.configPath,
      text.replace(`server s 127.0.0.1:${port}`, `server s 127.0.0.1:${port} ssl verify none`),
    );
    proxy.reload();
    await waitFor("the reload", async () => (await curl(`http://${address}/`)).status === 503);
    await log.find(/TLS handshake failed/);
  },
);
