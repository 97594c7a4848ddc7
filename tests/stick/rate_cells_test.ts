import assert from "node:assert/strict";
import { countRate, readRate, setRate } from "../../lib/stick/rate_cells.ts";
import { Random } from "../support/random.ts";

const PERIOD = 10_000;

/**
 * The definition in plain numbers: events are counted by period; the rate is what the running period has, and of the
 * one before it the part that is not yet a whole period ago.
 */
class Model {
  tick = 0;
  current = 0;
  past = 0;
  count(now: number, n: number): void {
    if (now - this.tick >= 2 * PERIOD) {
      this.past = 0;
      this.current = 0;
      this.tick = now - now % 2;
    } else if (now - this.tick >= PERIOD) {
      this.past = this.current;
      this.current = 0;
      this.tick += PERIOD;
    }
    this.current += n;
  }
  read(now: number): number {
    const age = now - this.tick;
    let { current, past } = this;
    let left = PERIOD - age;
    if (age > PERIOD) {
      left = 2 * PERIOD - age;
      past = left >= 0 ? current : 0;
      current = 0;
    }
    if (past <= 1 && current === 0) return past;
    return current + Math.floor(past * left / PERIOD);
  }
}

Deno.test("rates: any sequence of events gives what the definition says, across the turn of 2^32 too", () => {
  for (const start of [Date.UTC(2024, 0, 1), 2 ** 32 * 401 - 30_000, 2 ** 31 * 801 - 30_000]) {
    const random = new Random(11);
    const cells = new Int32Array(3);
    const model = new Model();
    let now = start;
    for (let i = 0; i < 5000; i++) {
      now += Math.floor((random.below(1000) / 1000) ** 4 * 25_000);
      if (random.below(10) < 6) {
        const n = 1 + random.below(5);
        countRate(cells, 0, now | 0, PERIOD, n);
        model.count(now, n);
      }
      assert.equal(readRate(cells, 0, now | 0, PERIOD), model.read(now), `event ${i}`);
    }
  }
});

Deno.test("rates: a time that lies a little back counts into the running period", () => {
  const cells = new Int32Array(3);
  const now = Date.UTC(2024, 0, 1);
  countRate(cells, 0, now | 0, PERIOD, 5);
  countRate(cells, 0, (now - 3) | 0, PERIOD, 5);
  assert.equal(readRate(cells, 0, now | 0, PERIOD), 10);
  assert.equal(readRate(cells, 0, (now - 5) | 0, PERIOD), 10);
});

Deno.test("rates: one that is set holds for a period, then it fades", () => {
  const cells = new Int32Array(3);
  const now = Date.UTC(2024, 0, 1);
  setRate(cells, 0, now | 0, 100);
  const at = (ms: number) => readRate(cells, 0, (now + ms) | 0, PERIOD);
  assert.deepEqual([0, 9999, 15_000, 20_001].map(at), [100, 100, 50, 0]);
});
