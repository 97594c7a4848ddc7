/** Clients and servers that speak HTTP/2, for rigs: streams are text of HTTP/1 on both ends, by the codec itself. */
import assert from "node:assert/strict";
import { DEFAULT_LOCAL_SETTINGS, type LocalSettings } from "../../lib/http2/settings.ts";
import { bytesOfLatin1, latin1 } from "../../lib/http1/bytes.ts";
import { BackLink } from "../../lib/mux/back_link.ts";
import { FrontLink } from "../../lib/mux/front_link.ts";
import type { LinkParts } from "../../lib/mux/link.ts";
import type { StreamConn } from "../../lib/mux/stream_conn.ts";
import { BufferPool, SlabPool } from "../../lib/net/buffers.ts";
import { type Conn, IoStatus } from "../../lib/net/conn.ts";
import { writeAll } from "../../lib/net/io.ts";
import { settle } from "./memory_peer.ts";
import { FRONTEND, type Rig } from "./proxy_rig.ts";

function parts(): LinkParts {
  return {
    buffers: { wait: new SlabPool(1024), bulk: new BufferPool(65536) },
    now: () => 0,
    internalError: (where, error) => {
      throw new Error(where, { cause: error });
    },
  };
}

/** One stream as a test drives it. It reads all the time, unless it is told to stop. */
export class StreamPeer {
  readonly conn: StreamConn;
  state: "open" | "end" | "reset" = "open";
  received = 0;
  #text = "";
  #writing: Promise<unknown> = Promise.resolve();

  constructor(conn: StreamConn, reading = true) {
    this.conn = conn;
    if (reading) this.read();
  }

  async read(): Promise<void> {
    const buffer = new Uint8Array(16384);
    for (;;) {
      const n = await this.conn.read(buffer);
      if (n <= 0) {
        this.state = n === IoStatus.Eof ? "end" : "reset";
        return;
      }
      this.received += n;
      if (this.received < 1 << 20) this.#text += latin1(buffer, 0, n);
    }
  }

  /** Queues text of HTTP/1: a head is whole, or the first thing that is sent. */
  send(text: string): void {
    this.#writing = this.#writing.then(() => writeAll(this.conn, bytesOfLatin1(text)));
  }

  /** What came since the last call, once everything has come to rest. */
  async take(): Promise<string> {
    for (let i = 0; i < 4; i++) await settle();
    const text = this.#text;
    this.#text = "";
    return text;
  }

  async gets(text: string): Promise<void> {
    assert.equal(await this.take(), text);
  }
}

/** A client's connection to the proxy. */
export class H2Client {
  readonly link: BackLink;
  goaway = false;
  ended = false;

  constructor(conn: Conn, settings: Partial<LocalSettings> = {}) {
    this.link = new BackLink(conn, { ...DEFAULT_LOCAL_SETTINGS, ...settings }, 0, parts(), {
      idle: () => {},
      ended: () => this.ended = true,
    });
    this.link.run();
  }

  /** A new stream, on which `text` is sent; `reading: false`: nothing is read of it until `read`. */
  send(text: string, reading = true): StreamPeer {
    const stream = new StreamPeer(this.link.open(), reading);
    stream.send(text);
    return stream;
  }

  /** The proxy has asked for no more streams. */
  get left(): boolean {
    return this.link.h2.goawayFrom !== undefined;
  }
}

/** Connects to the frontend of `rig` and speaks HTTP/2 from the first byte. */
export async function h2Client(
  rig: Rig,
  settings: Partial<LocalSettings> = {},
  address = FRONTEND,
): Promise<H2Client> {
  const [host, port] = address.split(":");
  const conn = await rig.transport.connect({ type: "tcp", host, port: Number(port) }, {}).promise;
  assert.ok(!("failed" in conn), "the frontend does not listen");
  const client = new H2Client(conn, settings);
  await settle();
  return client;
}

/** A server that speaks HTTP/2. */
export class H2Origin {
  readonly links: FrontLink[] = [];
  readonly #streams: StreamPeer[] = [];
  #taken = 0;

  constructor(rig: Rig, address: string, settings: Partial<LocalSettings> = {}) {
    const [host, port] = address.split(":");
    const listener = rig.transport.listen({ type: "tcp", host, port: Number(port) }, {});
    if ("failed" in listener) throw new Error(listener.message);
    listener.start((conn) => {
      const link = new FrontLink(conn, { ...DEFAULT_LOCAL_SETTINGS, ...settings }, 0, parts(), {
        stream: (stream) => this.#streams.push(new StreamPeer(stream)),
        streamEnded: () => {},
        ended: () => {},
      });
      this.links.push(link);
      link.run();
    });
    this.close = () => {
      listener.close();
      for (const link of this.links) link.close();
    };
  }

  readonly close: () => void;

  /** The next request that was not taken yet. */
  async next(): Promise<StreamPeer> {
    for (let i = 0; i < 6; i++) await settle();
    const stream = this.#streams[this.#taken++];
    assert.ok(stream !== undefined, "no new request came");
    return stream;
  }

  get waiting(): number {
    return this.#streams.length - this.#taken;
  }
}
