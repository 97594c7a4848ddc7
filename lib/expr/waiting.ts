/**
 * Conditions over bytes that are still arriving (manual 4.2 `tcp-request content`): besides true and false there is
 * "not yet", when a fetch may answer otherwise once more has come.
 */
import type { StreamTest } from "./acl.ts";
import type { Arriving } from "./arriving.ts";
import type { Term } from "./condition.ts";
import type { StreamView } from "./context.ts";

/** The numbers make `and` the smaller and `or` the larger one. */
type Truth = 0 | 1 | 2;
const NOT_YET: Truth = 1;

/**
 * The test of a condition's groups. Where it cannot be told yet it answers true and sets `waits` of what is arriving:
 * the rule is not to be applied, and no other one behind it.
 */
export function compileWaiting(
  groups: readonly (readonly Term[])[],
  unless: boolean,
): StreamTest {
  const truths = groups.map((terms) => terms.map(truthOf));
  return (stream) => {
    const arriving = arrivingOf(stream);
    let any: Truth = 0;
    for (const terms of truths) {
      let all: Truth = 2;
      for (const term of terms) {
        const truth = term(stream, arriving);
        if (truth < all) all = truth;
        if (all === 0) break;
      }
      if (all > any) any = all;
      if (any === 2) break;
    }
    if (any === NOT_YET && arriving !== undefined) {
      arriving.waits = true;
      return true;
    }
    return (any === 2) !== unless;
  };
}

/** What rules look at: the server's bytes once there are rules for them. */
export function arrivingOf(stream: StreamView): Arriving | undefined {
  return stream.answering ?? stream.arriving;
}

function truthOf({ test, negated }: Term) {
  return (stream: StreamView, arriving: Arriving | undefined): Truth => {
    if (arriving === undefined) return test(stream) !== negated ? 2 : 0;
    arriving.unsettled = false;
    if (test(stream)) return negated ? 0 : 2;
    return arriving.unsettled ? NOT_YET : negated ? 2 : 0;
  };
}
