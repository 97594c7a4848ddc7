import assert from "node:assert/strict";
import { closeHeld } from "../../lib/net/epoll/poller.ts";
import { libc } from "../../lib/net/libc.ts";

Deno.test({
  name: "epoll: what a thread that died had open is closed, and its clients hear of it",
  ignore: libc() === undefined,
  async fn() {
    const worker = new Worker(new URL("./epoll_worker.ts", import.meta.url).href, {
      type: "module",
    });
    const bits = new Int32Array(new SharedArrayBuffer(4096));
    const died = new Promise<void>((resolve) => {
      worker.onerror = (event) => {
        event.preventDefault();
        resolve();
      };
    });
    const port = await new Promise<number>((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.postMessage(bits);
    });
    const client = await Deno.connect({ port });
    const waiting = await Deno.connect({ port });
    await client.write(new Uint8Array(1));
    await died;
    worker.terminate();
    assert.ok(bits.some((word) => word !== 0));
    closeHeld(bits);
    assert.ok(bits.every((word) => word === 0));
    assert.equal(await client.read(new Uint8Array(1)), null);
    await waiting.read(new Uint8Array(1)).catch(() => {});
    await assert.rejects(Deno.connect({ port }));
    client.close();
    waiting.close();
  },
});
