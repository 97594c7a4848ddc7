/** Trailers: from HTTP/2 to lines of HTTP/1 and back (RFC 9110 section 6.5, RFC 9113 section 8.1). */
import type { FieldList } from "../http2/field_list.ts";
import { isName, isValue } from "../http2/field_rules.ts";
import type { Sender } from "../http2/sender.ts";

/** The lines, each with CR LF. */
export function trailerLines(list: FieldList): string {
  let lines = "";
  for (let i = 0; i < list.count; i++) lines += `${list.names[i]}: ${list.values[i]}\r\n`;
  return lines;
}

/** Writes lines as a header block, which the caller ends; false: there is none, as no line can be sent. */
export function putTrailers<User>(to: Sender<User>, lines: string): boolean {
  const fields: [string, string][] = [];
  for (const line of lines.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "");
    if (isName(name) && isValue(value)) fields.push([name, value]);
  }
  if (fields.length === 0) return false;
  to.beginHead();
  for (const [name, value] of fields) to.field(name, value);
  return true;
}
