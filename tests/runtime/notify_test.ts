import assert from "node:assert/strict";
import { createNotifier } from "../../lib/runtime/notify.ts";
import { scopedTest } from "../support/scope.ts";

for (const ffi of [true, false]) {
  for (const abstract of [false, true]) {
    scopedTest(
      `systemd hears of start, reload and end on ${abstract ? "an abstract socket" : "a socket"}${
        ffi ? ", by FFI" : ""
      }`,
      {},
      async (scope) => {
        const name = abstract ? `@sluice-test-${Deno.pid}-${ffi}` : scope.path("notify");
        const socket = Deno.listenDatagram({
          transport: "unixpacket",
          path: name.replace(/^@/, "\0"),
        });
        scope.defer("socket", () => socket.close());
        const next = async () => new TextDecoder().decode((await socket.receive())[0]).split("\n");
        const notifier = createNotifier(name, { ffi, pid: 42 });
        await notifier.ready("serving 1 frontend");
        assert.deepEqual(await next(), ["READY=1", "STATUS=serving 1 frontend", "MAINPID=42"]);
        const uptime = Number(Deno.readTextFileSync("/proc/uptime").split(" ")[0]);
        await notifier.reloading();
        const [first, second] = await next();
        assert.equal(first, "RELOADING=1");
        const seconds = Number(/^MONOTONIC_USEC=(\d+)$/.exec(second)?.[1]) / 1e6;
        assert.ok(Math.abs(seconds - uptime) < 60, `${seconds} ${uptime}`);
        await notifier.stopping("stopping");
        assert.deepEqual(await next(), ["STOPPING=1", "STATUS=stopping"]);
      },
    );
  }
}

Deno.test("without a socket, or with one that is not there, nothing is said and nothing fails", async () => {
  for (const socket of [undefined, "", "relative", "/nowhere/notify", "@"]) {
    for (const ffi of [true, false]) {
      const notifier = createNotifier(socket, { ffi });
      await notifier.ready("x");
      await notifier.reloading();
      await notifier.stopping("x");
    }
  }
});
