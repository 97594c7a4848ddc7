/**
 * The link between the process that was started and the processes of `nbproc` that it starts: what they say to each
 * other, and the end of one seen by the other. JSON over the channel of node:child_process.
 */
import process from "node:process";
import type { AnswerPiece, ToAnswerer } from "../master/answers.ts";

/** Tells a process of a group which one it is, from 1. */
export const GROUP_VARIABLE = "SLUICE_PROCESS";

/** What the group says to one of its processes; signals say the rest. */
export type ToMember =
  | { readonly type: "reload" }
  | { readonly type: "reopen-logs" }
  /** of the master socket */
  | ToAnswerer
  /** a line for the log targets of the global section */
  | { readonly type: "log"; readonly level: number; readonly text: string };

/** What a process says to its group. */
export type FromMember =
  | { readonly type: "ready" }
  /** it could not start, and ends */
  | { readonly type: "failed"; readonly messages: readonly string[] }
  /** the answer to `reload`: sentences when the running configuration stays */
  | { readonly type: "reloaded"; readonly messages: readonly string[] }
  | AnswerPiece;

/** The link as one of the processes has it. */
export interface MemberLink {
  /** from 1 */
  readonly number: number;
  /** Resolves when it is on its way: a process that ends waits for that. */
  say(message: FromMember): Promise<void>;
  /** `onReload` answers the sentences of `reloaded`; `onGone`: the process that started this one has ended */
  serve(handlers: {
    readonly onReload: () => Promise<readonly string[]>;
    readonly onLog: (level: number, text: string) => void;
    readonly onReopenLogs: () => void;
    readonly onCommand: (message: ToAnswerer) => void;
    readonly onGone: () => void;
  }): void;
}

/** This process's link, when it is one of a group. */
export function memberLink(env: Readonly<Record<string, string>>): MemberLink | undefined {
  const number = Number(env[GROUP_VARIABLE]);
  if (!(number >= 1) || process.send === undefined) return undefined;
  const say = (message: FromMember) =>
    new Promise<void>((sent) => {
      // The other side may have gone in this very moment: `onGone` tells.
      if (process.connected) process.send!(message, undefined, undefined, () => sent());
      else sent();
    });
  return {
    number,
    say,
    serve({ onReload, onLog, onReopenLogs, onCommand, onGone }) {
      process.on("message", (message: ToMember) => {
        if (message?.type === "log") onLog(message.level, message.text);
        else if (message?.type === "reopen-logs") onReopenLogs();
        else if (message?.type === "reload") {
          onReload().then((messages) => say({ type: "reloaded", messages }));
        } else if (message !== null) onCommand(message);
      });
      if (process.connected) process.on("disconnect", onGone);
      else onGone();
    },
  };
}
