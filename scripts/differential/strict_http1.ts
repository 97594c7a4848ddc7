/**
 * A reader of HTTP/1 messages that knows nothing of sluice's own: what a server behind a proxy, or a client before
 * it, makes of the bytes. It takes only what RFC 9112 defines, and says so when it meets anything else.
 */

export interface Message {
  /** the request line or the status line */
  readonly first: string;
  /** `name: value`, names in lower case, in the order in which they came */
  readonly fields: readonly string[];
  readonly body: string;
  /** the message ended: with its framing, or for an answer with the connection */
  readonly complete: boolean;
}

export interface Read {
  readonly messages: readonly Message[];
  /** what was wrong with the bytes behind the last message; undefined: nothing, or there are none */
  readonly wrong?: string;
}

/** More bytes may follow. */
export const NO_END = "a head without an end";

const HEAD_END = "\r\n\r\n";

/** The messages at the beginning of `bytes`. `methods`: of the requests that are answered; undefined: requests. */
export function readMessages(bytes: string, ended: boolean, methods?: readonly string[]): Read {
  const messages: Message[] = [];
  let answered = 0;
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(HEAD_END, at);
    if (end < 0) return { messages, wrong: NO_END };
    const [first, ...lines] = bytes.slice(at, end).split("\r\n");
    const fields: string[] = [];
    for (const line of lines) {
      const field =
        /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)[ \t]*$/
          .exec(line);
      if (field === null) {
        return { messages, wrong: `a field that is none: ${JSON.stringify(line)}` };
      }
      fields.push(`${field[1].toLowerCase()}: ${field[2]}`);
    }
    const line = methods === undefined
      ? /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ [\x21-\x7e\x80-\xff]+ HTTP\/1\.[01]$/.test(first)
      : /^HTTP\/1\.[01] [1-9][0-9]{2} [\t\x20-\x7e\x80-\xff]*$/.test(first);
    if (!line) return { messages, wrong: `a first line that is none: ${JSON.stringify(first)}` };
    at = end + HEAD_END.length;
    const status = methods === undefined ? 0 : Number(first.slice(9, 12));
    const without = methods !== undefined &&
      (methods[answered] === "HEAD" || status < 200 || status === 204 || status === 304);
    if (status >= 200) answered++;
    const values = (name: string) =>
      fields.filter((f) => f.startsWith(`${name}: `)).map((f) => f.slice(name.length + 2));
    const lengths = values("content-length"), codings = values("transfer-encoding");
    let body = "", complete = true;
    if (without || status === 101) {
      // no body, whatever the fields say
    } else if (codings.length > 0) {
      if (lengths.length > 0) return { messages, wrong: "two framings" };
      if (codings.length > 1 || codings[0].toLowerCase() !== "chunked") {
        return { messages, wrong: `transfer coding ${JSON.stringify(codings)}` };
      }
      const chunked = readChunks(bytes, at);
      if (typeof chunked === "string") return { messages, wrong: chunked };
      ({ body, at, complete } = chunked);
    } else if (lengths.length > 0) {
      if (lengths.length > 1 || !/^[0-9]{1,15}$/.test(lengths[0])) {
        return { messages, wrong: `lengths ${JSON.stringify(lengths)}` };
      }
      body = bytes.slice(at, at + Number(lengths[0]));
      complete = body.length === Number(lengths[0]);
      at += body.length;
    } else if (methods !== undefined) {
      body = bytes.slice(at);
      complete = ended;
      at = bytes.length;
    }
    messages.push({ first, fields, body, complete });
    if (!complete) break;
  }
  return { messages };
}

function readChunks(
  bytes: string,
  from: number,
): { body: string; at: number; complete: boolean } | string {
  let body = "";
  for (let at = from;;) {
    const end = bytes.indexOf("\r\n", at);
    if (end < 0) return { body, at: bytes.length, complete: false };
    const size = /^([0-9a-fA-F]{1,13})[ \t]*(;[\t\x20-\x7e\x80-\xff]*)?$/.exec(
      bytes.slice(at, end),
    );
    if (size === null) return `a chunk size that is none: ${JSON.stringify(bytes.slice(at, end))}`;
    const length = Number.parseInt(size[1], 16);
    at = end + 2;
    if (length === 0) {
      const stop = bytes.startsWith("\r\n", at) ? at - 2 : bytes.indexOf(HEAD_END, at);
      if (stop < 0) return { body, at: bytes.length, complete: false };
      return { body, at: stop + HEAD_END.length, complete: true };
    }
    body += bytes.slice(at, at + length);
    if (at + length + 2 > bytes.length) return { body, at: bytes.length, complete: false };
    at += length;
    if (!bytes.startsWith("\r\n", at)) return "a chunk that does not end where it should";
    at += 2;
  }
}
