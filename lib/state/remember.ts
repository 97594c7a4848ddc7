/** Objects of one thread that outlive a reload as long as a Generation knows them. */
import type { Lease } from "./store.ts";

interface Held<T> {
  readonly value: T;
  holders: number;
}

/** The object of this name: made when no Generation has it, forgotten when the last lease that asked for it ends. */
export function remember<T>(lease: Lease, name: string, make: () => T): T {
  const { store } = lease;
  const held = store.local<Held<T>>(name, () => ({ value: make(), holders: 0 }));
  held.holders++;
  lease.onEnd(() => {
    if (--held.holders === 0) store.dropLocal(name);
  });
  return held.value;
}
