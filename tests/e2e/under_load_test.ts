/**
 * Under full load nobody waits long for the thread: the runtime socket, checks of servers, TLS handshakes. What is
 * counted is the CPU time that the thread uses meanwhile, so that a busy machine changes nothing.
 */
import assert from "node:assert/strict";
import { waitFor, within } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { start } from "../support/process.ts";
import { selfSigned } from "../support/certificates.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { startOrigin } from "../support/tcp.ts";
import { underTest } from "../support/under_test.ts";
import { setUp } from "./setup.ts";

/** ms of CPU that the busiest thread of a process has used. */
function cpuOf(pid: number): () => number {
  const used = (thread: string) =>
    Number(Deno.readTextFileSync(`/proc/${pid}/task/${thread}/schedstat`).split(" ")[0]) / 1e6;
  const threads = [...Deno.readDirSync(`/proc/${pid}/task`)].map(({ name }) => name);
  const busiest = threads.sort((a, b) => used(b) - used(a))[0];
  return () => used(busiest);
}

/** Requests without end on 64 connections. */
function startLoad(scope: Scope, port: number): void {
  start(scope, "wrk", ["wrk", "-t1", "-c64", "-d300s", `http://127.0.0.1:${port}/`]);
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];

scopedTest(
  "under full load the runtime socket, checks and TLS handshakes wait for less than 10 ms of CPU",
  {
    programs: ["wrk"],
    unless: underTest === "source" ? undefined : "what its threads do is not known",
  },
  async (scope) => {
    let cpu = () => NaN;
    const checks: number[] = [];
    // A check connects, and asks when it hears that it is connected.
    const checked = await startOrigin(scope, async (peer) => {
      const begin = cpu();
      await peer.head();
      checks.push(cpu() - begin);
      await peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      peer.close();
    });
    const tlsPort = freePort();
    const issued = selfSigned(scope.path(""), { names: ["localhost"] });
    const pem = scope.write("tls.pem", issued.pem);
    const socket = scope.path("admin.sock");
    const { proxy, port } = await setUp(scope, {
      global: `stats socket ${socket} level admin`,
      frontend: `bind 127.0.0.1:${tlsPort} ssl crt ${pem}
    no log
    http-request return status 200 content-type text/plain string ok`,
      backend: `option httpchk GET /
    server s1 ${checked.address} check inter 50ms`,
    });
    startLoad(scope, port);
    const { pid } = proxy.process;
    const before = cpuOf(pid)();
    await waitFor("the load", () => cpuOf(pid)() - before > 500);
    cpu = cpuOf(pid);
    checks.length = 0;
    const trips: number[] = [];
    const handshakes: number[] = [];
    for (let i = 0; i < 15; i++) {
      const begin = cpu();
      const admin = await Deno.connect({ transport: "unix", path: socket });
      await admin.write(new TextEncoder().encode("show version\n"));
      assert.ok(await admin.read(new Uint8Array(256)) !== null);
      trips.push(cpu() - begin);
      admin.close();
      const hello = cpu();
      const tls = await Deno.connectTls({
        port: tlsPort,
        hostname: "localhost",
        caCerts: [issued.certificate],
      });
      await within(20_000, "a handshake", tls.handshake());
      handshakes.push(cpu() - hello);
      tls.close();
    }
    await waitFor("checks", () => checks.length >= 10);
    assert.ok(median(trips) < 10, `the runtime socket takes ${median(trips)} ms of CPU`);
    assert.ok(median(checks) < 10, `a check takes ${median(checks)} ms of CPU`);
    // Two waits, and the arithmetic.
    assert.ok(median(handshakes) < 20, `a handshake takes ${median(handshakes)} ms of CPU`);
  },
);
