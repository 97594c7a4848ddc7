/** What a case came to on one side, in words that can be compared. */
import type { Seen } from "./lane.ts";
import { type Message, NO_END, readMessages } from "./strict_http1.ts";

/** What a proxy may add, or write in its own way, on either side. */
const OWN_FIELDS =
  /^(connection|keep-alive|proxy-connection|content-length|transfer-encoding|date): /;

export interface Verdict {
  /** status codes of the answers, and how the connection ended */
  readonly answers: string;
  /** request lines, hosts and bodies of what reached the origin */
  readonly requests: readonly string[];
  /** the other fields of those requests */
  readonly requestFields: readonly string[];
  /** fields and bodies of answers that came from the origin */
  readonly answerFields: readonly string[];
  /** bytes that are no HTTP/1, sent to either peer */
  readonly wrong: readonly string[];
}

function frame({ first, fields, body, complete }: Message): string {
  const host = fields.filter((f) => f.startsWith("host: "));
  const line = first.replace(/ HTTP\/1\.[01]$/, "");
  return `${line} [${host.join("; ")}] ${JSON.stringify(body)}${complete ? "" : " …"}`;
}

function others({ fields }: Message): string {
  return fields.filter((f) => !OWN_FIELDS.test(f) && !f.startsWith("host: ")).join("; ");
}

/** `methods`: those of the requests that were sent, as far as they are known. */
export function verdictOf(seen: Seen, methods: readonly string[]): Verdict {
  const wrong: string[] = [];
  const requests: Message[] = [];
  for (const bytes of seen.origin) {
    const read = readMessages(bytes, true);
    requests.push(...read.messages);
    if (read.wrong !== undefined && read.wrong !== NO_END) {
      wrong.push(`to the origin: ${read.wrong}`);
    }
  }
  const answers = readMessages(seen.client, seen.closed, methods);
  if (answers.wrong !== undefined) wrong.push(`to the client: ${answers.wrong}`);
  const statuses = answers.messages.map((m) => m.first.slice(9, 12) + (m.complete ? "" : "…"));
  return {
    answers: `${statuses.join(" ") || "nothing"}${seen.closed ? "" : ", open"}`,
    requests: requests.map(frame),
    requestFields: requests.map(others),
    answerFields: answers.messages
      .filter((m) => m.fields.some((f) => f.startsWith("x-origin: ")))
      .map((m) => `${m.first} ${others(m)} ${JSON.stringify(m.body)}`),
    wrong,
  };
}

/** The first thing in which two sides differ; undefined: they agree. Security first. */
export function difference(haproxy: Verdict, sluice: Verdict): string | undefined {
  for (const line of sluice.wrong) {
    // Error pages answer a HEAD that could not be read.
    if (line.startsWith("to the client") && haproxy.wrong.includes(line)) continue;
    return `WRONG BYTES ${line.replace(/".*"/s, "…")}`;
  }
  const both = Math.min(haproxy.requests.length, sluice.requests.length);
  for (let n = 0; n < both; n++) {
    if (haproxy.requests[n] !== sluice.requests[n]) return "the origin sees another request";
  }
  if (haproxy.answers !== sluice.answers) return `${haproxy.answers} | ${sluice.answers}`;
  if (haproxy.requests.length !== sluice.requests.length) {
    return `${haproxy.requests.length} | ${sluice.requests.length} requests reach the origin`;
  }
  for (const [n, fields] of haproxy.requestFields.entries()) {
    if (fields !== sluice.requestFields[n]) return "the origin sees other fields";
  }
  for (const [n, fields] of haproxy.answerFields.entries()) {
    if (fields !== sluice.answerFields[n]) return "the client sees another answer";
  }
}
