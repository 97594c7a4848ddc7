/**
 * One syslog message, read without I/O: RFC 5424 section 6, and what RFC 3164 section 4.1 describes. Nothing is ever
 * refused: what does not look like a header is text.
 */

export interface SyslogMessage {
  /** facility * 8 + severity; -1: the message has none */
  readonly priority: number;
  /** as it came: `Oct 11 22:14:15`, an RFC 3339 time, or `-`; "": there is none */
  readonly time: string;
  readonly host: string;
  readonly tag: string;
  readonly pid: string;
  readonly msgid: string;
  /** structured data (RFC 5424 section 6.3) with its brackets */
  readonly data: string;
  readonly text: string;
}

const HIGHEST_PRIORITY = 191;
const BSD_TIME =
  /^(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-6][0-9] /;
const PLAIN = { time: "", host: "", tag: "", pid: "", msgid: "", data: "" };

/** A message that is passed on as it came. */
export function unparsed(text: string): SyslogMessage {
  return { ...PLAIN, priority: -1, text };
}

/** Reads a message, a byte a code unit. Line ends behind it are no part of it. */
export function parseSyslog(message: string): SyslogMessage {
  let end = message.length;
  while (end > 0 && (message.charCodeAt(end - 1) === 10 || message.charCodeAt(end - 1) === 0)) {
    end--;
  }
  const whole = end === message.length ? message : message.slice(0, end);
  const close = whole.charCodeAt(0) === 60 ? whole.indexOf(">") : -1;
  const digits = close > 1 && close <= 4 ? whole.slice(1, close) : "";
  const priority = /^[0-9]+$/.test(digits) ? Number(digits) : -1;
  if (priority < 0 || priority > HIGHEST_PRIORITY) return unparsed(whole);
  const rest = whole.slice(close + 1);
  return rest.startsWith("1 ")
    ? parse5424(priority, rest) ?? parse3164(priority, rest)
    : parse3164(priority, rest);
}

/** `-` stands for a field without a value. */
function valueOf(field: string): string {
  return field === "-" ? "" : field;
}

function parse5424(priority: number, rest: string): SyslogMessage | undefined {
  const fields: string[] = [];
  let at = 2;
  for (let i = 0; i < 5; i++) {
    const space = rest.indexOf(" ", at);
    if (space <= at) return undefined;
    fields.push(rest.slice(at, space));
    at = space + 1;
  }
  const end = dataEnd(rest, at);
  if (end < 0) return undefined;
  const [time, host, tag, pid, msgid] = fields;
  return {
    priority,
    time,
    host: valueOf(host),
    tag: valueOf(tag),
    pid: valueOf(pid),
    msgid: valueOf(msgid),
    data: valueOf(rest.slice(at, end)),
    text: rest.slice(end + 1),
  };
}

/** Behind the structured data that begins at `at`; -1: there is none. In a value, a backslash hides the next byte. */
function dataEnd(text: string, at: number): number {
  if (text.charCodeAt(at) === 45) {
    return at + 1 === text.length || text.charCodeAt(at + 1) === 32 ? at + 1 : -1;
  }
  let quoted = false;
  let inside = false;
  for (let i = at; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (quoted) {
      if (c === 92) i++;
      else if (c === 34) quoted = false;
    } else if (inside) {
      if (c === 34) quoted = true;
      else if (c === 93) inside = false;
    } else if (c === 91) inside = true;
    else return c === 32 && i > at ? i : -1;
  }
  return inside || at === text.length ? -1 : text.length;
}

function parse3164(priority: number, rest: string): SyslogMessage {
  if (!BSD_TIME.test(rest)) return { ...PLAIN, priority, text: rest };
  const time = rest.slice(0, 15);
  let at = 16;
  let word = wordAt(rest, at);
  let host = "";
  // A name that ends in a colon is a tag: the line is one without a host, as log lines to /dev/log are.
  if (word !== "" && !word.endsWith(":")) {
    host = word;
    at += word.length + 1;
    word = wordAt(rest, at);
  }
  const tag = /^([^\[\]:]+)(?:\[([^\[\]]*)\])?:$/.exec(word);
  if (tag === null) return { ...PLAIN, priority, time, host, text: rest.slice(at) };
  const text = rest.slice(at + word.length + 1);
  return { ...PLAIN, priority, time, host, tag: tag[1], pid: tag[2] ?? "", text };
}

/** The word at `at` that a space follows; "": there is none. */
function wordAt(text: string, at: number): string {
  const space = text.indexOf(" ", at);
  return space < 0 ? "" : text.slice(at, space);
}
