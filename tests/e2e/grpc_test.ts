/** gRPC through sluice: unary calls, errors in trailers, streams in each direction and in both at once. */
import assert from "node:assert/strict";
import { freePort, waitListening } from "../support/ports.ts";
import { mustRun, start } from "../support/process.ts";
import { scopedTest } from "../support/scope.ts";
import { setUp } from "./setup.ts";

const PEER = new URL("grpc_peer.ts", import.meta.url).pathname;
const DENO = [Deno.execPath(), "run", "-A", "--no-check", "--quiet", PEER];

scopedTest(
  "a gRPC client calls a gRPC server through sluice, in all four ways",
  {},
  async (scope) => {
    const port = freePort();
    const server = start(scope, "grpc", [...DENO, "serve", String(port)]);
    await waitListening(server, [`127.0.0.1:${port}`]);
    const { address } = await setUp(scope, {
      backend: `http-reuse always\nserver s1 127.0.0.1:${port} proto h2`,
    });
    assert.equal(
      await mustRun([...DENO, "call", address]),
      `unary: hello world
error: 9 as asked
down: 100000
up: 1000000
both: echo 0, echo 1, echo 2, echo 3
`,
    );
  },
);
