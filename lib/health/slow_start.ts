/**
 * `slowstart` (manual 5.2): a server that has come up gets its weight and its connections little by little.
 *
 * Its weight grows from one sixteenth, where the algorithm's weights may change at run time; its `maxconn` grows from
 * one connection, with every algorithm. Nothing is held back when the process starts.
 */
import type { ServerPool } from "../balance/pool.ts";
import type { Server } from "../balance/server.ts";
import { Timer, type TimerWheel } from "../net/timers.ts";

/** Steps in which a server gets its share, when they are not shorter than MIN_STEP. */
const STEPS = 32;
/** ms */
const MIN_STEP = 100;

export interface SlowStartOptions {
  readonly pool: ServerPool;
  readonly wheel: TimerWheel;
  /** wall ms */
  wall(): number;
}

/** The servers of one backend that are on their way. One timer serves all. */
export class SlowStart {
  readonly #o: SlowStartOptions;
  /** clock ms at which each came up */
  readonly #since = new Map<Server, number>();
  readonly #timer: Timer;
  /** clock ms at which the timer was to fire last */
  #planned = 0;

  constructor(options: SlowStartOptions) {
    this.#o = options;
    this.#timer = new Timer(options.wheel, () => this.#step());
  }

  /** The server is about to come up: it begins with the least share. */
  begin(server: Server): void {
    if (server.config.slowstart !== undefined) this.#grow(server, this.#o.wheel.now());
  }

  /** Goes on with servers that came up under the configuration before this one. */
  resume(): void {
    const now = this.#o.wheel.now();
    for (const server of this.#o.pool.servers) {
      const { state } = server;
      if (!state.starting) continue;
      const ago = this.#o.wall() - state.lastChange * 1000;
      if (server.config.slowstart === undefined) state.setShare(16, 100);
      else this.#grow(server, now - Math.max(0, ago));
    }
  }

  /** Gives no more shares: another Generation does, or the process ends. */
  stop(): void {
    this.#timer.clear();
    this.#since.clear();
  }

  #grow(server: Server, since: number): void {
    this.#since.set(server, since);
    if (this.#share(server, since) && !this.#timer.armed) this.#sleep(this.#o.wheel.now());
  }

  #step(): void {
    for (const [server, since] of this.#since) {
      if (server.state.running) this.#share(server, since);
      else this.#end(server);
    }
    this.#o.pool.changedAll();
    if (this.#since.size > 0) this.#sleep(this.#planned);
  }

  /** Until one step after `from`: that a timer fires late does not add up. */
  #sleep(from: number): void {
    let shortest = Infinity;
    for (const { config } of this.#since.keys()) {
      shortest = Math.min(shortest, config.slowstart!);
    }
    this.#planned = from + Math.max(MIN_STEP, shortest / STEPS);
    this.#timer.setAt(this.#planned);
  }

  /** Gives the server what it may have now; false: that is all. */
  #share(server: Server, since: number): boolean {
    const whole = server.config.slowstart!;
    const past = this.#o.wheel.now() - since;
    if (past >= whole) {
      this.#end(server);
      return false;
    }
    const sixteenths = this.#o.pool.dynamic ? Math.floor(16 * past / whole) + 1 : 16;
    server.state.setShare(sixteenths, Math.floor(100 * past / whole));
    return true;
  }

  #end(server: Server): void {
    this.#since.delete(server);
    server.state.setShare(16, 100);
  }
}
