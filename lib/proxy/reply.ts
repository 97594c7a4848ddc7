/** Reply: the answer to a request, wherever it comes from. */
import type { Head } from "../http1/head.ts";
import type { UpstreamConn } from "./upstream.ts";

export interface Reply {
  /** The response head; response rules edit it, then it is written to the client. */
  readonly head: Head;
  /** The server's connection that the body is read from; undefined: the body is `body`. */
  readonly upstream: UpstreamConn | undefined;
  /** The whole body of an answer that the proxy gives itself. */
  readonly body: Uint8Array | undefined;
  /** Head as it came and body in one piece: what is sent when nothing edits the head. */
  readonly whole?: Uint8Array;
  /** Called when the stream has ended that it was sent for: what it is made of may be used again. */
  readonly done?: () => void;
  /** The body in pieces of text, made while it is sent, in place of `body`. */
  readonly pieces?: Iterable<string>;
  /** it counts as a server's answer: `http-response` rules see it (an object of a cache, a service) */
  readonly applet?: boolean;
  /** an empty error file: the client is closed without a word */
  readonly silent?: boolean;
}

export const NO_BODY: Uint8Array = new Uint8Array(0);
