/** What the first thread does about what the others tell it. */
import type { LiveTraces } from "../../trace/live.ts";
import type { Generation } from "../generation.ts";
import type { Crew, CrewOptions } from "./crew.ts";
import type { KillCause, PatternsChanged } from "./messages.ts";

/** The first thread, as far as the others reach it. */
export interface FirstThread {
  readonly running: () => Generation;
  readonly killHere: (backend: string, server: string, cause: KillCause) => void;
  readonly traces: LiveTraces;
  readonly crew: () => Crew | undefined;
  /** a thread has let go of the Generation of this number */
  readonly retired: (number: number) => void;
  readonly patternsChanged: (notice: PatternsChanged) => void;
}

/** The handlers of a crew's messages. */
export function crewEvents(
  { running, killHere, traces, crew, retired, patternsChanged }: FirstThread,
): Pick<CrewOptions, "onRetired" | "onSuspect" | "onPatterns" | "onTraced" | "onKill"> {
  return {
    onRetired: retired,
    onSuspect: ({ backend, server, onError, info }) =>
      running().suspect(backend, server, onError, info),
    onPatterns: patternsChanged,
    onTraced: (trace) => {
      traces.add(trace);
      if (trace.byHeader) return;
      const { tracing } = running();
      tracing.count();
      if (tracing.wish === undefined) crew()?.tell({ type: "trace", wish: undefined });
    },
    onKill: killHere,
  };
}
