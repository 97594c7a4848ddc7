/** Whose turn it is among the places of a round. */
import type { BackendState } from "../state/proxy.ts";

export interface Turn {
  /** the place whose turn is next; it may lie behind the end of the round */
  now(): number;
  /** The place at `to` is next. False: another thread has taken the turn `from` meanwhile. */
  move(from: number, to: number): boolean;
}

/** One for the thread. */
export function ownTurn(): Turn {
  let at = 0;
  return {
    now: () => at,
    move: (_from, to) => {
      at = to;
      return true;
    },
  };
}

/** One for all threads: no two get the same turn. */
export function sharedTurn(state: BackendState): Turn {
  return {
    now: () => state.turn,
    move: (from, to) => state.moveTurn(from, to),
  };
}
