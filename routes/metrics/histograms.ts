/** `sluice_server_queue_duration_seconds` and its like: how long streams took in each phase. */
import type { BackendSubject, ServerSubject } from "../../lib/runtime/stats/column.ts";
import { BOUNDS, PHASES } from "../../lib/proxy/latency.ts";
import { labelsOf } from "./exporter.ts";

const HELP = {
  queue: "time in the queue",
  connect: "time to connect to the server",
  response: "time from the connection to the head of the answer",
  total: "time from the request to the end of the answer",
} as const;

const LIMITS = [...BOUNDS.map((ms) => String(ms / 1000)), "+Inf"];

/** The histograms of all phases, a subject a piece. */
export function* histogramPieces(
  scope: "backend" | "server",
  subjects: readonly (BackendSubject | ServerSubject)[],
): Iterable<string> {
  for (const [phase, word] of PHASES.entries()) {
    const name = `sluice_${scope}_${word}_duration_seconds`;
    let before = `# HELP ${name} ${HELP[word]}, seconds\n# TYPE ${name} histogram\n`;
    for (const subject of subjects) {
      const book = subject.backend.latency;
      if (book === undefined) continue;
      const latency = subject.kind === "server" ? book.of(subject.server.name) : book.all;
      if (latency === undefined) continue;
      const labels = labelsOf(subject);
      const counts = latency.cumulative(phase);
      yield before + LIMITS.map((le, i) => `${name}_bucket{${labels},le="${le}"} ${counts[i]}\n`)
        .join("") +
        `${name}_sum{${labels}} ${(latency.sum(phase) / 1000).toFixed(6)}\n` +
        `${name}_count{${labels}} ${counts.at(-1)}\n`;
      before = "";
    }
  }
}
