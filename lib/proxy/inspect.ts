/**
 * Content inspection (manual 4.2 `tcp-request content`, `tcp-response content`): rules look at what comes until one
 * of them decides.
 *
 * Laws:
 * - All rules are tried again whenever more has come, until none waits for more.
 * - Nothing more comes, and they are tried for the last time, when `inspect-delay` is over (there is none: at once),
 *   the peer has finished sending, or the buffer is full.
 * - It holds one buffer, whatever the peer sends.
 */
import type { Arriving } from "../expr/arriving.ts";
import type { Outcome, Verdict } from "../rules/types.ts";
import { Timer, type TimerWheel } from "../net/timers.ts";
import { FULL, type Inbox } from "./inbox.ts";
import type { Stream } from "./stream.ts";

/** The content rules of one proxy. */
export interface ContentRules {
  readonly run: (stream: Stream) => Outcome;
  /** ms; undefined: rules see what is there and do not wait */
  readonly delay: number | undefined;
}

export interface InspectOptions {
  readonly wheel: TimerWheel;
  /** ms of silence after which the peer is given up (`timeout client`) */
  readonly silence: number | undefined;
}

/** What came of it: a verdict (undefined: no rule decided), or why the peer is gone. */
export type Inspected = Verdict | undefined | "gone" | "silent";

/** Tries `run` on what comes into `inbox`, which `arriving` shows to it. A read may be pending at the end. */
export async function inspect(
  inbox: Inbox,
  arriving: Arriving,
  run: () => Outcome,
  delay: number | undefined,
  { wheel, silence }: InspectOptions,
): Promise<Inspected> {
  let over = delay === undefined;
  let silent = false;
  let wake: (() => void) | undefined;
  const woken = () => new Promise<void>((resolve) => wake = resolve);
  const delayTimer = new Timer(wheel, () => {
    over = true;
    wake?.();
  });
  const silenceTimer = new Timer(wheel, () => {
    silent = true;
    wake?.();
  });
  try {
    for (;;) {
      arriving.update(inbox.bytes.subarray(inbox.start, inbox.end), over);
      const outcome = run();
      const verdict = outcome instanceof Promise ? await outcome : outcome;
      if (verdict?.type !== "wait") return verdict;
      if (delay !== undefined && !delayTimer.armed) delayTimer.set(delay);
      if (silence !== undefined) silenceTimer.set(silence);
      const reading = inbox.fill();
      if (reading === FULL) {
        over = true;
        continue;
      }
      if (typeof reading !== "number") {
        let answered = false;
        await Promise.race([reading.then(() => answered = true), woken()]);
        if (silent) return "silent";
        if (!answered) continue;
      }
      const n = inbox.took(typeof reading === "number" ? reading : await reading);
      if (n < 0) return "gone";
      if (n === 0) over = true;
    }
  } finally {
    delayTimer.clear();
    silenceTimer.clear();
  }
}
