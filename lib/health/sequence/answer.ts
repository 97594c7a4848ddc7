/** What a server has answered so far in a check: bytes, or an HTTP message. */
import { latin1 } from "../../http1/bytes.ts";
import { BodyReader } from "../../http1/body.ts";
import { findHeadEnd } from "../../http1/find_end.ts";
import { Head } from "../../http1/head.ts";
import { DEFAULT_PARSE_OPTIONS } from "../../http1/parse_fields.ts";
import { parseResponse } from "../../http1/parse_response.ts";

export interface Answer {
  /** bytes, or the body of the HTTP message, latin1 */
  readonly text: string;
  /** nothing of use has come: no byte, or no whole head */
  readonly empty: boolean;
  /** it is over, before the connection is */
  readonly complete: boolean;
  /** the HTTP head; undefined while it is not whole */
  readonly head?: Head;
  /** it is not HTTP */
  readonly malformed?: boolean;
  /** `bytes[0..length]` is what has come; `ended`: nothing more will */
  update(bytes: Uint8Array, length: number, ended: boolean): void;
  /** Forgets all: another answer begins. `method` is that of the request. */
  reset(method: string): void;
}

export class ByteAnswer implements Answer {
  text = "";
  readonly complete = false;

  get empty(): boolean {
    return this.text === "";
  }

  update(bytes: Uint8Array, length: number): void {
    this.text = latin1(bytes, 0, length);
  }

  reset(): void {
    this.text = "";
  }
}

/** Interim answers (1xx but 101) are passed over (RFC 9110 section 15.2). */
export class HttpAnswer implements Answer {
  text = "";
  head: Head | undefined = undefined;
  malformed = false;
  readonly #head = new Head("response");
  readonly #body = new BodyReader();
  #method = "";
  /** where the head begins, what of it was searched for its end, then where the unread body begins */
  #start = 0;
  #seen = 0;

  get empty(): boolean {
    return this.head === undefined;
  }

  get complete(): boolean {
    return this.malformed || (this.head !== undefined && this.#body.done);
  }

  reset(method: string): void {
    this.text = "";
    this.head = undefined;
    this.malformed = false;
    this.#method = method;
    this.#start = this.#seen = 0;
  }

  update(bytes: Uint8Array, length: number, ended: boolean): void {
    if (this.malformed) return;
    while (this.head === undefined) {
      const end = findHeadEnd(bytes, this.#start, this.#seen, length);
      if (end < 0) {
        this.#seen = length;
        // Cut short, or longer than there is room for.
        this.malformed = ended && length > this.#start;
        return;
      }
      const head = this.#head;
      if (
        parseResponse(head, bytes, this.#start, end, this.#method, DEFAULT_PARSE_OPTIONS) !== 0
      ) {
        this.malformed = true;
        return;
      }
      head.release();
      this.#start = this.#seen = end;
      if (head.status >= 200 || head.status === 101) {
        this.head = head;
        this.#body.begin(head);
      }
    }
    const end = this.#body.consume(bytes, this.#start, length, (from, to) => {
      this.text += latin1(bytes, from, to);
    });
    if (end < 0) this.malformed = true;
    else this.#start = end;
  }
}
