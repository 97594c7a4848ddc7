/** What runs beside the frontends of a thread: runtime sockets, UDP, peers, Redis, the REST API, spans. */
import type { ApiServer } from "./api_server.ts";
import { DatagramListenings } from "./datagram_listenings.ts";
import type { Generation } from "./generation.ts";
import type { OpenedListenings } from "./open_all.ts";
import { Peers } from "./peers/peers.ts";
import type { SluiceOptions } from "./process_options.ts";
import { RedisTables } from "./redis/shared_tables.ts";
import type { RuntimeHost } from "./socket/command.ts";
import { RuntimeSockets } from "./socket/sockets.ts";

/** ms in which the last counts must have reached Redis */
const LAST_COUNTS_MS = 1000;

export class Beside {
  /** `stats socket` */
  readonly sockets: RuntimeSockets;
  readonly datagrams: DatagramListenings;
  /** the `peers` sections */
  readonly peers: Peers;
  /** tables that Redis adds up over nodes */
  readonly #redis: RedisTables;
  readonly #host: RuntimeHost;
  readonly #options: SluiceOptions;
  #api: ApiServer | undefined;

  constructor(
    host: RuntimeHost,
    options: SluiceOptions,
    log: (level: number, text: string) => void,
  ) {
    this.#host = host;
    this.#options = options;
    this.sockets = new RuntimeSockets(host, options.report);
    this.datagrams = new DatagramListenings(host.state);
    this.peers = new Peers(host.state);
    this.#redis = new RedisTables(host.state, log);
  }

  /** Serves what `generation` wants, of which `opened` is open. */
  adopt({ sockets, datagrams, peers }: OpenedListenings, generation: Generation): void {
    this.sockets.adopt(sockets);
    this.datagrams.adopt(datagrams, generation);
    this.peers.adopt(peers, generation);
    this.#redis.adopt(generation);
    this.#adoptApi(generation);
    this.#host.state.spans.adopt(generation.config.global.openTelemetry);
  }

  /** The REST API as the configuration now wants it; only the first thread has one. */
  #adoptApi(generation: Generation): void {
    const { createApi, report, member } = this.#options;
    if (createApi === undefined || member !== undefined) return;
    const { api } = generation.config.global;
    if (api === undefined && this.#api === undefined) return;
    this.#api ??= createApi(this.#host, report);
    this.#api.adopt(api);
  }

  /** Nothing new comes in any more. */
  closeListeners(): void {
    this.sockets.closeListeners();
    this.datagrams.close();
  }

  /** What others are still to be told is told. */
  flush(): Promise<void> {
    return this.#redis.flush(LAST_COUNTS_MS);
  }

  /** Closes everything. */
  close(): void {
    this.sockets.close();
    this.datagrams.close();
    this.peers.close();
    this.#redis.close();
    this.#api?.close();
  }
}
