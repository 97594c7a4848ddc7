/** A request's body that is compressed on its way to the server (HAProxy 2.8's manual 4.2 `compression algo-req`). */
import type { Encoder } from "../compression/encoders.ts";
import type { Pacer } from "../expr/pacer.ts";
import { BodyReader } from "../http1/body.ts";
import { IoStatus } from "../net/conn.ts";
import { writeAll } from "../net/io.ts";
import { addEncoded, Gathered } from "./gathered.ts";
import type { HttpSession } from "./http_session.ts";
import { TOO_LARGE } from "./send_request.ts";
import type { UpstreamConn } from "./upstream.ts";

const NOTHING = new Uint8Array(0);

/** What a stream's request is compressed by; its head says so already. */
export interface RequestCoding {
  /** an encoder for one attempt: a request that is sent again is encoded again */
  readonly start: () => Encoder;
  /** told of bytes in and out of the encoder */
  readonly onEncoded: (bytesIn: number, bytesOut: number) => void;
  /** limits of bandwidth that count what is not compressed */
  readonly contentPacers: readonly Pacer[];
}

/** The body as one server gets it. */
export class EncodedBody {
  readonly coding: RequestCoding;
  readonly #encoder: Encoder;
  #begun = false;
  #over = false;

  constructor(coding: RequestCoding) {
    this.coding = coding;
    this.#encoder = coding.start();
  }

  /**
   * What goes out behind `before` for pieces of content: `spans` of `bytes` as pairs of start and end; `last`: and
   * nothing follows.
   */
  async encode(
    bytes: Uint8Array,
    spans: readonly number[],
    last: boolean,
    before: Uint8Array = NOTHING,
  ): Promise<Uint8Array> {
    const encoder = this.#encoder;
    const gathered = new Gathered(new Uint8Array(before.length + 1024), before);
    if (!this.#begun && (spans.length > 0 || last)) {
      this.#begun = true;
      gathered.add(encoder.head);
    }
    for (let i = 0; i < spans.length; i += 2) {
      const content = bytes.subarray(spans[i], spans[i + 1]);
      const from = gathered.length;
      const added = addEncoded(gathered, encoder.write(content));
      if (added !== undefined) await added;
      this.coding.onEncoded(content.length, gathered.length - from);
    }
    if (last) {
      const added = addEncoded(gathered, encoder.end());
      if (added !== undefined) await added;
      this.#over = true;
    }
    return gathered.chunk(last);
  }

  /** Nobody will send the rest. */
  drop(): void {
    if (!this.#over) this.#encoder.drop();
    this.#over = true;
  }
}

/** Writes the head, and what has come of the body, encoded: 0, negative, or TOO_LARGE. */
export async function sendEncoded(
  session: HttpSession,
  upstream: UpstreamConn,
  encoded: EncodedBody,
): Promise<number> {
  const { inbox, message } = session;
  const { head, headEnd, bodyEnd } = message;
  const out = session.process.buffers.full.lend();
  try {
    const end = head.write(out.bytes, 0);
    if (end < 0) return TOO_LARGE;
    const spans: number[] = [];
    const reader = new BodyReader();
    reader.begin(head);
    reader.consume(inbox.bytes, headEnd, bodyEnd, (from, to) => spans.push(from, to));
    const before = out.bytes.subarray(0, end);
    const bytes = await encoded.encode(inbox.bytes, spans, session.body.done, before);
    return await writeAll(upstream.conn, bytes);
  } catch {
    // The encoder has failed.
    return IoStatus.Failed;
  } finally {
    session.process.buffers.full.giveBack(out);
  }
}
