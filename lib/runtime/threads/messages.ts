/**
 * What the first thread and the others of `nbthread` say to each other, by postMessage. Everything that must be fast
 * or exact is State in shared memory; messages carry what happens seldom.
 */
import type { Config } from "../../config/model.ts";
import type { PatternChange } from "../../expr/pattern_store.ts";
import type { CheckResult } from "../../health/result.ts";
import type { ProcessEvent } from "../event_log.ts";
import type { LiveTrace, TraceWish } from "../../trace/live.ts";
import type { TransportName } from "../../net/best_transport.ts";
import type { StoreImage } from "../../state/store.ts";

/** What the first thread has read for a configuration: all threads run the same contents. */
export interface FilesRead {
  readonly contents: Map<string, Uint8Array>;
  readonly folders: Map<string, string[] | undefined>;
}

/** A configuration as a thread compiles it. */
export interface Blueprint {
  /** tells Generations apart: the same in all threads */
  readonly generation: number;
  readonly config: Config;
  readonly image: StoreImage;
  readonly files: FilesRead;
}

/** What a thread is born with. */
export interface Birth {
  /** its number, from 1; the first thread is 0 */
  readonly thread: number;
  /** `-n` */
  readonly maxconn?: number;
  readonly transport?: TransportName;
  readonly processNumber?: number;
  /** shared: a bit for each descriptor that the thread has open, so that they are closed when it dies */
  readonly descriptors?: Int32Array;
  /** the CPUs that it may run on; undefined: any */
  readonly cpus?: readonly number[];
}

/** Requests: each is answered with the sentences that say why it could not be done. */
export type Request =
  /** compile this and listen, as the first configuration */
  | { readonly type: "start"; readonly birth: Birth; readonly blueprint: Blueprint }
  /** compile this; the running one stays until `commit` */
  | { readonly type: "prepare"; readonly blueprint: Blueprint }
  /** what was prepared takes over */
  | { readonly type: "commit" }
  /** a command of a runtime socket, at the level admin; the answer is its text */
  | {
    readonly type: "command";
    readonly words: readonly string[];
    readonly payload?: string;
    /** the records that the command may have made */
    readonly image: StoreImage;
  }
  /** a server was added to the running Generation, or deleted; `image`: with its records */
  | {
    readonly type: "change-server";
    readonly change: ServerChange;
    readonly image: StoreImage;
  };

/** A list of patterns was changed at run time, in the Generation of this number. */
export interface PatternsChanged {
  readonly type: "patterns";
  readonly generation: number;
  readonly change: PatternChange;
}

/** `words`: address and settings of one that is added; undefined: it is deleted. */
export interface ServerChange {
  readonly backend: string;
  readonly name: string;
  readonly words?: readonly string[];
}

/** Why streams of a server are ended: it went down, or backups are not needed any more. */
export type KillCause = "D" | "U";

/** What is only told. */
/** The result of a check, which the first thread makes: for what shows the servers' states. */
export interface Checked {
  readonly type: "checked";
  readonly backend: string;
  readonly server: string;
  readonly result: CheckResult;
}

export type Notice =
  | Checked
  /** something happened to a server or to the process */
  | { readonly type: "event"; readonly event: ProcessEvent }
  | PatternsChanged
  /** what was prepared is not wanted */
  | { readonly type: "discard" }
  | {
    readonly type: "kill";
    readonly backend: string;
    readonly server: string;
    readonly cause: KillCause;
  }
  /** trace these requests; undefined: no more */
  | { readonly type: "trace"; readonly wish: TraceWish | undefined }
  /** log files are to be opened anew */
  | { readonly type: "reopen-logs" }
  | { readonly type: "pause" }
  | { readonly type: "resume" }
  | { readonly type: "drain" }
  | { readonly type: "stop" };

export type ToThread = (Request & { readonly id: number }) | Notice;

export type FromThread =
  | PatternsChanged
  | { readonly type: "answer"; readonly id: number; readonly messages: readonly string[] }
  | { readonly type: "report"; readonly text: string }
  /** `observe` has seen too many errors: the first thread, which checks, decides what follows */
  | {
    readonly type: "suspect";
    readonly backend: string;
    readonly server: string;
    readonly onError: "fastinter" | "fail-check" | "sudden-death" | "mark-down";
    readonly info: string;
  }
  | {
    readonly type: "kill";
    readonly backend: string;
    readonly server: string;
    readonly cause: KillCause;
  }
  /** a request was traced */
  | { readonly type: "traced"; readonly trace: LiveTrace }
  /** no stream of this thread uses that Generation any more */
  | { readonly type: "retired"; readonly generation: number }
  /** nothing runs in this thread any more */
  | { readonly type: "finished" };
