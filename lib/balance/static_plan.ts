/**
 * The plan of `static-rr` and map-based hashing: which server each place of a round belongs to, in HAProxy's
 * order.
 *
 * A round has as many places as the weights add up to. Before each place every server's score grows by its
 * weight; the place goes to the server whose score, in whole rounds, is highest (the first of equal ones), and
 * a round is taken from its score. Done place by place for all servers this costs places * servers. Here a
 * server is looked at only when its score passes a whole number of rounds, which can be reckoned:
 * places * log(servers).
 */
import { Heap, HeapNode } from "./heap.ts";

/** Answers for each place the position in `weights` of its owner. Weights are at least 1. */
export function staticPlan(weights: readonly number[]): Uint32Array {
  let total = 0;
  for (const weight of weights) total += weight;
  const plan = new Uint32Array(total);
  if (weights.length === 1) return plan;
  const steps = new Steps(weights.length, total);
  const ready = new Heap<number>();
  const nodes = weights.map((_, i) => new HeapNode(i));
  const taken = new Uint32Array(weights.length);

  /** Reckons where server `i` stands before place `step`, and when it will stand higher. */
  const stand = (i: number, step: number): void => {
    const weight = weights[i];
    const score = weight * (step + 1) - total * taken[i];
    const rounds = Math.floor(score / total);
    if (rounds >= 0) ready.add(nodes[i], i - rounds * weights.length);
    const missing = (rounds + 1) * total - score;
    steps.put(i, step + Math.ceil(missing / weight));
  };

  for (let i = 0; i < weights.length; i++) stand(i, 0);
  for (let step = 0; step < total; step++) {
    for (let i = steps.first(step); i >= 0; i = steps.first(step)) {
      steps.remove(i);
      if (nodes[i].heap !== undefined) ready.remove(nodes[i]);
      stand(i, step);
    }
    // The scores add up to a whole round: one at least is not negative.
    const best = ready.first()!;
    ready.remove(best);
    const i = best.value;
    plan[step] = i;
    taken[i]++;
    steps.remove(i);
    stand(i, step + 1);
  }
  return plan;
}

/** Which servers are to be looked at again before which place; each is in one list at most. */
class Steps {
  readonly #first: Int32Array;
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #step: Int32Array;

  constructor(servers: number, places: number) {
    this.#first = new Int32Array(places).fill(-1);
    this.#next = new Int32Array(servers).fill(-1);
    this.#previous = new Int32Array(servers).fill(-1);
    this.#step = new Int32Array(servers).fill(-1);
  }

  first(step: number): number {
    return this.#first[step];
  }

  /** Behind the last place there is nothing to look at. */
  put(i: number, step: number): void {
    if (step >= this.#first.length) return;
    const first = this.#first[step];
    this.#next[i] = first;
    this.#previous[i] = -1;
    if (first >= 0) this.#previous[first] = i;
    this.#first[step] = i;
    this.#step[i] = step;
  }

  remove(i: number): void {
    const step = this.#step[i];
    if (step < 0) return;
    const next = this.#next[i];
    const previous = this.#previous[i];
    if (previous < 0) this.#first[step] = next;
    else this.#next[previous] = next;
    if (next >= 0) this.#previous[next] = previous;
    this.#step[i] = -1;
  }
}
