/**
 * gRPC through sluice, plain and over TLS on both sides: unary calls, errors and other things in trailers, streams in
 * each direction and in both at once, deadlines, calls that are given up.
 */
import assert from "node:assert/strict";
import { Authority } from "../support/certificates.ts";
import { freePort, waitListening } from "../support/ports.ts";
import { waitFor } from "../support/poll.ts";
import { mustRun, start } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { setUp } from "./setup.ts";

const PEER = new URL("grpc_peer.ts", import.meta.url).pathname;
const DENO = [Deno.execPath(), "run", "-A", "--no-check", "--quiet", PEER];

const SAID = `unary: hello world
trailers: in the trailers
error: 9 as asked
down: 100000
up: 1000000
both: echo 0, echo 1, echo 2, echo 3
late: 4 Deadline
cancelled: 1 Cancelled on client
after that: hello world
`;

/** `bind` and `server`: settings of those lines; files are those of the peers. */
async function callAll(
  scope: Scope,
  { bind = "", server = "", pem, ca }: {
    readonly bind?: string;
    readonly server?: string;
    readonly pem?: string;
    readonly ca?: string;
  },
): Promise<void> {
  const port = freePort();
  const process = start(scope, "grpc", [...DENO, "serve", String(port), ...pem ? [pem] : []]);
  await waitListening(process, [`127.0.0.1:${port}`]);
  const { address } = await setUp(scope, {
    bind,
    backend: `http-reuse always\nserver s1 127.0.0.1:${port} ${server}`,
  });
  const where = address.replace("127.0.0.1", ca === undefined ? "127.0.0.1" : "localhost");
  assert.equal(await mustRun([...DENO, "call", where, ...ca ? [ca] : []]), SAID);
  // The server is told at once: what nobody waits for is not worked on.
  for (const call of ["never", "endless"]) {
    await waitFor(
      `the server hears of ${call}`,
      () => process.output().includes(`given up: ${call}\n`) || undefined,
    );
  }
}

scopedTest(
  "a gRPC client calls a gRPC server through sluice, in all ways, and gives calls up",
  {},
  (scope) => callAll(scope, { server: "proto h2" }),
);

scopedTest(
  "a gRPC client calls a gRPC server through sluice with TLS and 'alpn h2' on both sides",
  { programs: ["openssl"] },
  (scope) => {
    const authority = Authority.make("Root");
    const pem = scope.write("site.pem", authority.issue({ names: ["localhost"] }).pem);
    const ca = scope.write("ca.pem", authority.certificate);
    return callAll(scope, {
      bind: `ssl crt ${pem} alpn h2`,
      server: `ssl verify required ca-file ${ca} verifyhost localhost alpn h2`,
      pem,
      ca,
    });
  },
);
