/** `show cache` (management manual 9.3). */
import type { Cache } from "../../../cache/cache.ts";
import type { CommandRow } from "../command.ts";

function* listing(caches: Iterable<Cache>, seconds: number): Iterable<string> {
  let number = 1;
  for (const { name, memory } of caches) {
    const at = `0x${number.toString(16)}`;
    yield `${at}: ${name} (shctx:${at}, available blocks:${memory.freeBlocks})\n`;
    let object = 1;
    for (const { hash, vary, head, body, blocks, refs, stored, lifetime, age } of memory.list()) {
      yield `0x${(object++).toString(16)} hash:${hash} vary:0x${vary ? "1" : "0"} ` +
        `size:${head + body} (${blocks} blocks), refcount:${refs}, ` +
        `expire:${Math.max(0, stored + lifetime - age - seconds)}\n`;
    }
    number++;
  }
}

export const cacheCommands: readonly CommandRow[] = [
  {
    words: ["show", "cache"],
    args: "",
    level: "operator",
    doc: "list the caches and what they hold",
    section: "9.3",
    run: (_args, { host }) =>
      listing(host.generation.caches.values(), Math.floor(host.state.wall() / 1000)),
  },
];
