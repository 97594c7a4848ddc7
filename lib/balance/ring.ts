/**
 * The ring of consistent hashing, with HAProxy's places: each server has 16 places for each unit of its weight,
 * reckoned from its `id` or its address (ring_key.ts), so that two balancers with the same choose alike. Places are kept sorted; what a
 * change adds and takes away is merged in, all other places stay.
 */
import { avalanche } from "./hash.ts";
import { ringKey } from "./ring_key.ts";
import type { Server } from "./server.ts";

/** A place as one number that sorts by position on the ring, then by the server's index. */
const INDEX_RANGE = 0x200000;

const NO_PLACES = new Float64Array(0);

export class Ring {
  /** positions on the ring, 0 to 2^32-1, rising */
  keys: Uint32Array = new Uint32Array(0);
  /** index of the server that owns each place */
  owners: Uint32Array = new Uint32Array(0);
  /** first place in each of the equal arcs that the ring is cut into, and the end */
  #arcs: Uint32Array = new Uint32Array(2);
  /** a position is in the arc that its bits above these say */
  #shift = 31;
  /** places that each server has now, by its index, and what they were reckoned from */
  #counts: Uint16Array;
  #keys: Float64Array;

  constructor(servers: readonly Server[]) {
    this.#counts = new Uint16Array(servers.length);
    this.#keys = new Float64Array(servers.length);
  }

  get length(): number {
    return this.keys.length;
  }

  /**
   * Gives these servers as many places as their effective weights say, and all others none. False: they had them
   * already.
   */
  update(members: readonly Server[]): boolean {
    const before = this.#counts;
    const now = new Uint16Array(before.length);
    const moved: Server[] = [];
    for (const server of members) {
      const { index } = server;
      now[index] = server.effectiveWeight;
      const key = ringKey(server);
      if (before[index] === 0) this.#keys[index] = key;
      else if (this.#keys[index] !== key) moved.push(server);
    }
    // Of those that are somewhere else now all old places go first.
    if (moved.length > 0) this.#leave(moved);
    const from = this.#counts;
    const added = this.#difference(from, now);
    const removed = this.#difference(now, from);
    if (added.length === 0 && removed.length === 0) return moved.length > 0;
    this.#merge(added, removed);
    this.#counts = now;
    return true;
  }

  #leave(moved: readonly Server[]): void {
    const from = this.#counts;
    const left = from.slice();
    for (const { index } of moved) left[index] = 0;
    this.#merge(NO_PLACES, this.#difference(left, from));
    this.#counts = left;
    for (const server of moved) this.#keys[server.index] = ringKey(server);
  }

  /** The places that are in `to` and not in `from`, sorted. */
  #difference(from: Uint16Array, to: Uint16Array): Float64Array {
    let length = 0;
    for (let i = 0; i < to.length; i++) length += Math.max(0, to[i] - from[i]);
    const places = new Float64Array(length);
    let n = 0;
    for (let i = 0; n < length; i++) {
      const first = this.#keys[i];
      for (let place = from[i]; place < to[i]; place++) {
        places[n++] = avalanche(first + place) * INDEX_RANGE + i;
      }
    }
    return sorted(places);
  }

  #merge(added: Float64Array, removed: Float64Array): void {
    const { keys, owners } = this;
    const length = keys.length + added.length - removed.length;
    const newKeys = new Uint32Array(length);
    const newOwners = new Uint32Array(length);
    let old = 0;
    let a = 0;
    let r = 0;
    let gone = r < removed.length ? removed[r] : -1;
    let coming = a < added.length ? added[a] : Infinity;
    for (let n = 0; n < length;) {
      const place = old < keys.length ? keys[old] * INDEX_RANGE + owners[old] : Infinity;
      if (place === gone) {
        old++;
        gone = ++r < removed.length ? removed[r] : -1;
      } else if (place < coming) {
        newKeys[n] = keys[old];
        newOwners[n++] = owners[old++];
      } else {
        const key = Math.floor(coming / INDEX_RANGE);
        newKeys[n] = key;
        newOwners[n++] = coming - key * INDEX_RANGE;
        coming = ++a < added.length ? added[a] : Infinity;
      }
    }
    this.keys = newKeys;
    this.owners = newOwners;
    this.#cut();
  }

  /** As places are spread evenly, few are in each arc: finding one does not depend on how many there are. */
  #cut(): void {
    const { keys } = this;
    const bits = Math.max(1, 31 - Math.clz32(keys.length));
    const arcs = new Uint32Array(2 ** bits + 1).fill(keys.length);
    this.#shift = 32 - bits;
    for (let i = keys.length - 1; i >= 0; i--) arcs[keys[i] >>> this.#shift] = i;
    // An arc without a place begins where the next one does.
    for (let arc = arcs.length - 2; arc >= 0; arc--) {
      if (arcs[arc] > arcs[arc + 1]) arcs[arc] = arcs[arc + 1];
    }
    this.#arcs = arcs;
  }

  /** The first place at or behind `key`, without going round: `length` when all lie before it. */
  atOrAfter(key: number): number {
    const { keys } = this;
    const arc = key >>> this.#shift;
    let low = this.#arcs[arc];
    let high = this.#arcs[arc + 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (keys[middle] < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The place nearest to `hash`, the one before it when both are as near. The ring has at least one place. */
  nearest(hash: number): number {
    const { keys } = this;
    let after = this.atOrAfter(hash);
    if (after === keys.length) after = 0;
    const before = after === 0 ? keys.length - 1 : after - 1;
    return (hash - keys[before]) >>> 0 <= (keys[after] - hash) >>> 0 ? before : after;
  }
}

/** Places sorted. They are spread evenly, so most fall into a bucket of their own, and neighbours are put right. */
function sorted(places: Float64Array): Float64Array {
  const { length } = places;
  if (length < 1000) return places.sort();
  const buckets = 2 ** (31 - Math.clz32(length));
  const scale = buckets / (0x100000000 * INDEX_RANGE);
  const starts = new Uint32Array(buckets + 1);
  for (let i = 0; i < length; i++) starts[Math.floor(places[i] * scale) + 1]++;
  for (let b = 0; b < buckets; b++) starts[b + 1] += starts[b];
  const out = new Float64Array(length);
  for (let i = 0; i < length; i++) out[starts[Math.floor(places[i] * scale)]++] = places[i];
  for (let i = 1; i < length; i++) {
    const place = out[i];
    let at = i;
    for (; at > 0 && out[at - 1] > place; at--) out[at] = out[at - 1];
    out[at] = place;
  }
  return out;
}
