/** Fuzzing of what log-forward reads: messages and streams of strangers. */
import { ok } from "node:assert/strict";
import { takeFrames } from "../../../lib/log/syslog/framing.ts";
import { headerFor } from "../../../lib/log/syslog/header.ts";
import { parseSyslog } from "../../../lib/log/syslog/message.ts";
import { Random } from "../../support/random.ts";
import { messageCases } from "./cases.ts";

const ODD = [
  "<",
  ">",
  "[",
  "]",
  '"',
  "\\",
  " ",
  "-",
  "1 ",
  "\n",
  "\0",
  "\xff",
  "999999",
  ":",
  "T",
  "Z",
];
const FORMATS = [
  "rfc5424",
  "rfc3164",
  "local",
  "timed",
  "iso",
  "short",
  "priority",
  "raw",
] as const;

function mutate(text: string, r: Random): string {
  for (let n = r.below(5); n >= 0; n--) {
    const at = r.below(text.length + 1);
    const cut = r.below(3) === 0 ? r.below(6) : 0;
    text = text.slice(0, at) + (r.below(2) === 0 ? r.pick(ODD) : "") + text.slice(at + cut);
  }
  return text;
}

/** Throws when a message or a stream does what it must not. */
export function fuzzSyslog(rounds: number, seed: number): void {
  const r = new Random(seed);
  for (let round = 0; round < rounds; round++) {
    const text = mutate(r.pick(messageCases).message, r);
    const message = parseSyslog(text);
    ok(message.priority >= -1 && message.priority <= 191);
    ok(text.includes(message.text), `invented: ${JSON.stringify({ text, message })}`);
    for (const format of [undefined, ...FORMATS]) {
      const header = headerFor(message, 3, 1_800_000_000_000, {
        format,
        facility: 1,
        hostname: "h",
      });
      ok(header.length <= text.length + 80);
    }
    const stream = Uint8Array.from(
      mutate(`${text.length} ${text}${text}\n`, r),
      (c) => c.charCodeAt(0),
    );
    let total = 0;
    const taken = takeFrames(stream, { longest: 256 }, (each) => total += each.length);
    ok(taken >= -1 && taken <= stream.length && total <= stream.length);
  }
}
