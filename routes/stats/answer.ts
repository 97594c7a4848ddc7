/** Answers of the proxy's own services: the statistics page, metrics. */
import { bytesOfLatin1 } from "../../lib/http1/bytes.ts";
import { reply as replyBytes } from "../../lib/http1/reply.ts";
import { replyFromBytes } from "../../lib/proxy/answers.ts";
import type { Reply } from "../../lib/proxy/reply.ts";
import type { Stream } from "../../lib/proxy/stream.ts";

export type Fields = readonly (readonly [name: string, value: string])[];

/** An answer 200 whose text is made while it is sent; chunked where the client knows that. */
export function piecesReply(
  stream: Stream,
  contentType: string,
  fields: Fields,
  pieces: Iterable<string>,
): Reply {
  let head = `HTTP/1.1 200 OK\r\ncache-control: no-cache\r\ncontent-type: ${contentType}\r\n`;
  for (const [name, value] of fields) head += `${name}: ${value}\r\n`;
  if (stream.request!.received.version >= 11) head += "transfer-encoding: chunked\r\n";
  return { ...replyFromBytes(bytesOfLatin1(`${head}\r\n`))!, pieces };
}

/** 303 to `location` (manual, `stats admin`). */
export function seeOther(location: string): Reply {
  const fields = [["cache-control", "no-cache"], ["location", location]] as const;
  return replyFromBytes(replyBytes(303, "text/plain", "", fields))!;
}
