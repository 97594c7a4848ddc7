/** `balance sticky` (HAProxy 3.0). */
import assert from "node:assert/strict";
import { OpState } from "../../lib/state/server_fields.ts";
import { backend, balanceOf, weighted } from "./support.ts";
import { client, spread, taken } from "./variants.ts";

Deno.test("one server serves as long as it is up, then the next one, which stays", () => {
  const b = backend(weighted([1, 5, 1]), balanceOf("sticky"));
  assert.deepEqual([...spread(b, 50)], [["A", 50]]);
  const { state } = b.pool.server("A")!;
  state.setOp(OpState.Stopped, 0);
  b.pool.update();
  assert.equal(taken(b, client(1)).name, "B");
  state.setOp(OpState.Running, 0);
  b.pool.update();
  assert.equal(taken(b, client(2)).name, "B", "it does not go back");
});
