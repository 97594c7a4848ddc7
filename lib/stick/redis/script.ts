/** What Redis (or Valkey) does with a batch of entries: a script, the words that it is given, and what it answers. */
import type { StickKey } from "../key.ts";
import type { StickKeyType } from "../../config/model_stick.ts";
import type { Part, Sum } from "../shadow.ts";

/**
 * KEYS: one hash for each entry. ARGV: the time to live in ms, then for each entry the same parts in the same order:
 * `c FIELD DELTA`, or `r FIELD WINDOW EVENTS BEFORE`; `;` ends an entry. Answers numbers: one for a count, three for a
 * rate (window, events in it, events in the one before).
 */
export const SCRIPT = `
local out = {}
local at = 2
for i = 1, #KEYS do
  local key = KEYS[i]
  while ARGV[at] ~= ';' do
    local field = ARGV[at + 1]
    if ARGV[at] == 'c' then
      local value = redis.call('HINCRBY', key, field, ARGV[at + 2])
      if value < 0 then
        value = 0
        redis.call('HSET', key, field, 0)
      end
      out[#out + 1] = value
      at = at + 3
    else
      local window = tonumber(ARGV[at + 2])
      local events = tonumber(ARGV[at + 3])
      local before = tonumber(ARGV[at + 4])
      local known = redis.call('HMGET', key, field .. 'w', field .. 'c', field .. 'p')
      local w = tonumber(known[1]) or window
      local c = tonumber(known[2]) or 0
      local p = tonumber(known[3]) or 0
      if w == window - 1 then
        p = c + before
        c = events
        w = window
      elseif w < window then
        p = before
        c = events
        w = window
      elseif w == window then
        c = c + events
        p = p + before
      elseif w == window + 1 then
        p = p + events
      end
      if c < 0 then c = 0 end
      if p < 0 then p = 0 end
      redis.call('HSET', key, field .. 'w', w, field .. 'c', c, field .. 'p', p)
      out[#out + 1] = w
      out[#out + 1] = c
      out[#out + 1] = p
      at = at + 5
    end
  end
  at = at + 1
  redis.call('PEXPIRE', key, ARGV[1])
end
return out
`;

/** The words of one entry. */
export function pushWords(words: string[], parts: readonly Part[]): void {
  for (const part of parts) {
    const field = `${part.column.type.name}${part.column.type.array ? part.index : ""}`;
    if (part.kind === "count") words.push("c", field, String(part.delta));
    else {
      // Another period is another rate.
      words.push(
        "r",
        `${field}/${part.column.period}:`,
        String(part.window),
        String(part.events),
        String(part.before),
      );
    }
  }
  words.push(";");
}

/** Reads the sums of one entry from the answer, from `at` on; undefined: the answer is none. */
export function readSums(
  answer: readonly unknown[],
  at: number,
  parts: readonly Part[],
): { readonly sums: Sum[]; readonly at: number } | undefined {
  const sums: Sum[] = [];
  for (const { kind } of parts) {
    const size = kind === "count" ? 1 : 3;
    const numbers = answer.slice(at, at + size).map(Number);
    if (numbers.length < size || !numbers.every(Number.isSafeInteger)) return undefined;
    sums.push(
      kind === "count"
        ? { value: numbers[0] }
        : { window: numbers[0], current: numbers[1], past: numbers[2] },
    );
    at += size;
  }
  return { sums, at };
}

/** A key as a part of a name in Redis: printable, and different keys differ. */
export function keyName(type: StickKeyType, key: StickKey): string {
  switch (type) {
    case "ip": {
      const n = key as number;
      return `${n >>> 24}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`;
    }
    case "ipv6": {
      const { a, b, c, d } = key as { a: number; b: number; c: number; d: number };
      return [a, b, c, d].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join(":");
    }
    case "integer":
      return String(key);
    case "string":
    case "binary":
      return encodeURIComponent(key as string);
  }
}
