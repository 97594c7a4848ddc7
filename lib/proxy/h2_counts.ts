/** Counting HTTP/2 for a frontend or a backend. */
import { TALLY_NAMES } from "../http2/tally.ts";
import type { Count } from "../mux/link.ts";
import { PC, type ProxyCounters } from "../state/traffic.ts";

const FIELDS: readonly number[] = TALLY_NAMES.map((name) => PC[`h2_${name}`]);

/** Adds what connections have seen and sent to `counters`. */
export function countInto(counters: ProxyCounters): Count {
  return (position, count) => counters.add(FIELDS[position], count);
}
