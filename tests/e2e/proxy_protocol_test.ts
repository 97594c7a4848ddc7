/** The PROXY protocol with nginx and HAProxy at the other end, in both directions. */
import assert from "node:assert/strict";
import { curlBody } from "../support/curl.ts";
import { startNginx } from "../support/nginx.ts";
import { freePort, waitListening } from "../support/ports.ts";
import { start } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { reloadedProxy } from "../support/reloaded_proxy.ts";
import { connect } from "../support/tcp.ts";

const startProxy = reloadedProxy();

const TIMES = "timeout connect 5s\n timeout client 30s\n timeout server 30s";
const STREAM_MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so";
const client = ["--interface", "127.0.0.77"];

/** Starts sluice with a `listen` of mode http that answers what it was told, and the given settings. */
async function tellingSluice(scope: Scope, bind: string): Promise<string> {
  const address = `127.0.0.1:${freePort()}`;
  await startProxy(scope, telling(address, bind), { listening: [address] });
  return address;
}

const telling = (address: string, bind: string) =>
  `defaults
 mode http
 ${TIMES}
frontend fe
 bind ${address} ${bind}
 http-request return content-type text/plain lf-string "%[src] %[dst]"
`;

async function startReal(scope: Scope, address: string, text: string): Promise<string> {
  const path = scope.write(`real-${address}/haproxy.cfg`, text);
  await waitListening(start(scope, "haproxy", ["haproxy", "-db", "-f", path]), [address]);
  return address;
}

function startHaproxy(scope: Scope, bind: string, server: string): Promise<string> {
  const address = `127.0.0.1:${freePort()}`;
  return startReal(
    scope,
    address,
    `defaults
 mode tcp
 ${TIMES}
listen l
 bind ${address} ${bind}
 server s ${server}
`,
  );
}

scopedTest(
  "nginx sends its header, and sluice takes the client's address from it",
  { programs: ["nginx", "curl", STREAM_MODULE] },
  async (scope) => {
    const to = await tellingSluice(scope, "accept-proxy");
    const port = freePort();
    const conf = scope.write(
      "stream/nginx.conf",
      `load_module ${STREAM_MODULE};
daemon off; pid ${scope.path("stream/pid")}; error_log stderr warn; worker_processes 1;
events { worker_connections 64; }
stream { server { listen 127.0.0.1:${port}; proxy_pass ${to}; proxy_protocol on; } }
`,
    );
    const process = start(scope, "nginx-stream", ["nginx", "-e", "stderr", "-c", conf]);
    await waitListening(process, [`127.0.0.1:${port}`]);
    assert.equal(await curlBody(`http://127.0.0.1:${port}/`, client), "127.0.0.77 127.0.0.1");
  },
);

for (const header of ["send-proxy", "send-proxy-v2 proxy-v2-options crc32c,ssl"]) {
  scopedTest(
    `HAProxy sends its header by ${header}, and sluice takes the client's address from it`,
    { programs: ["haproxy", "curl"] },
    async (scope) => {
      const to = await tellingSluice(scope, "accept-proxy");
      const at = await startHaproxy(scope, "", `${to} ${header} check inter 300ms`);
      assert.equal(await curlBody(`http://${at}/`, client), "127.0.0.77 127.0.0.1");
    },
  );

  scopedTest(
    `sluice sends its header by ${header}, and HAProxy takes the client's address from it`,
    { programs: ["haproxy", "nginx", "curl"] },
    async (scope) => {
      const port = freePort();
      await startNginx(scope, {
        name: "told",
        listen: [`127.0.0.1:${port} proxy_protocol`],
        extra: "location = /who { return 200 $proxy_protocol_addr; }",
      });
      const middle = await startHaproxy(scope, "accept-proxy", `127.0.0.1:${port} send-proxy`);
      const address = `127.0.0.1:${freePort()}`;
      await startProxy(
        scope,
        `defaults
          mode tcp
          ${TIMES}
        listen l
          bind ${address}
          server s ${middle} ${header} check inter 300ms
        `,
        { listening: [address] },
      );
      assert.equal(await curlBody(`http://${address}/who`, client), "127.0.0.77");
    },
  );
}

scopedTest(
  "headers are taken and refused as HAProxy does",
  { programs: ["haproxy"] },
  async (scope) => {
    const cip = (form: string) =>
      `CKIP${form}${"E".padEnd(9, "\0")}\x06\0\0\x0a\x01\x02\x03\x0a\x09\x09\x09` +
      "\x9c\x40\x00\x50".padEnd(20, "\0");
    const v2 = "\r\n\r\n\0\r\nQUIT\n";
    const cases: Readonly<Record<string, readonly string[]>> = {
      "accept-netscaler-cip 1129007440": [
        cip("\0\0\0\x28"),
        cip("\0\0\0\x34\0\0\0\x28"),
        cip("\0\0\0\x28").replace("CKIP", "CKIQ"),
      ],
      "accept-proxy": [
        "PROXY TCP4 10.1.2.3 10.9.9.9 40000 80\r\n",
        "PROXY TCP6 2001:db8::1 2001:db8::2 40000 80\r\n",
        "PROXY UNKNOWN\r\n",
        "PROXY TCP9 10.1.2.3 10.9.9.9 40000 80\r\n",
        "proxy TCP4 10.1.2.3 10.9.9.9 40000 80\r\n",
        `${v2}\x20\0\0\0`,
        `${v2}\x21\x11\0\x0c\x0a\x01\x02\x03\x0a\x09\x09\x09\x01\x01\0\x50`,
        `${v2}\x21\x11\0\x10\x0a\x01\x02\x03\x0a\x09\x09\x09\x01\x01\0\x50\xe0\0\x01x`,
        `${v2}\x21\x11\0\x10\x0a\x01\x02\x03\x0a\x09\x09\x09\x01\x01\0\x50\xe0\0\x02x`,
        `${v2}\x21\x11\0\x0b\x0a\x01\x02\x03\x0a\x09\x09\x09\x01\x01\0`,
        `${v2}\x11\x11\0\0`,
        `${v2}\x22\x11\0\0`,
      ],
    };
    for (const [bind, headers] of Object.entries(cases)) {
      const ours = await tellingSluice(scope, bind);
      const address = `127.0.0.1:${freePort()}`;
      await startReal(scope, address, telling(address, bind));
      for (const header of headers) {
        const said: string[] = [];
        for (const at of [ours, address]) {
          const peer = await connect(scope, at);
          const text = `${header}GET / HTTP/1.0\r\n\r\n`;
          await peer.write(Uint8Array.from(text, (c) => c.charCodeAt(0)));
          said.push((await peer.toEnd().catch(() => "")).split("\r\n\r\n")[1] ?? "closed");
        }
        assert.equal(said[0], said[1], JSON.stringify(header));
      }
    }
  },
);
