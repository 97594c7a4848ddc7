// Here and not beside its twins: it looks at the CPU time of the whole process, so nothing may run beside it.
import assert from "node:assert/strict";
import process from "node:process";
import { SinkPool } from "../../lib/log/sink_pool.ts";
import { systemClock } from "../../lib/net/clock.ts";
import { delay } from "../support/poll.ts";
import { scopedTest } from "../support/scope.ts";

scopedTest(
  "a stopped reader of the Unix socket costs no CPU and loses no line",
  {},
  async (scope) => {
    const path = scope.path("log.sock");
    // Bound, but not reading yet.
    const socket = Deno.listenDatagram({ transport: "unixpacket", path });
    scope.defer("receiver", () => socket.close());
    const sinks = new SinkPool({ clock: systemClock, ffi: true });
    scope.defer("sinks", () => sinks.close());
    const sink = sinks.get({ type: "unix", path });
    for (let i = 0; i < 2000; i++) sink.write(`line ${i}`);
    await sink.flush();
    const before = process.cpuUsage();
    await delay(400);
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 200_000, `${user + system} µs of CPU in 400 ms`);
    assert.ok(sink.stats.queued > 0, "the reader's queue is full");
    const got: string[] = [];
    for (let i = 0; i < 2000; i++) {
      const [bytes] = await socket.receive();
      got.push(new TextDecoder().decode(bytes));
    }
    assert.equal(got[1999], "line 1999\n");
    assert.equal(sink.stats.dropped, 0);
  },
);
