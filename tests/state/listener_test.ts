import assert from "node:assert/strict";
import { LC, ListenerCounters } from "../../lib/state/listener.ts";
import { StateStore } from "../../lib/state/store.ts";

Deno.test("connections of one listener are one number in all threads, and so is the most of them", () => {
  const store = new StateStore({ threads: 2 });
  const one = ListenerCounters.take(store.lease(), "f", 1);
  const two = ListenerCounters.take(StateStore.attach(store.image(), 1).lease(), "f", 1);
  one.accepted();
  two.accepted();
  two.accepted();
  one.leave();
  two.bytes(3, 4);
  for (const each of [one, two]) {
    assert.equal(each.current, 2);
    assert.deepEqual(
      [LC.stot, LC.smax, LC.bin, LC.bout].map((field) => each.total(field)),
      [3, 3, 3, 4],
    );
  }
});

Deno.test("listeners of one frontend, and of one number in two frontends, count apart", () => {
  const lease = new StateStore().lease();
  const [a, b, c] = [["f", 1], ["f", 2], ["g", 1]].map(([name, id]) =>
    ListenerCounters.take(lease, name as string, id as number)
  );
  a.accepted();
  assert.deepEqual([a.current, b.current, c.current], [1, 0, 0]);
});

Deno.test("what is cleared is counters, never the connections that are there", () => {
  const counters = ListenerCounters.take(new StateStore().lease(), "f", 1);
  counters.accepted();
  counters.limited(true);
  counters.clear(false);
  assert.deepEqual([counters.total(LC.smax), counters.total(LC.stot)], [0, 1]);
  counters.clear(true);
  assert.deepEqual([counters.total(LC.stot), counters.current, counters.waiting], [0, 1, true]);
});

Deno.test("it waits as long as a limit stops any thread", () => {
  const store = new StateStore({ threads: 2 });
  const one = ListenerCounters.take(store.lease(), "f", 1);
  const two = ListenerCounters.take(StateStore.attach(store.image(), 1).lease(), "f", 1);
  one.limited(true);
  two.limited(true);
  one.limited(false);
  assert.ok(one.waiting);
  two.limited(false);
  assert.ok(!one.waiting);
});
