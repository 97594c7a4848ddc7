/** Weights as the runtime socket takes and shows them (management manual 9.3 `set weight`, `get weight`). */
import type { Server } from "./server.ts";

/**
 * The absolute weight that `text` asks for: `0` to `256`, or a percentage of the initial weight, at most 256.
 * Answers the sentence that says what is wrong when it is not one, or when the algorithm is static
 * (`dynamic` false) and it is neither nothing nor all.
 */
export function weightFromText(text: string, server: Server, dynamic: boolean): number | string {
  const parts = /^([+-]?\d+)(%?)$/.exec(text);
  if (parts === null) return "Trailing garbage in weight string";
  const n = Number(parts[1]);
  const initial = server.state.initialWeight;
  if (parts[2] === "" && !(n >= 0 && n <= 256)) {
    return "Absolute weight can only be between 0 and 256 inclusive.";
  }
  if (n < 0) return "Relative weight must be positive.";
  const weight = parts[2] === "" ? n : Math.min(256, Math.floor(initial * n / 100));
  if (!dynamic && weight !== 0 && weight !== initial) {
    return "Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.";
  }
  return weight;
}

/** What `get weight` answers: `1 (initial 2)`. */
export function weightText(server: Server): string {
  return `${server.weight} (initial ${server.state.initialWeight})`;
}
