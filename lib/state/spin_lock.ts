/** A lock in shared memory for sections of some microseconds; who holds it neither waits nor throws. */

/** turns in which a lock is tried before the thread sleeps */
const SPINS = 2000;

export function lock(cells: Int32Array, at: number): void {
  for (let i = 0; Atomics.compareExchange(cells, at, 0, 1) !== 0; i++) {
    if (i > SPINS) Atomics.wait(cells, at, 1, 1);
  }
}

export function unlock(cells: Int32Array, at: number): void {
  Atomics.store(cells, at, 0);
}
