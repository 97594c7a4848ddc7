/**
 * Writing a head: untouched ranges are copied as raw bytes, only edits are written character by character.
 */
import { putLatin1 } from "./bytes.ts";
import { CHANGED, type Edits, REMOVED, UNTOUCHED } from "./edits.ts";
import { LINE_END, NAME, NAME_END, type Received, STRIDE, VALUE_END } from "./received.ts";

const CR = 13;
const LF = 10;
const COLON = 58;
const SP = 32;

/** Shorter ranges are copied by a loop: a view costs more. */
const SHORT = 48;

/** Most bytes that `writeHead` may need. */
export function headSizeBound(r: Received, e: Edits): number {
  let size = r.end - r.start;
  if (r.bareLf) size += r.count + 2;
  if (!e.any) return size;
  if (e.start) {
    // what stays of the received line is within the received size
    size += 32 + e.method.length + (e.target?.length ?? 0) + (e.reason?.length ?? 0);
  }
  const count = r.count + e.appended;
  for (let i = 0; i < count; i++) {
    if (e.state[i] !== CHANGED) continue;
    const nameLength = i < r.count
      ? r.fields[i * STRIDE + NAME_END] - r.fields[i * STRIDE + NAME]
      : e.appendedNames[i - r.count].length;
    size += nameLength + e.values[i].length + 4;
  }
  return size;
}

/** Writes start line, fields and blank line at `at`; answers the position after. There is room for it. */
export function writeHead(r: Received, e: Edits, out: Uint8Array, at: number): number {
  const bareLf = r.bareLf;
  if (!e.any && !bareLf) return copy(r, out, at, 0, r.end - r.start);
  let from = 0; // start of the pending run of untouched lines
  if (e.start || bareLf) {
    at = writeStartLine(r, e, out, at);
    from = r.fieldsStart;
  }
  const fields = r.fields;
  const count = r.count;
  let lineEnd = r.fieldsStart;
  for (let i = 0; i < count; i++) {
    const base = i * STRIDE;
    const state = e.any ? e.state[i] : UNTOUCHED;
    lineEnd = fields[base + LINE_END];
    if (state === UNTOUCHED && !bareLf) continue;
    const lineStart = fields[base + NAME];
    if (from < lineStart) at = copy(r, out, at, from, lineStart);
    from = lineEnd;
    if (state === REMOVED) continue;
    if (state === UNTOUCHED) {
      at = copy(r, out, at, lineStart, fields[base + VALUE_END]);
      out[at++] = CR;
      out[at++] = LF;
    } else {
      at = writeValue(out, copy(r, out, at, lineStart, fields[base + NAME_END]), e.values[i]);
    }
  }
  if (from < lineEnd) at = copy(r, out, at, from, lineEnd);
  for (let i = 0; i < e.appended; i++) {
    if (e.state[count + i] === REMOVED) continue;
    at = writeValue(out, putLatin1(out, at, e.appendedNames[i]), e.values[count + i]);
  }
  out[at++] = CR;
  out[at++] = LF;
  return at;
}

function writeValue(out: Uint8Array, at: number, value: string): number {
  out[at++] = COLON;
  out[at++] = SP;
  at = putLatin1(out, at, value);
  out[at++] = CR;
  out[at++] = LF;
  return at;
}

function writeStartLine(r: Received, e: Edits, out: Uint8Array, at: number): number {
  if (!e.start) {
    let end = r.fieldsStart - 1;
    if (r.text.charCodeAt(end - 1) === CR) end--;
    at = copy(r, out, at, 0, end);
  } else if (r.kind === "request") {
    at = e.method === "" ? copy(r, out, at, 0, r.firstEnd) : putLatin1(out, at, e.method);
    out[at++] = SP;
    at = e.target === undefined
      ? copy(r, out, at, r.secondStart, r.secondEnd)
      : putLatin1(out, at, e.target);
    out[at++] = SP;
    at = writeVersion(r, e, out, at, r.thirdStart, r.thirdEnd);
  } else {
    at = writeVersion(r, e, out, at, 0, r.firstEnd);
    out[at++] = SP;
    at = e.status === 0
      ? copy(r, out, at, r.secondStart, r.secondEnd)
      : putLatin1(out, at, String(e.status));
    out[at++] = SP;
    at = e.reason === undefined
      ? copy(r, out, at, r.thirdStart, r.thirdEnd)
      : putLatin1(out, at, e.reason);
  }
  out[at++] = CR;
  out[at++] = LF;
  return at;
}

function writeVersion(
  r: Received,
  e: Edits,
  out: Uint8Array,
  at: number,
  from: number,
  to: number,
): number {
  if (e.version === 0) return copy(r, out, at, from, to);
  return putLatin1(out, at, e.version >= 11 ? "HTTP/1.1" : "HTTP/1.0");
}

/** Copies received bytes by offsets; after `release` from the text. */
function copy(r: Received, out: Uint8Array, at: number, from: number, to: number): number {
  const bytes = r.bytes;
  if (bytes.length === 0) {
    for (let i = from; i < to; i++) out[at++] = r.text.charCodeAt(i);
  } else if (to - from < SHORT) {
    for (let i = r.start + from, end = r.start + to; i < end; i++) out[at++] = bytes[i];
  } else {
    out.set(bytes.subarray(r.start + from, r.start + to), at);
    at += to - from;
  }
  return at;
}
