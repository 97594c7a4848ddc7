/**
 * `balance roundrobin`: smooth weighted round robin in HAProxy's order, O(log n).
 *
 * Time is counted in picks. A round lasts as many picks as the weights add up to. Within it a server of
 * weight w is due every total/w picks (the remainder is carried, so that the average is exact). A server
 * that is due goes first; when none is due, one that has not been in this round yet, the heaviest first.
 * Weights are counted in sixteenths, so that slowstart can give parts of them.
 */
import type { StreamView } from "../expr/context.ts";
import type { Balancer, BalancerContext } from "./balancer.ts";
import { Heap, HeapNode } from "./heap.ts";
import type { Server } from "./server.ts";

const MAX_WEIGHT = 4096;

class Turn extends HeapNode<Server> {
  weight = 0;
  /** pick number at which it is due next; 0: never picked */
  due = 0;
  /** pick number at which it was due last */
  last = 0;
  /** remainder carried, in 1/weight picks */
  carry = 0;
  /** taken out because it was full; comes back when it has room */
  parked = -1;
  /** number of the update that named it last */
  named = 0;
}

export class RoundRobin implements Balancer {
  readonly #turns: Turn[];
  readonly #limitOf: (server: Server) => number;
  /** servers that have been in this round, by the pick at which they are due */
  readonly #due = new Heap<Server>();
  /** servers still to come in this round, and those for the next, heaviest first */
  #fresh = new Heap<Server>();
  #later = new Heap<Server>();
  readonly #parked: Turn[] = [];
  #probe = 0;
  /** number of picks so far, counted from the length of the round */
  #now = 0;
  /** sum of the weights when this round began, and as it is now */
  #round = 0;
  #total = 0;
  #updates = 0;

  constructor(context: BalancerContext) {
    this.#turns = context.servers.map((s) => new Turn(s));
    this.#limitOf = context.limitOf;
  }

