/** A `dgram-bind` of a `log-forward` section: each datagram is a message (RFC 5426). */
import type { BindConfig } from "../../config/model.ts";
import { latin1 } from "../../http1/bytes.ts";
import type { Datagram } from "../../net/datagram.ts";
import { PC } from "../../state/traffic.ts";
import type { Frontend } from "../frontend.ts";
import type { ProcessContext } from "../process_context.ts";
import type { DatagramListening } from "../udp/datagram_listening.ts";

export class SyslogListening implements DatagramListening {
  readonly key: string;
  frontend: Frontend;
  readonly #socket: Datagram;
  readonly #process: ProcessContext;

  constructor(socket: Datagram, key: string, frontend: Frontend, process: ProcessContext) {
    this.#socket = socket;
    this.key = key;
    this.frontend = frontend;
    this.#process = process;
  }

  adopt(frontend: Frontend, _bind: BindConfig): void {
    this.frontend = frontend;
  }

  start(): void {
    this.#socket.start(
      this.#process.buffers.full.size,
      (bytes, { hostname }) => {
        const { frontend } = this;
        frontend.counters.bytes(bytes.length, 0);
        this.#process.counters.logReceived();
        frontend.syslog!.forward(latin1(bytes, 0, bytes.length), hostname);
        return undefined;
      },
      () => this.frontend.counters.add(PC.ereq, 1),
    );
  }

  killStreams(): void {}

  close(): void {
    this.#socket.close();
  }
}
