/** A UDP socket that a frontend listens at, as the process keeps it over reloads. */
import type { BindConfig } from "../../config/model.ts";
import type { Frontend } from "../frontend.ts";

export interface DatagramListening {
  readonly key: string;
  /** What comes from now on belongs to this frontend. */
  adopt(frontend: Frontend, bind: BindConfig): void;
  start(): void;
  /** Ends what this server serves (`on-marked-down`). */
  killStreams(backend: string, server: string): void;
  /** Closes the socket and ends what came by it. */
  close(): void;
}
