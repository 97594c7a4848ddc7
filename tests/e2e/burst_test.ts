/** Many clients that come at once, while the process is busy: they wait in the kernel, nobody has to come again. */
import assert from "node:assert/strict";
import { scopedTest } from "../support/scope.ts";
import { setUp } from "./setup.ts";

const COUNT = 1500;

/** what the system lets a socket keep back */
const somaxconn = Number(Deno.readTextFileSync("/proc/sys/net/core/somaxconn"));

scopedTest(
  "1500 clients that come while the process stands still are all connected and answered",
  {
    descriptors: 3 * COUNT,
    unless: somaxconn < COUNT ? `net.core.somaxconn is ${somaxconn}` : undefined,
  },
  async (scope) => {
    const { port, proxy } = await setUp(scope, {
      frontend: "http-request return status 200",
      backend: "server s1 127.0.0.1:9",
    });
    proxy.process.signal("SIGSTOP");
    const conns: Deno.Conn[] = [];
    scope.defer("clients", () => conns.forEach((conn) => conn.close()));
    // One after the other: a connection that the kernel does not take hangs until it is tried again, a second later.
    const signal = AbortSignal.timeout(20_000);
    while (conns.length < COUNT) conns.push(await Deno.connect({ port, signal }));
    proxy.process.signal("SIGCONT");
    const request = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    for (const conn of conns) await conn.write(request);
    const into = new Uint8Array(256);
    for (const conn of conns) {
      const n = await conn.read(into);
      assert.match(new TextDecoder().decode(into.subarray(0, n ?? 0)), /^HTTP\/1\.1 200/);
    }
  },
);
