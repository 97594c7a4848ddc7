/** HAProxy's commands that have no meaning here: each says why, so that nobody looks for a mistake of his own. */
import type { CommandRow } from "../command.ts";

const SSL_LIBRARY = "The library for TLS is the runtime's: there is nothing to show.";
const V8 = "The runtime has no tasks of its own to count; 'deno --cpu-prof' and 'perf' measure it.";

const absent: readonly (readonly [words: string, why: string])[] = [
  ["show profiling", V8],
  ["set profiling", V8],
  ["show tasks", V8],
  ["show libs", "There are no libraries of its own: 'ldd' tells those of the runtime."],
  ["show ssl providers", SSL_LIBRARY],
  ["show quic", "QUIC is not supported."],
  ["show dev", "'show info' and 'sluice version' say what runs here."],
  [
    "dump stats-file",
    "Counters are kept by a reload; objects have no 'guid' that a file could name them by.",
  ],
  ["experimental-mode", "There are no experimental commands."],
  ["set anon", "Dumps are not made anonymous."],
];

export const absentCommands: readonly CommandRow[] = absent.map(([words, why]) => ({
  words: words.split(" "),
  args: "",
  level: "operator",
  doc: "has no meaning here, and says why",
  section: "9.3",
  run: () => `${why}\n`,
}));
