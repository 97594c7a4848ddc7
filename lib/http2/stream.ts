/** One stream's state; connection.ts has the laws by which it changes. */
import { ReceiveWindow, SendWindow } from "./window.ts";

export class H2Stream<User = unknown> {
  readonly id: number;
  readonly send: SendWindow;
  readonly receive: ReceiveWindow;
  /** END_STREAM was sent, was received */
  localEnded = false;
  remoteEnded = false;
  /** reset by either side, or both have ended: no event comes any more */
  closed = false;
  /** the request's or the final response's head came; the next HEADERS are trailers */
  headReceived = false;
  /** we have sent a head */
  headSent = false;
  /** content that is still to come by content-length; -1: not told */
  expected = -1;
  /** a response to HEAD, 204, 304: content-length says nothing of the body */
  bodiless = false;
  /** whoever uses the stream */
  user: User | undefined = undefined;

  constructor(id: number, sendWindow: number, receiveWindow: number) {
    this.id = id;
    this.send = new SendWindow(sendWindow);
    this.receive = new ReceiveWindow(receiveWindow);
  }
}
