/** The clock of tests. */
export { ManualClock as FakeClock } from "../../lib/net/manual_clock.ts";
