/** Fuzzing of what a peer may send: nothing throws, and a session that goes on has taken only what it understood. */
import assert from "node:assert/strict";
import { readDefinition } from "../../../lib/stick/peers/definition.ts";
import { readHello, readStatus } from "../../../lib/stick/peers/hello.ts";
import type { Random } from "../../support/random.ts";
import { LESSON } from "./wire.ts";
import { newSession, sharedTables } from "./support.ts";

function mutate(bytes: Uint8Array, r: Random): Uint8Array {
  const copy = [...bytes];
  for (let n = 1 + r.below(6); n > 0; n--) {
    const at = r.below(copy.length);
    switch (r.below(4)) {
      case 0:
        copy[at] = r.below(256);
        break;
      case 1:
        copy.splice(at, 1 + r.below(8));
        break;
      case 2:
        copy.splice(at, 0, ...copy.slice(r.below(copy.length)).slice(0, r.below(40)));
        break;
      default:
        copy[at] ^= 1 << r.below(8);
    }
    if (copy.length === 0) return new Uint8Array(1);
  }
  return Uint8Array.from(copy);
}

/** Feeds `rounds` broken lessons, cut anywhere. */
export function fuzzPeers(rounds: number, r: Random): void {
  for (let n = 0; n < rounds; n++) {
    const bytes = mutate(LESSON, r);
    const tables = sharedTables();
    const { session } = newSession(tables);
    for (let at = 0; at < bytes.length;) {
      const size = 1 + r.below(50);
      session.receive(bytes.subarray(at, at + size));
      at += size;
    }
    while (session.produce() !== undefined);
    for (const { table } of tables) {
      const wall = 1_700_000_000_000;
      assert.ok(table.used(wall) <= table.config.size);
      // Nobody holds what was learned.
      for (let entry = table.next(0, wall); entry !== 0; entry = table.next(entry, wall)) {
        assert.equal(table.refs(entry), 1);
        table.release(entry);
      }
    }
    let text = "";
    for (const byte of bytes.subarray(0, 300)) text += String.fromCharCode(byte);
    readHello(text);
    readHello(`HAProxyS 2.1\n${text}\n${text}`);
    readStatus(text);
    readDefinition(bytes);
  }
}
