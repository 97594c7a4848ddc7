/** Answers that rules make, in the form in which they are sent. */
import { bytesOfLatin1 } from "../http1/bytes.ts";
import { reasonPhrase } from "../http1/reason.ts";
import { errorPage } from "../http1/reply.ts";
import type { RuleReply } from "../rules/types.ts";
import { replyFromBytes } from "./answers.ts";
import type { Reply } from "./reply.ts";

/** The bytes of a rule's answer, as far as nothing edits them. */
export function bytesOfRule({ status, headers, body, file }: RuleReply): Uint8Array {
  if (file !== undefined) return file;
  let head = `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n`;
  for (const [name, value] of headers) head += `${name}: ${value}\r\n`;
  const start = bytesOfLatin1(`${head}\r\n`);
  const bytes = new Uint8Array(start.length + body.length);
  bytes.set(start);
  bytes.set(body, start.length);
  return bytes;
}

/** A rule's answer on its way through the response rules. */
export function replyOfRule(rule: RuleReply): Reply {
  const bytes = bytesOfRule(rule);
  const page = replyFromBytes(bytes) ?? replyFromBytes(errorPage(rule.status))!;
  // An empty file: the connection is closed without a word.
  return bytes.length === 0 ? { ...page, silent: true } : page;
}
