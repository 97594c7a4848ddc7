/** The events of a connection, in either role. */
import type { FieldList } from "./field_list.ts";
import type { MessageInfo } from "./message.ts";
import type { H2Stream } from "./stream.ts";

/** What a connection tells its user; each is called at once, while `feed` runs. Lists and bytes are valid only then. */
export interface H2Events<User> {
  /** A request (a new stream), an interim or the final response. */
  head(stream: H2Stream<User>, list: FieldList, info: MessageInfo, end: boolean): void;
  data(stream: H2Stream<User>, bytes: Uint8Array, from: number, to: number): void;
  trailers(stream: H2Stream<User>, list: FieldList): void;
  /** The peer has finished sending on this stream. */
  end(stream: H2Stream<User>): void;
  /** The stream is over: by the peer, or by the codec because of a mistake of the peer. */
  reset(stream: H2Stream<User>, code: number): void;
  /** No stream after `lastStream` is or will be processed; those that are open were reset with REFUSED_STREAM. */
  goaway(lastStream: number, code: number): void;
  /** The peer's SETTINGS have come. */
  settings(): void;
  /** More may be sent: on this stream, undefined: on any. */
  window(stream: H2Stream<User> | undefined): void;
}
