/** The processes that a master socket leads to. */
import type { Answer, CliSession } from "../socket/command.ts";

/** One process that serves. */
export interface Worker {
  /** from 1, as in `@1` */
  readonly number: number;
  readonly pid: number;
  /** wall ms */
  readonly startedAt: number;
  /** The answer to one command, given with the rights of `session`. */
  execute(words: readonly string[], session: CliSession, payload?: string): Answer;
}

/** What a master socket tells of, and what it may ask for. */
export interface MasterHost {
  /** in the order of their numbers */
  workers(): readonly Worker[];
  /** reloads since the start, and those that failed since the last one that did not */
  reloads(): { readonly count: number; readonly failed: number };
  /** Reads the configuration again, as SIGUSR2. */
  reload(): void;
}
