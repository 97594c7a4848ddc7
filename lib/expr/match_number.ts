/** Integer matches: values, ranges `a:b` and `a-b`, and the operators `eq ge gt le lt` (manual 7.1.2). */
import { readSint, type Sint } from "./sample.ts";

export const OPERATORS: readonly string[] = ["eq", "ge", "gt", "le", "lt"];

/** Both ends belong to it; infinities stand for "no bound". */
export interface Range {
  readonly from: Sint;
  readonly to: Sint;
}

const NUMBER = /^[-+]?[0-9]{1,20}$/;

/** `n` plus a small step, exactly. */
function plus(n: Sint, step: 1 | -1): Sint {
  if (typeof n === "number" && Number.isSafeInteger(n + step)) return n + step;
  return BigInt(n) + BigInt(step);
}

/** Reads one value or range under an operator; a string says what is wrong. */
export function readRange(text: string, operator: string): Range | string {
  // HAProxy takes a dash between two numbers for a colon.
  const dash = /^[-+]?[0-9]{1,20}(?=-[-+]?[0-9])/.exec(text);
  const colon = dash === null ? text.indexOf(":") : dash[0].length;
  if (colon < 0) {
    if (!NUMBER.test(text)) return `'${text}' is not a number`;
    const n = readSint(text);
    switch (operator) {
      case "ge":
        return { from: n, to: Infinity };
      case "gt":
        return { from: plus(n, 1), to: Infinity };
      case "le":
        return { from: -Infinity, to: n };
      case "lt":
        return { from: -Infinity, to: plus(n, -1) };
      default:
        return { from: n, to: n };
    }
  }
  if (operator !== "eq") return `'${text}' is a range and cannot stand behind '${operator}'`;
  const low = text.slice(0, colon);
  const high = text.slice(colon + 1);
  const good = (part: string) => part === "" || NUMBER.test(part);
  if (!good(low) || !good(high) || low + high === "") {
    return `'${text}' is not a valid number range`;
  }
  const from = low === "" ? -Infinity : readSint(low);
  const to = high === "" ? Infinity : readSint(high);
  return from > to ? `'${text}' is not a valid number range` : { from, to };
}

/** A test against any of the ranges; they are sorted and joined, so that many cost little more than one. */
export function rangeTest(ranges: readonly Range[]): (value: Sint) => boolean {
  const sorted = [...ranges].sort((a, b) => a.from < b.from ? -1 : a.from > b.from ? 1 : 0);
  const joined: { from: Sint; to: Sint }[] = [];
  for (const range of sorted) {
    const last = joined.at(-1);
    if (last !== undefined && last.to >= range.from) {
      if (range.to > last.to) last.to = range.to;
    } else joined.push({ ...range });
  }
  if (joined.length === 0) return () => false;
  if (joined.length === 1) {
    const { from, to } = joined[0];
    return (value) => value >= from && value <= to;
  }
  return (value) => {
    let low = 0;
    let high = joined.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const range = joined[middle];
      if (value < range.from) high = middle - 1;
      else if (value > range.to) low = middle + 1;
      else return true;
    }
    return false;
  };
}
