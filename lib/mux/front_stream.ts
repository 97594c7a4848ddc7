/** FrontStream: a client's stream. The request is read from it as HTTP/1, the answer written to it as HTTP/1. */
import { findHeadEnd } from "../http1/find_end.ts";
import { Head } from "../http1/head.ts";
import { parseResponse } from "../http1/parse_response.ts";
import { ErrorCode } from "../http2/codes.ts";
import type { FieldList } from "../http2/field_list.ts";
import type { MessageInfo } from "../http2/message.ts";
import type { H2Stream } from "../http2/stream.ts";
import { IoStatus } from "../net/conn.ts";
import { isConnectionField, isWebSocket, RELAXED } from "./connection_fields.ts";
import type { Link } from "./link.ts";
import { requestHead } from "./request_head.ts";
import { StreamConn } from "./stream_conn.ts";
import { websocketAccept, websocketKey } from "./websocket.ts";

/** One for the module: it is read at once. */
const HEAD = new Head("response");

export class FrontStream extends StreamConn {
  /** the answer ended as it should: one that its connection's end delimits is whole */
  clean = false;
  /** told when the client has reset the stream */
  onAbort: (() => void) | undefined = undefined;
  readonly scheme: string;
  readonly #method: string;
  /** of the WebSocket handshake that the client's CONNECT became */
  #key = "";

  constructor(
    link: Link,
    stream: H2Stream<StreamConn>,
    list: FieldList,
    info: MessageInfo,
    end: boolean,
  ) {
    super(link, stream);
    stream.user = this;
    this.scheme = info.scheme;
    if (info.protocol.toLowerCase() === "websocket") this.#key = websocketKey();
    this.#method = this.#key === "" ? info.method : "GET";
    const connect = info.method === "CONNECT";
    this.incoming.chunked = !end && !connect && info.contentLength < 0;
    const head = requestHead(list, info, this.incoming.chunked, this.#key);
    this.incoming.head(head.bytes, 0, head.length);
    if (end) this.incoming.finish("");
  }

  protected override sendHead(bytes: Uint8Array): number {
    const { h2 } = this.link;
    const end = findHeadEnd(bytes, 0, 0, bytes.length);
    if (end < 0 || parseResponse(HEAD, bytes, 0, end, this.#method, RELAXED) !== 0) {
      this.fail(ErrorCode.InternalError);
      return IoStatus.Failed;
    }
    let { status } = HEAD;
    const { framing } = HEAD;
    const interim = status < 200 && status !== 101;
    let tunnel = this.#method === "CONNECT" && status >= 200 && status < 300;
    if (this.#key !== "" && !interim && status < 300) {
      // RFC 8441 section 5: 200 stands for 101, and for nothing else.
      const accepted = status === 101 && isWebSocket(HEAD) &&
        HEAD.get("sec-websocket-accept") === websocketAccept(this.#key);
      if (!accepted) {
        this.fail(ErrorCode.InternalError);
        return IoStatus.Failed;
      }
      status = 200;
      tunnel = true;
    } else if (status === 101) {
      this.fail(ErrorCode.Http11Required);
      return IoStatus.Failed;
    }
    h2.beginHead();
    h2.field(":status", String(status));
    for (let i = 0; i < HEAD.count; i++) {
      if (HEAD.isRemoved(i)) continue;
      const name = HEAD.name(i).toLowerCase();
      if (isConnectionField(name) || (tunnel && name === "sec-websocket-accept")) continue;
      h2.field(name, HEAD.value(i));
    }
    if (!interim) {
      if (tunnel || framing === "close") this.outgoing.begin("raw", 0);
      else this.outgoing.begin(framing, HEAD.contentLength);
      this.expectsHead = false;
    }
    h2.endHead(this.stream, !interim && this.outgoing.done);
    HEAD.release();
    return end;
  }

  protected override resetByPeer(): void {
    this.onAbort?.();
  }

  override close(): void {
    const { stream } = this;
    if (this.clean && !stream.closed && !stream.localEnded && stream.headSent) this.closeWrite();
    super.close();
  }

  protected override closeCode(): number {
    const { stream } = this;
    if (stream.localEnded) return ErrorCode.NoError;
    return stream.headSent ? ErrorCode.InternalError : ErrorCode.Cancel;
  }
}
