/** Whole heads (manual 7.3.6): `req.hdrs`, `res.hdrs`, and their binary forms. */
import type { Head } from "../../http1/head.ts";
import type { StreamView } from "../context.ts";
import type { FetchRow, Need } from "../rows.ts";

/** The fields as lines and an empty one. */
function linesOf(head: Head): string {
  let text = "";
  for (let i = 0; i < head.count; i++) {
    if (!head.isRemoved(i)) text += `${head.name(i).toLowerCase()}: ${head.value(i)}\r\n`;
  }
  return text + "\r\n";
}

/**
 * The integer coding of SPOP: one byte below 240; else its four low bits over 0xF0, and what is left in bytes of
 * seven bits, all but the last with the highest bit set.
 */
export function encodeVarint(n: number): string {
  if (n < 240) return String.fromCharCode(n);
  let text = String.fromCharCode((n & 15) | 240);
  let rest = Math.floor((n - 240) / 16);
  for (; rest >= 128; rest = Math.floor((rest - 128) / 128)) {
    text += String.fromCharCode((rest & 127) | 128);
  }
  return text + String.fromCharCode(rest);
}

const counted = (text: string) => encodeVarint(text.length) + text;

/** Names and values, each behind its length; two empty strings are the end. */
function binaryOf(head: Head): string {
  let text = "";
  for (let i = 0; i < head.count; i++) {
    if (!head.isRemoved(i)) text += counted(head.name(i).toLowerCase()) + counted(head.value(i));
  }
  return text + "\0\0";
}

function rows(
  prefix: string,
  needs: Need,
  what: string,
  headOf: (stream: StreamView) => Head | undefined,
): FetchRow[] {
  const common = { args: [], needs, section: "7.3.6" };
  const read = (write: (head: Head) => string) => () => (stream: StreamView) => {
    const head = headOf(stream);
    return head && write(head);
  };
  return [
    {
      ...common,
      name: `${prefix}.hdrs`,
      type: "str",
      doc: `the ${what}'s fields as lines, and an empty line`,
      make: read(linesOf),
    },
    {
      ...common,
      name: `${prefix}.hdrs_bin`,
      type: "bin",
      doc: `the ${what}'s fields as names and values, each behind its length`,
      make: read(binaryOf),
    },
  ];
}

export const HEADS_FETCHES: readonly FetchRow[] = [
  ...rows("req", "request", "request", (stream) => stream.request),
  ...rows("res", "response", "response", (stream) => stream.response),
];