  #isFull(server: Server): boolean {
    const limit = this.#limitOf(server);
    return limit !== 0 && (server.state.queued > 0 || server.state.current >= limit);
  }

  pick(_stream: StreamView | undefined, excluded?: Server): Server | undefined {
    if (this.#parked.length > 0) this.#probeOne();
    let turn = this.#pickFree(excluded);
    if (turn === undefined && this.#parked.length > 0) {
      // Limits may have risen without a word (fullconn, other threads): look at all once more.
      this.#probeAll();
      turn = this.#pickFree(excluded);
    }
    return turn?.value;
  }

  #pickFree(excluded: Server | undefined): Turn | undefined {
    if (this.#total === 0) return undefined;
    if (this.#round === 0) this.#now = this.#round = this.#total;
    let avoided: Turn | undefined;
    let switched = false;
    while (true) {
      const turn = this.#next();
      if (turn === undefined) {
        if (switched) break;
        switched = true;
        this.#newRound();
        continue;
      }
      turn.heap!.remove(turn);
      this.#advance(turn);
      this.#now++;
      if (this.#isFull(turn.value)) {
        turn.parked = this.#parked.push(turn) - 1;
        continue;
      }
      if (turn.value === excluded && avoided === undefined) {
        avoided = turn;
        continue;
      }
      this.#enqueue(turn);
      if (avoided !== undefined) this.#enqueue(avoided);
      return turn;
    }
    if (avoided !== undefined) this.#enqueue(avoided);
    return avoided;
  }

  #next(): Turn | undefined {
    const due = this.#due.first() as Turn | undefined;
    if (due !== undefined && due.due <= this.#now) return due;
    return (this.#fresh.first() as Turn | undefined) ?? due;
  }

  #newRound(): void {
    const empty = this.#fresh;
    this.#fresh = this.#later;
    this.#later = empty;
    this.#now = this.#round = this.#total;
  }

  /** Reckons when a server that is picked now is due again. */
  #advance(turn: Turn): void {
    // Never picked; or the round has grown since it was put off to this one: it is not owed the difference.
    if (turn.due < this.#round) turn.due = this.#now;
    turn.last = turn.due;
    turn.due += Math.floor(this.#total / turn.weight);
    turn.carry += this.#total % turn.weight;
    if (turn.carry >= turn.weight) {
      turn.carry -= turn.weight;
      turn.due++;
    }
  }

  #enqueue(turn: Turn): void {
    if (turn.due >= 2 * this.#round || turn.due >= this.#round + this.#total) {
      turn.due -= this.#round;
      this.#later.add(turn, -turn.weight);
    } else {
      // Among equally late servers the one that is owed more goes first.
      this.#due.add(turn, turn.due * 2 * MAX_WEIGHT + MAX_WEIGHT + turn.carry - turn.weight);
    }
  }

  update(servers: readonly Server[]): void {
    const update = ++this.#updates;
    for (const server of servers) {
      const turn = this.#turns[server.index];
      turn.named = update;
      const weight = server.effectiveWeight;
      if (turn.weight === weight) continue;
      if (turn.weight === 0) this.#enter(turn, weight);
      else this.#reweigh(turn, weight);
    }
    for (const turn of this.#turns) {
      if (turn.named !== update && turn.weight !== 0) this.#leave(turn);
    }
  }

  /** A server comes (back): its first turn is spread over what is left of the round. */
  #enter(turn: Turn, weight: number): void {
    this.#total += weight;
    turn.weight = weight;
    turn.carry = 0;
    if (this.#round === 0) {
      // Nothing was picked yet, or all were away: a common start.
      turn.due = 0;
      this.#fresh.add(turn, -weight);
      return;
    }
    turn.due = this.#now + Math.floor((this.#total + this.#round - this.#now) / weight);
    turn.last = this.#now;
    this.#enqueue(turn);
  }

  #leave(turn: Turn): void {
    this.#total -= turn.weight;
    turn.weight = 0;
    if (turn.parked >= 0) this.#unlist(turn);
    else turn.heap!.remove(turn);
    if (this.#total === 0) this.#round = 0;
  }

  /** A new weight counts from the last turn on; a heavier server never waits longer than it would have. */
  #reweigh(turn: Turn, weight: number): void {
    this.#total += weight - turn.weight;
    turn.weight = weight;
    const heap = turn.heap;
    turn.carry = 0;
    if (heap === this.#fresh) {
      heap.remove(turn);
      heap.add(turn, -weight);
      return;
    }
    const step = Math.floor(this.#total / weight);
    turn.due = Math.min(turn.due, turn.last + step);
    if (turn.due < this.#now + 2) turn.due = this.#now + step;
    if (heap !== undefined) {
      heap.remove(turn);
      this.#enqueue(turn);
    }
  }

  loadChanged(server: Server): void {
    const turn = this.#turns[server.index];
    if (turn.parked >= 0 && !this.#isFull(server)) this.#unpark(turn);
  }

  #probeOne(): void {
    if (this.#probe >= this.#parked.length) this.#probe = 0;
    const turn = this.#parked[this.#probe++];
    if (!this.#isFull(turn.value)) this.#unpark(turn);
  }

  #probeAll(): void {
    for (let i = this.#parked.length - 1; i >= 0; i--) {
      if (!this.#isFull(this.#parked[i].value)) this.#unpark(this.#parked[i]);
    }
  }

  /** Back in: the turns it missed while it was full are gone. */
  #unpark(turn: Turn): void {
    this.#unlist(turn);
    if (turn.due < this.#now) {
      const step = Math.max(1, Math.floor(this.#total / turn.weight));
      turn.due += Math.ceil((this.#now - turn.due) / step) * step;
    }
    this.#enqueue(turn);
  }

  #unlist(turn: Turn): void {
    const last = this.#parked.pop()!;
    if (last !== turn) {
      this.#parked[turn.parked] = last;
      last.parked = turn.parked;
    }
    turn.parked = -1;
  }
}
