/** How much of its time the process had nothing to do (`Idle_pct` of `show info`). */
import process from "node:process";

/** ms over which it is measured at least */
const SPAN = 1000;

let since = { wall: performance.now(), cpu: busy() };
let percent = 100;

/** CPU ms so far. */
function busy(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** 0 to 100, between this look and one at least a second ago; of one CPU, as HAProxy has it for one thread. */
export function idlePercent(): number {
  const now = performance.now();
  const span = now - since.wall;
  if (span >= SPAN) {
    const cpu = busy();
    percent = Math.max(0, Math.min(100, Math.round(100 - 100 * (cpu - since.cpu) / span)));
    since = { wall: now, cpu };
  }
  return percent;
}
