import assert from "node:assert/strict";
import { systemClock } from "../../lib/net/clock.ts";
import type { Transport } from "../../lib/net/conn.ts";
import { denoTransport } from "../../lib/net/deno_transport.ts";
import { testConformance } from "./conformance.ts";
import { streamCases } from "./conformance_stream.ts";

const transport = denoTransport(systemClock);

testConformance({ transport, v6only: false, resets: false });

/** A source address makes the transport use node:net: the same laws hold for these connections. */
const fromSource: Transport = {
  name: "deno with a source address",
  listen: (place, options) => transport.listen(place, options),
  connect: (target, options) =>
    transport.connect(target, { ...options, source: { host: "127.0.0.3" } }),
};

testConformance({ transport: fromSource, v6only: false, resets: false }, streamCases);

Deno.test("without free descriptors the listener says emfile, waits and goes on", async () => {
  const child = new URL("./emfile_child.ts", import.meta.url).pathname;
  const run =
    `ulimit -n 64; exec "${Deno.execPath()}" run -q -A --no-config --unstable-net "${child}"`;
  const process = new Deno.Command("sh", { args: ["-c", run], stdout: "piped" }).spawn();
  const lines = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const next = async (pattern: RegExp) => {
    for (;;) {
      const match = pattern.exec(text);
      if (match !== null) return match[1];
      const { value, done } = await lines.read();
      assert.ok(!done, `the child ended; it said: ${text}`);
      text += value;
    }
  };
  const port = Number(await next(/port (\d+)/));
  const conns: Deno.Conn[] = [];
  for (let count = 0; count < 80; count++) conns.push(await Deno.connect({ port }));
  await next(/error (emfile)/);
  for (const conn of conns.splice(0)) conn.close();
  const late = await Deno.connect({ port });
  const answer = new Uint8Array(8);
  assert.equal(await late.read(answer), 2);
  late.close();
  await late.read(answer).catch(() => {});
  process.kill("SIGTERM");
  await process.status;
  await lines.cancel();
});
