/**
 * A second opinion on HTTP/1 messages: slow, over strings and regular expressions, written from the RFCs without
 * a look at the codec. The fuzzer demands that both agree on what is refused and on how a message is framed.
 */
export interface Opinion {
  /** "incomplete": no whole head; "refused"; else how the body ends */
  readonly framing: "incomplete" | "refused" | "none" | "length" | "chunked" | "close";
  readonly length: number;
  /** content as far as it came; with "chunked", undefined when the coding is wrong */
  readonly content?: string | undefined;
  readonly whole: boolean;
}

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const REQUEST_LINE = new RegExp(`^(${TOKEN}) ([\\x21\\x22\\x24-\\x7e]+) HTTP/1\\.[0-9]$`);
const STATUS_LINE = /^HTTP\/1\.([0-9]) ([1-9][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const FIELD = new RegExp(`^(${TOKEN}):[ \\t]*([\\t\\x20-\\x7e\\x80-\\xff]*?)[ \\t]*$`);
const HOST = /^(?:[-._~%!$&'()*+,;=0-9A-Za-z[\]]|:(?=[^[\]]*\]))*(?::[0-9]*)?$/;

const REFUSED: Opinion = { framing: "refused", length: -1, whole: false };

export function opinionOf(
  message: string,
  kind: "request" | "response",
  requestMethod: string,
): Opinion {
  const text = message.replace(/^(?:\r?\n)+/, "");
  const end = /\n\r?\n/.exec(text);
  if (end === null) return { framing: "incomplete", length: -1, whole: false };
  const head = text.slice(0, end.index + end[0].length);
  const body = text.slice(head.length);
  const firstLine = head.indexOf("\n") + 1;
  if (/^[ \t]/.test(head.slice(firstLine))) return REFUSED;
  const unfolded = head.replace(/\r?\n(?=[ \t])/g, (lineEnd) => " ".repeat(lineEnd.length));
  const lines = unfolded.split("\n").map((line) => line.replace(/\r$/, ""));
  const fields: [string, string][] = [];
  for (const line of lines.slice(1, -2)) {
    const m = FIELD.exec(line);
    if (m === null) return REFUSED;
    fields.push([m[1].toLowerCase(), m[2]]);
  }
  if (fields.length > 100) return REFUSED;
  const all = (name: string) => fields.filter((f) => f[0] === name).map((f) => f[1]);
  const minor = Number(/ HTTP\/1\.([0-9])$/.exec(lines[0])?.[1] ?? 0);

  const lengths = all("content-length").flatMap((v) => v.split(",")).map((v) =>
    v.replace(/^[ \t]+|[ \t]+$/g, "")
  );
  if (lengths.some((v) => !/^[0-9]+$/.test(v))) return REFUSED;
  const numbers = new Set(lengths.map((v) => BigInt(v)));
  if (numbers.size > 1 || [...numbers].some((n) => n >= 2n ** 53n)) return REFUSED;
  const length = numbers.size === 0 ? -1 : Number([...numbers][0]);
  const codings = all("transfer-encoding").flatMap((v) => v.split(",")).map((v) =>
    v.replace(/^[ \t]+|[ \t]+$/g, "").toLowerCase()
  );
  const chunked = codings.length > 0;
  if (chunked && (codings.length !== 1 || codings[0] !== "chunked")) return REFUSED;

  if (kind === "request") {
    const m = REQUEST_LINE.exec(lines[0]);
    if (m === null || !targetFits(m[1], m[2], all("host"))) return REFUSED;
    if (chunked && minor === 0) return REFUSED;
    if (m[1] === "PRI") return REFUSED;
    if (minor === 0 && length > 0 && ["GET", "HEAD", "DELETE"].includes(m[1])) return REFUSED;
    const options = all("connection").join(",").toLowerCase().split(",").map((v) => v.trim());
    const upgrade = all("upgrade").join(",").toLowerCase();
    const h2c = /(^|[,\s])h2c?($|[,;\s])/.test(upgrade);
    const first = (all("upgrade")[0] ?? "").toLowerCase();
    if (
      options.includes("upgrade") && !h2c && /(^|[,\s])websocket($|[,;\s])/.test(first) &&
      all("sec-websocket-key").length === 0
    ) return REFUSED;
    if (chunked) return chunkedBody(body);
    return length > 0
      ? fixed(body, length)
      : { framing: "none", length: 0, content: "", whole: true };
  }
  const m = STATUS_LINE.exec(lines[0]);
  if (m === null) return REFUSED;
  const status = Number(m[2]);
  if (
    requestMethod === "HEAD" || status < 200 || status === 204 || status === 304 ||
    (requestMethod === "CONNECT" && status < 300)
  ) return { framing: "none", length: 0, content: "", whole: true };
  if (chunked) return chunkedBody(body);
  if (length < 0) return { framing: "close", length: -1, content: body, whole: true };
  return length > 0
    ? fixed(body, length)
    : { framing: "none", length: 0, content: "", whole: true };
}

function fixed(body: string, length: number): Opinion {
  const content = body.slice(0, length);
  return { framing: "length", length, content, whole: content.length === length };
}

function targetFits(method: string, target: string, hosts: string[]): boolean {
  if (hosts.length > 0 && !HOST.test(hosts[0])) return false;
  if (hosts.some((h) => h.toLowerCase() !== hosts[0].toLowerCase())) return false;
  const host = hosts[0]?.toLowerCase();
  let authority: string;
  let ports: string[];
  if (method === "CONNECT") {
    if (!/:[0-9]{1,5}$/.test(target) || !HOST.test(target)) return false;
    authority = target.toLowerCase();
    ports = [":80", ":443"];
  } else if (target.startsWith("/")) {
    return true;
  } else if (target === "*") {
    return method === "OPTIONS";
  } else {
    const m = /^([A-Za-z][-+.0-9A-Za-z]*):\/\/([^/]+)(?:\/.*)?$/.exec(target);
    if (m === null || !HOST.test(m[2])) return false;
    authority = m[2].toLowerCase();
    const scheme = m[1].toLowerCase();
    ports = scheme === "http" ? [":80"] : scheme === "https" ? [":443"] : [];
  }
  if (host === undefined || host === authority) return true;
  if (host === "") return false;
  return ports.some((p) => host + p === authority || authority + p === host);
}

const FORBIDDEN = new Set([
  "transfer-encoding",
  "content-length",
  "host",
  "connection",
  "upgrade",
  "te",
  "trailer",
  "keep-alive",
]);

/** The whole coding or a correct first part of it; small messages only, so no bound is met. */
function chunkedBody(body: string): Opinion {
  let content = "";
  let rest = body;
  const partial = (right: boolean): Opinion => ({
    framing: "chunked",
    length: -1,
    content: right ? content : undefined,
    whole: false,
  });
  for (;;) {
    const line = /^([0-9A-Fa-f]{1,16})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n/.exec(rest);
    if (line === null) {
      return partial(/^(?:[0-9A-Fa-f]{1,16}[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?\r?)?$/.test(rest));
    }
    const size = BigInt("0x" + line[1]);
    if (size > 2n ** 52n) return partial(false);
    rest = rest.slice(line[0].length);
    if (size === 0n) break;
    const data = rest.slice(0, Number(size));
    content += data;
    rest = rest.slice(data.length);
    if (BigInt(data.length) < size) return partial(true);
    if (!rest.startsWith("\r\n")) return partial(rest === "" || rest === "\r");
    rest = rest.slice(2);
  }
  const field = new RegExp(`^(${TOKEN}):[\\t\\x20-\\x7e\\x80-\\xff]*\\r\\n`);
  for (;;) {
    if (rest.startsWith("\r\n")) return { framing: "chunked", length: -1, content, whole: true };
    const m = field.exec(rest);
    if (m === null) {
      const part = new RegExp(`^(?:\r|(${TOKEN})(:[\\t\\x20-\\x7e\\x80-\\xff]*\r?)?)?$`).exec(rest);
      if (part === null) return partial(false);
      const ended = part[2] !== undefined;
      return partial(!(ended && FORBIDDEN.has(part[1].toLowerCase())));
    }
    if (FORBIDDEN.has(m[1].toLowerCase())) return partial(false);
    rest = rest.slice(m[0].length);
  }
}
