/**
 * Ranges that may overlap, cut into segments that do not: the range that counts for a point is found by one binary
 * search.
 */

export interface Interval<P> {
  readonly from: P;
  /** the first point behind it; undefined: it has no end */
  readonly end: P | undefined;
  /** of the ranges that hold a point the one with the least rank counts, then the first */
  readonly rank: number;
}

export class Segments<P> {
  readonly #starts: P[] = [];
  readonly #owners: number[] = [];
  readonly #order: (a: P, b: P) => number;

  constructor(intervals: readonly Interval<P>[], order: (a: P, b: P) => number) {
    this.#order = order;
    const byStart = intervals.map((_, i) => i).sort((a, b) =>
      order(intervals[a].from, intervals[b].from) || a - b
    );
    const points: P[] = [];
    for (const { from, end } of intervals) {
      points.push(from);
      if (end !== undefined) points.push(end);
    }
    points.sort(order);
    const better = (a: number, b: number) => (intervals[a].rank - intervals[b].rank || a - b) < 0;
    const open: number[] = [];
    let next = 0;
    for (let i = 0; i < points.length; i++) {
      const point = points[i];
      if (i > 0 && order(point, points[i - 1]) === 0) continue;
      while (next < byStart.length && order(intervals[byStart[next]].from, point) <= 0) {
        push(open, byStart[next++], better);
      }
      // Those that have ended are taken out when they come to the top.
      while (open.length > 0 && hasEnded(intervals[open[0]], point, order)) pop(open, better);
      const owner = open.length > 0 ? open[0] : -1;
      if (this.#owners.at(-1) === owner) continue;
      this.#starts.push(point);
      this.#owners.push(owner);
    }
  }

  /** The index of the interval that counts for `point`; -1: none does. */
  find(point: P): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (this.#order(this.#starts[middle], point) <= 0) low = middle + 1;
      else high = middle - 1;
    }
    return high < 0 ? -1 : this.#owners[high];
  }
}

function hasEnded<P>({ end }: Interval<P>, point: P, order: (a: P, b: P) => number): boolean {
  return end !== undefined && order(end, point) <= 0;
}

/** A heap: the best is at the top. */
function push(heap: number[], item: number, better: (a: number, b: number) => boolean): void {
  let at = heap.push(item) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!better(heap[at], heap[parent])) break;
    [heap[at], heap[parent]] = [heap[parent], heap[at]];
    at = parent;
  }
}

function pop(heap: number[], better: (a: number, b: number) => boolean): void {
  const last = heap.pop()!;
  if (heap.length === 0) return;
  heap[0] = last;
  for (let at = 0;;) {
    let best = at;
    for (const child of [2 * at + 1, 2 * at + 2]) {
      if (child < heap.length && better(heap[child], heap[best])) best = child;
    }
    if (best === at) return;
    [heap[at], heap[best]] = [heap[best], heap[at]];
    at = best;
  }
}
