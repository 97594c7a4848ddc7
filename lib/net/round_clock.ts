/**
 * The clock of a thread whose work comes in rounds, as a poll loop's does: within a round time stands still, as in
 * HAProxy, so that the many who ask for it pay for one reading. Outside of a round it is the machine's.
 */
import { type Clock, systemClock } from "./clock.ts";

export interface RoundClock extends Clock {
  /** A round begins at this time (`now` of the clock below). */
  begin(now: number): void;
  /** It is over: whoever asks from now on may do so at any time. */
  end(): void;
}

/** A clock that is in no round yet; `below` tells the time. */
export function roundClock(below: Clock = systemClock): RoundClock {
  /** ms; -1: no round */
  let now = -1;
  let wall = -1;
  return {
    begin(at) {
      now = at;
      wall = -1;
    },
    end() {
      now = -1;
    },
    now: () => now < 0 ? below.now() : now,
    wall: () => now < 0 ? below.wall() : wall < 0 ? (wall = below.wall()) : wall,
    after: below.after,
  };
}
