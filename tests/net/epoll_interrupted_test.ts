/** Calls that a signal interrupts, and writes of which the system takes a part, lose nothing and end nothing. */
import assert from "node:assert/strict";
import { systemClock } from "../../lib/net/clock.ts";
import { Poller } from "../../lib/net/epoll/poller.ts";
import { epollTransport } from "../../lib/net/epoll/transport.ts";
import { Errno, type Libc, libc } from "../../lib/net/libc.ts";
import { TimerWheel } from "../../lib/net/timers.ts";
import { Random } from "../support/random.ts";
import { testConformance } from "./conformance.ts";

const real = libc();

/** Every third of these calls, by chance, is not made and says EINTR, as after a signal. */
const INTERRUPTED = ["recv", "send", "accept4", "epoll_wait", "epollWaitAside", "splice"] as const;

const counts = new Map<string, number>();

function troubled(calls: Libc): Libc {
  const random = new Random(4);
  const cell = Deno.UnsafePointerView.getArrayBuffer(calls.__errno_location()!, 4);
  const error = new Int32Array(cell);
  const interrupted = (name: string): boolean => {
    if (random.below(3) > 0) return false;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    error[0] = Errno.EINTR;
    return true;
  };
  const wrapped: Record<string, unknown> = { ...calls };
  for (const name of INTERRUPTED) {
    const call = calls[name] as (...args: unknown[]) => number | Promise<number>;
    wrapped[name] = (...args: unknown[]) => {
      if (interrupted(name)) return -1;
      // A part of what is to be written, or all of it.
      if (name === "send") args[2] = 1 + random.below(args[2] as number);
      return call(...args);
    };
  }
  // A connect that a signal interrupts goes on by itself.
  wrapped.connect = (...args: Parameters<Libc["connect"]>) => {
    const answer = calls.connect(...args);
    if (answer < 0 && error[0] === Errno.EINPROGRESS) interrupted("connect");
    return answer;
  };
  return wrapped as unknown as Libc;
}

if (real !== undefined) {
  const poller = new Poller(troubled(real), reportError);
  const transport = epollTransport(systemClock, new TimerWheel(systemClock), poller)!;
  const name = "epoll with interrupted calls";
  testConformance({ transport: { ...transport, name }, v6only: true, resets: true });

  Deno.test(`${name}: each kind of call was interrupted`, () => {
    for (const each of ["recv", "send", "accept4", "epoll_wait"]) {
      assert.ok((counts.get(each) ?? 0) > 10, `${each}: ${counts.get(each)} times`);
    }
  });
}
