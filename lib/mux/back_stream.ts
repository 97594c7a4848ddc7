/** BackStream: a stream to a server. The request is written to it as HTTP/1, the answer read from it as HTTP/1. */
import { bytesOfLatin1 } from "../http1/bytes.ts";
import { findHeadEnd } from "../http1/find_end.ts";
import { Head } from "../http1/head.ts";
import { parseRequest } from "../http1/parse_request.ts";
import { reasonPhrase } from "../http1/reason.ts";
import { ErrorCode } from "../http2/codes.ts";
import type { FieldList } from "../http2/field_list.ts";
import type { MessageInfo } from "../http2/message.ts";
import { H2Stream } from "../http2/stream.ts";
import { IoStatus } from "../net/conn.ts";
import type { BackLink } from "./back_link.ts";
import { isConnectionField, isWebSocket, RELAXED } from "./connection_fields.ts";
import { StreamConn } from "./stream_conn.ts";
import { websocketAccept } from "./websocket.ts";

/** One for the module: it is read at once. */
const HEAD = new Head("request");

export class BackStream extends StreamConn {
  /** the first on its connection: one that is refused would be refused again */
  readonly first: boolean;
  readonly #link: BackLink;
  #method = "";
  /** of the WebSocket handshake that was asked for */
  #key = "";

  constructor(link: BackLink, first: boolean) {
    super(link, new H2Stream<StreamConn>(0, 0, 0));
    this.#link = link;
    this.first = first;
  }

  protected override sendHead(bytes: Uint8Array): number | Promise<number> {
    const end = findHeadEnd(bytes, 0, 0, bytes.length);
    if (end < 0 || parseRequest(HEAD, bytes, 0, end, RELAXED) !== 0) {
      this.fail(ErrorCode.InternalError);
      return IoStatus.Failed;
    }
    if (!isWebSocket(HEAD)) return this.#send(end);
    if (!this.link.h2.peer.received) {
      // It ended before it said anything.
      if (!this.#link.lives) return this.#send(end);
      return this.#link.whenSettled().then(() => this.sendHead(bytes));
    }
    if (!this.link.h2.peer.enableConnectProtocol) {
      this.fail(ErrorCode.Http11Required);
      // The server is what does not go (502), not we that gave up (503).
      this.incoming.fail(IoStatus.Reset);
      return IoStatus.Failed;
    }
    this.#key = HEAD.get("sec-websocket-key") ?? "";
    return this.#send(end);
  }

  /** Opens the stream: only now, because streams must appear on the wire in their order. */
  #send(end: number): number {
    const { h2 } = this.link;
    if (!this.#link.lives) {
      this.refused = !this.first;
      this.incoming.fail(IoStatus.Reset);
      return IoStatus.Reset;
    }
    const stream = this.stream = h2.open();
    stream.user = this;
    const websocket = this.#key !== "";
    const method = this.#method = websocket ? "CONNECT" : HEAD.method;
    const connect = method === "CONNECT" && !websocket;
    stream.bodiless = method === "HEAD";
    h2.beginHead();
    h2.field(":method", method);
    if (!connect) {
      h2.field(":scheme", this.link.conn.tls === undefined ? "http" : "https");
      h2.field(":path", pathOf(HEAD.target));
    }
    if (HEAD.host !== "") h2.field(":authority", HEAD.host);
    if (websocket) h2.field(":protocol", "websocket");
    for (let i = 0; i < HEAD.count; i++) {
      if (HEAD.isRemoved(i)) continue;
      const name = HEAD.name(i).toLowerCase();
      if (isConnectionField(name) || name === "host") continue;
      const value = HEAD.value(i);
      if (name === "te" && !/(^|[,\s])trailers($|[,;\s])/i.test(value)) continue;
      if (websocket && name === "sec-websocket-key") continue;
      h2.field(name, name === "te" ? "trailers" : value);
    }
    if (connect || websocket) this.outgoing.begin("raw", 0);
    else {
      const { framing } = HEAD;
      this.outgoing.begin(framing === "close" ? "none" : framing, HEAD.contentLength);
    }
    this.expectsHead = false;
    h2.endHead(stream, this.outgoing.done);
    HEAD.release();
    return end;
  }

  /** The server's answer, interim or final. */
  onHead(list: FieldList, info: MessageInfo, end: boolean): void {
    const { incoming } = this;
    let { status } = info;
    const interim = status < 200;
    const success = status >= 200 && status < 300;
    const websocket = this.#key !== "" && success;
    const tunnel = this.#method === "CONNECT" && success;
    if (websocket) status = 101;
    let text = `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n`;
    for (let i = info.first; i < list.count; i++) {
      const name = list.names[i];
      if (name === "content-length" && (tunnel || interim)) continue;
      text += `${name}: ${list.values[i]}\r\n`;
    }
    if (websocket) {
      text += "connection: Upgrade\r\nupgrade: websocket\r\n" +
        `sec-websocket-accept: ${websocketAccept(this.#key)}\r\n`;
    } else if (!interim && !tunnel && !this.stream.bodiless && info.contentLength < 0) {
      if (end) text += "content-length: 0\r\n";
      else {
        text += "transfer-encoding: chunked\r\n";
        incoming.chunked = true;
      }
    }
    const bytes = bytesOfLatin1(`${text}\r\n`);
    if (!incoming.head(bytes, 0, bytes.length)) return this.fail(ErrorCode.EnhanceYourCalm);
    if (end) incoming.finish("");
  }

  override onReset(code: number): void {
    super.onReset(code);
    if (this.first) this.refused = false;
  }

  protected override closeCode(): number {
    return ErrorCode.Cancel;
  }
}

/** `:path` of a target in any form. */
function pathOf(target: string): string {
  if (target.charCodeAt(0) === 47 || target === "*") return target;
  const authority = target.indexOf("://");
  if (authority < 0) return target;
  const slash = target.slice(authority + 3).search(/[/?]/);
  if (slash < 0) return "/";
  const path = target.slice(authority + 3 + slash);
  return path.charCodeAt(0) === 47 ? path : `/${path}`;
}
