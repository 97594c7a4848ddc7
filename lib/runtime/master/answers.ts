/**
 * Commands for another process, and their answers, piece by piece over the link of `nbproc`: the side that asks fetches
 * one piece after the other, so that an answer which nobody takes is not made.
 */
import type { Answer, CliSession } from "../socket/command.ts";
import type { Level } from "../socket/level.ts";

/** What the side that asks says. */
export type ToAnswerer =
  | {
    readonly type: "command";
    readonly id: number;
    readonly words: readonly string[];
    readonly payload?: string;
    readonly level: Level;
    readonly expert: boolean;
  }
  /** the next piece, please */
  | { readonly type: "more"; readonly id: number }
  /** what waits for something must end: the client has sent more, or will send nothing more */
  | { readonly type: "interrupt"; readonly id: number }
  /** nobody wants the rest */
  | { readonly type: "enough"; readonly id: number };

/** What the other side says. */
export interface AnswerPiece {
  readonly type: "answer";
  readonly id: number;
  readonly text: string;
  /** nothing follows */
  readonly last: boolean;
}

/** Characters of an answer that travel at once. */
const PIECE = 64 * 1024;

type Execute = (words: readonly string[], session: CliSession, payload?: string) => Answer;

/** The side that executes. */
export class Answerer {
  readonly #execute: Execute;
  readonly #say: (piece: AnswerPiece) => void;
  readonly #running = new Map<
    number,
    { more: () => void; interrupt: () => void; enough: () => void }
  >();

  constructor(execute: Execute, say: (piece: AnswerPiece) => void) {
    this.#execute = execute;
    this.#say = say;
  }

  take(message: ToAnswerer): void {
    if (message.type === "command") this.#begin(message);
    else this.#running.get(message.id)?.[message.type]();
  }

  #begin({ id, words, payload, level, expert }: ToAnswerer & { type: "command" }): void {
    let interrupt = () => {};
    let next = () => {};
    let over = false;
    const interrupted = new Promise<void>((resolve) => interrupt = resolve);
    this.#running.set(id, {
      more: () => next(),
      interrupt: () => interrupt(),
      enough: () => {
        over = true;
        interrupt();
        next();
      },
    });
    const session: CliSession = {
      level,
      expert,
      interrupted,
      timeout: 0,
      interactive: false,
      timed: false,
      quitting: false,
    };
    const send = async (text: string): Promise<boolean> => {
      const wanted = new Promise<void>((resolve) => next = resolve);
      this.#say({ type: "answer", id, text, last: false });
      await wanted;
      return !over;
    };
    const all = async () => {
      const answer = this.#execute(words, session, payload);
      let text = "";
      const slow = typeof answer !== "string" && Symbol.asyncIterator in answer;
      for await (const piece of typeof answer === "string" ? [answer] : answer) {
        text += piece;
        if (text === "" || (!slow && text.length < PIECE)) continue;
        if (!await send(text)) return;
        text = "";
      }
      this.#say({ type: "answer", id, text, last: true });
    };
    all().catch((error) => {
      this.#say({ type: "answer", id, text: `internal error: ${error}\n`, last: true });
    }).finally(() => this.#running.delete(id));
  }
}

/** The side that asks. */
export class Asker {
  readonly #say: (message: ToAnswerer) => boolean;
  readonly #waiting = new Map<number, (piece: AnswerPiece | undefined) => void>();
  #last = 0;

  /** `say` answers false when nobody hears it */
  constructor(say: (message: ToAnswerer) => boolean) {
    this.#say = say;
  }

  async *ask(
    words: readonly string[],
    session: CliSession,
    payload?: string,
  ): AsyncIterable<string> {
    const id = ++this.#last;
    const { level, expert } = session;
    let done = false;
    session.interrupted.then(() => !done && this.#say({ type: "interrupt", id }));
    const fetch = (message: ToAnswerer) =>
      new Promise<AnswerPiece | undefined>((resolve) => {
        this.#waiting.set(id, resolve);
        if (!this.#say(message)) resolve(undefined);
      });
    try {
      let piece = await fetch({ type: "command", id, words, payload, level, expert });
      for (;;) {
        if (piece === undefined) {
          yield "The process has ended.\n";
          break;
        }
        if (piece.text !== "") yield piece.text;
        if (piece.last) break;
        piece = await fetch({ type: "more", id });
      }
      done = true;
    } finally {
      // Whoever stops asking in the middle wants no more of it.
      if (!done) this.#say({ type: "enough", id });
      this.#waiting.delete(id);
    }
  }

  heard(piece: AnswerPiece): void {
    this.#waiting.get(piece.id)?.(piece);
  }

  /** The other side has gone. */
  gone(): void {
    for (const resolve of this.#waiting.values()) resolve(undefined);
  }
}
