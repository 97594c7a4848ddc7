/** Answers 1xx of the proxy's own. */
import { writeAll } from "../net/io.ts";
import type { HttpSession } from "./http_session.ts";
import { bytesOfRule } from "./rule_reply.ts";
import type { Stream } from "./stream.ts";

const NOTHING = new Uint8Array(0);

/** Writes an answer 1xx (RFC 9110 section 15.2); a client of HTTP/1.0 does not know them. */
export function sendInterim(
  stream: Stream,
  session: HttpSession,
  status: number,
  fields: readonly (readonly [name: string, value: string])[],
): Promise<number> | 0 {
  if (session.head.received.version < 11) return 0;
  const bytes = bytesOfRule({ status, headers: fields, body: NOTHING });
  stream.bytesOut += bytes.length;
  const r = writeAll(session.conn, bytes);
  return typeof r === "number" ? 0 : r;
}
