/** A `ring` section as a target of log lines: the ring itself, and the servers that get what is put into it. */
import type { RingConfig } from "../../config/model_log.ts";
import type { LineSink, LineSinks } from "../target.ts";
import { Ring } from "./ring.ts";

export class RingSink implements LineSink {
  readonly config: RingConfig;
  readonly ring: Ring;
  readonly #servers: readonly LineSink[];

  /** `memory` is of `ringBytes(config.size)`. */
  constructor(config: RingConfig, memory: SharedArrayBuffer, sinks: LineSinks) {
    this.config = config;
    this.ring = new Ring(memory);
    this.#servers = config.servers.map(({ transport }) => sinks.get(transport));
  }

  write(line: string): void {
    this.ring.write(line);
    for (const server of this.#servers) server.write(line);
  }
}
