/**
 * The hostile clients of tests/http2/hostile_cases.ts against the whole program over real connections: each gets its
 * error, the server sees nothing of it, and the next client is served.
 */
import assert from "node:assert/strict";
import net from "node:net";
import { PREFACE } from "../../lib/http2/codes.ts";
import { HOSTILE_CASES } from "../http2/hostile_cases.ts";
import { concat, describe, HELLO } from "../http2/support.ts";
import { curl } from "../support/curl.ts";
import { waitFor } from "../support/poll.ts";
import { scopedTest } from "../support/scope.ts";
import { setUp } from "./setup.ts";

/** Sends `bytes` and answers the frames that come, until `enough` of them have. */
async function attack(
  port: number,
  bytes: Uint8Array,
  enough: (frames: readonly string[]) => boolean,
): Promise<string[]> {
  const socket = net.connect({ host: "127.0.0.1", port });
  let all: Uint8Array = new Uint8Array(0);
  let ended = false;
  socket.on("data", (piece: Uint8Array) => all = concat(all, piece));
  socket.on("error", () => ended = true);
  socket.on("close", () => ended = true);
  socket.write(bytes);
  try {
    return await waitFor("an answer to the attack", () => {
      const frames = describe(all);
      return enough(frames) || ended ? frames : undefined;
    }, { limit: 30_000, explain: () => describe(all).slice(-5).join(", ") });
  } finally {
    socket.destroy();
  }
}

scopedTest("hostile clients of HTTP/2 get their errors, and nobody else notices", {
  programs: ["curl"],
}, async (scope) => {
  const seen: string[] = [];
  const options = { port: 0, hostname: "127.0.0.1", onListen: () => {} };
  const server = Deno.serve(options, (request) => {
    seen.push([request.url, ...request.headers].join(" "));
    return new Response("ok");
  });
  scope.defer("the server", () => server.shutdown());
  const { port, address, proxy } = await setUp(scope, {
    backend: `server s1 127.0.0.1:${server.addr.port}`,
  });
  for (const { name, bytes, scope: reach, code } of HOSTILE_CASES) {
    const hello = name === "no SETTINGS first" ? PREFACE : HELLO;
    const frames = await attack(
      port,
      concat(hello, bytes),
      (all) =>
        all.some((each) =>
          reach === "connection"
            ? each === `GOAWAY ${code}`
            : reach === "stream"
            ? each.startsWith("RST_STREAM") && each.endsWith(` ${code}`)
            : each.startsWith("HEADERS") && each.includes(`:status=${code}`)
        ),
    );
    const said = frames.slice(-4).join(", ");
    if (reach === "connection") assert.ok(frames.includes(`GOAWAY ${code}`), `${name}: ${said}`);
    else assert.ok(!frames.some((each) => each.startsWith("GOAWAY")), `${name}: ${said}`);
  }
  assert.equal((await curl(`http://${address}/`, ["--http2-prior-knowledge"])).body, "ok");
  for (const each of seen) assert.doesNotMatch(each, /evil|x-a: b/i);
  assert.equal(proxy.process.exit, undefined);
  assert.doesNotMatch(proxy.process.output(), /internal error/i);
});
