/**
 * Persistence of one stream: what the client's cookie and the rules said about its server (manual 4.2 `cookie`,
 * `force-persist`, `ignore-persist`, `use-server`), and what was done about it, for the log (manual 8.5).
 *
 * Law: `direct` is true as long as the stream's server is the one that persistence chose; whoever gives the stream
 * to another server calls `leave`.
 */
import type { Server } from "../balance/server.ts";

/** Third termination character: the client's cookie. */
export type RequestCookie = "N" | "I" | "D" | "V" | "E" | "O" | "U";
/** Fourth termination character: the server's cookie. */
export type ResponseCookie = "N" | "I" | "U" | "P" | "R" | "D";

export class Persistence {
  request: RequestCookie = "N";
  response: ResponseCookie = "N";
  /** the server was chosen by persistence */
  direct = false;
  /** `force-persist` applies: the server is used even when it is down, and never left */
  forced = false;
  /** `ignore-persist` applies */
  ignored = false;
  /** dates that the client's cookie had, seconds since the epoch; 0: none */
  lastDate = 0;
  firstDate = 0;

  /** Persistence chooses `server`. */
  choose(stream: { preferred: Server | undefined }, server: Server): void {
    stream.preferred = server;
    this.direct = true;
  }

  /** The stream goes to another server than the one that persistence chose. */
  leave(): void {
    this.direct = false;
    if (this.request === "V") this.request = "D";
  }

  /** Whether a server may be chosen: it is up, or nobody minds (`option persist`, `force-persist`). */
  mayUse(server: Server, optionPersist: boolean): boolean {
    return optionPersist || this.forced || server.state.running;
  }
}
