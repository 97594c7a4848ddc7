/** Message: what one request, or one answer, is read with; lent to a connection while it has one. */
import type { Content } from "../expr/context.ts";
import { BodyReader } from "../http1/body.ts";
import { Head } from "../http1/head.ts";
import type { RequestPump } from "./request_body.ts";

export class Message {
  readonly head = new Head();
  readonly body = new BodyReader();

  // Of a request, so that an idle client's connection has no room for it:
  /** its body on its way to the server, when it did not come whole with its head */
  pump: RequestPump | undefined = undefined;
  /** position in the inbox after the head, and after the part of the body that came with it */
  headEnd = 0;
  bodyEnd = 0;
  /** it was sent, or never will be */
  settled = false;
  /** what `requestContent` answered last, for a body up to this position */
  content: Content | undefined = undefined;
  contentEnd = -1;

  /** Nobody looks at it any more. */
  clear(): void {
    this.head.clear();
    this.pump = this.content = undefined;
  }

  /** The head of a request ends at this position. */
  begin(headEnd: number): void {
    this.pump = undefined;
    this.headEnd = headEnd;
    this.settled = false;
    this.content = undefined;
  }
}
