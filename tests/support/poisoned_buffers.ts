/** Buffer pools that spoil what is given back, so that whoever still reads it is found out. */
import { BufferPool, type IoBuffer, SlabPool } from "../../lib/net/buffers.ts";
import type { BufferSource } from "../../lib/proxy/inbox.ts";

const POISON = "*".charCodeAt(0);

class PoisonedPool extends BufferPool {
  override giveBack(buffer: IoBuffer): void {
    super.giveBack(buffer);
    buffer.bytes.fill(POISON);
  }
}

class PoisonedSlabs extends SlabPool {
  override giveBack(buffer: IoBuffer): void {
    super.giveBack(buffer);
    buffer.bytes.fill(POISON);
  }
}

/** Small pools: a few connections use every size. Sizes in bytes. */
export function poisonedBuffers(wait: number, full: number, bulk: number): BufferSource {
  return {
    wait: new PoisonedSlabs(wait, wait * 16),
    full: new PoisonedPool(full),
    bulk: new PoisonedPool(bulk),
  };
}
