/** What the formats and expressions of a check can see: the server, its backend, and its answer. */
import type { ServerPool } from "../../balance/pool.ts";
import type { Server } from "../../balance/server.ts";
import type { ProxyConfig } from "../../config/model.ts";
import type { ProcessView, ProxyView, SessionView, StreamView } from "../../expr/context.ts";
import type { Variables } from "../../expr/variables.ts";
import type { Head } from "../../http1/head.ts";
import type { Address } from "../../net/conn.ts";

const NOWHERE: Address = { family: 4, host: "0.0.0.0", port: 0 };

export class CheckView implements StreamView {
  readonly session: SessionView;
  readonly request = undefined;
  response: Head | undefined = undefined;
  answer = "";
  readonly frontend: ProxyView;
  readonly backend: ProxyView;
  readonly streamId = 0;
  readonly acceptAt = -1;
  readonly requestStartAt = -1;
  readonly requestAt = -1;
  readonly queuedAt = -1;
  readonly connectedAt = -1;
  readonly responseAt = -1;
  readonly endedAt = -1;
  readonly requestDate = 0;
  readonly bytesIn = 0;
  readonly bytesOut = 0;
  readonly termination = "----";
  readonly retries = 0;
  readonly redispatched = false;
  readonly srvQueue = 0;
  readonly backendQueue = 0;
  serverLocal: Address | undefined = undefined;
  logLevel: number | undefined = undefined;
  readonly isCheck = true;
  variables: Variables | undefined = undefined;
  readonly capturedRequestHeaders = [];
  readonly capturedResponseHeaders = [];

  constructor(
    proxy: ProxyConfig,
    readonly pool: ServerPool,
    readonly server: Server,
    readonly process: ProcessView,
  ) {
    const { name, id, mode } = proxy;
    this.backend = {
      name,
      id,
      mode,
      get currentConnections() {
        return pool.state.current;
      },
    };
    this.frontend = this.backend;
    this.session = {
      remote: NOWHERE,
      local: NOWHERE,
      frontend: this.backend,
      listenerId: 0,
      acceptDate: 0,
      requestCount: 1,
    };
  }

  /** Another check of the same server: nothing is left of the last one's variables. */
  begin(): void {
    this.variables = undefined;
    this.session.variables = undefined;
  }

  get status(): number {
    return this.response?.status ?? -1;
  }
  get actconn(): number {
    return this.process.actconn;
  }
}
