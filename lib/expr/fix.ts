/** FIX messages (Financial Information eXchange, FIXT session protocol): `tag=value` fields that SOH ends. */

const SOH = "\x01";
const VERSIONS = /^(FIX\.4\.[0-4]|FIX\.5\.0|FIXT\.1\.1)$/;

/** Names that stand for tags in configurations (manual 7.3.1 `fix_tag_value`). */
export const FIX_TAGS: Readonly<Record<string, string>> = {
  beginstring: "8",
  bodylength: "9",
  msgtype: "35",
  sendercompid: "49",
  targetcompid: "56",
  checksum: "10",
};

interface Field {
  readonly tag: string;
  readonly value: string;
  readonly from: number;
  /** behind the SOH */
  readonly to: number;
}

/** The field at `from`: undefined when it is not complete, null when it is no field. */
function fieldAt(text: string, from: number): Field | undefined | null {
  const end = text.indexOf(SOH, from);
  if (end < 0) return undefined;
  const equal = text.indexOf("=", from);
  if (equal <= from || equal + 1 >= end) return null;
  const tag = text.slice(from, equal);
  if (!/^[1-9][0-9]*$/.test(tag)) return null;
  return { tag, value: text.slice(equal + 1, end), from, to: end + 1 };
}

/** True or false for a complete first message, undefined when it is not complete. */
export function isFixMessage(text: string): boolean | undefined {
  const begin = fieldAt(text, 0);
  if (begin === undefined) return undefined;
  if (begin === null || begin.tag !== "8" || !VERSIONS.test(begin.value)) return false;
  const length = fieldAt(text, begin.to);
  if (length === undefined) return undefined;
  if (length === null || length.tag !== "9" || !/^[0-9]{1,9}$/.test(length.value)) return false;
  const end = length.to + Number(length.value);
  let sum = 0;
  let tags = 0;
  for (let at = length.to;;) {
    const field = fieldAt(text, at);
    if (field === undefined) return undefined;
    if (field === null || (tags++ === 0 && field.tag !== "35")) return false;
    if (field.tag !== "10") {
      at = field.to;
      continue;
    }
    for (let i = 0; i < field.from; i++) sum += text.charCodeAt(i);
    return field.from === end && /^[0-9]{3}$/.test(field.value) &&
      Number(field.value) === sum % 256;
  }
}

/** The value of the first field with that tag; undefined when there is none. */
export function fixValue(text: string, tag: string): string | undefined {
  for (let at = 0;;) {
    const field = fieldAt(text, at);
    if (field === undefined || field === null) return undefined;
    if (field.tag === tag) return field.value;
    if (field.tag === "10") return undefined;
    at = field.to;
  }
}
