/**
 * One connection to a runtime socket: lines in, answers out (management manual 9.3).
 *
 * Laws:
 * - Outside interactive mode the connection ends after the first line, and after what came together with it.
 * - Each answer is followed by an empty line; in interactive mode a prompt comes after that.
 * - A line (with its payload) that is longer than `limit` bytes, and silence for longer than the timeout, close it.
 */
import type { Conn } from "../../net/conn.ts";
import { writeAll } from "../../net/io.ts";
import { Turns } from "../../net/turn.ts";
import { Timer, type TimerWheel } from "../../net/timers.ts";
import type { Answer, CliSession } from "./command.ts";
import type { Level } from "./level.ts";
import { parseLine } from "./line.ts";

/** Bytes of an answer that are sent at once. */
const PIECE = 16 * 1024;
const NEWLINE = 10;

/** What a connection says and does: the commands of a process, or those of the master of several. */
export interface Dialect {
  /** The answer to one command, without the empty line after it; undefined: nothing at all is answered. */
  execute(words: readonly string[], session: CliSession, payload?: string): Answer | undefined;
  /** Whether the command takes lines behind `<<`. */
  takesPayload(words: readonly string[]): boolean;
  /** What stands after each answer in interactive mode. */
  prompt(session: CliSession): string;
}

export interface ConnectionOptions {
  readonly dialect: Dialect;
  readonly wheel: TimerWheel;
  readonly internalError: (where: string, error: unknown) => void;
  readonly level: Level;
  /** ms without a command, or without the peer taking an answer */
  readonly timeout: number;
  /** most bytes of a line and its payload */
  readonly limit: number;
}

export class CliConnection {
  readonly #conn: Conn;
  readonly #dialect: Dialect;
  readonly #internalError: ConnectionOptions["internalError"];
  readonly #timer: Timer;
  readonly #session: CliSession;
  readonly #buffer: Uint8Array<ArrayBuffer>;
  #length = 0;
  /** a read that was begun while a slow answer was sent */
  #reading: Promise<number> | undefined;
  /** the words of the command whose payload is being read */
  #awaiting: readonly string[] | undefined;
  readonly #payload: string[] = [];
  #interrupt: () => void = () => {};
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();

  constructor(conn: Conn, options: ConnectionOptions) {
    this.#conn = conn;
    this.#dialect = options.dialect;
    this.#internalError = options.internalError;
    this.#timer = new Timer(options.wheel, () => conn.close());
    this.#buffer = new Uint8Array(options.limit);
    this.#session = {
      level: options.level,
      timeout: options.timeout,
      interactive: false,
      timed: false,
      expert: false,
      quitting: false,
      interrupted: new Promise((resolve) => this.#interrupt = resolve),
    };
  }

  /** Serves until the peer or the connection is done with; never rejects. */
  async run(): Promise<void> {
    try {
      while (await this.#fill() && await this.#lines()) { /* until one of them ends it */ }
    } catch (error) {
      this.#internalError("the runtime socket", error);
    } finally {
      this.close();
    }
  }

  /** Closes it at once. Idempotent. */
  close(): void {
    this.#timer.clear();
    this.#interrupt();
    this.#conn.close();
  }

  /** Reads once more. False: the peer has gone, or the line is too long. */
  async #fill(): Promise<boolean> {
    if (this.#length === this.#buffer.length) return false;
    this.#timer.set(this.#session.timeout);
    const got = await (this.#reading ?? this.#conn.read(this.#buffer.subarray(this.#length)));
    this.#reading = undefined;
    if (got <= 0) return false;
    this.#length += got;
    return true;
  }

  /** Executes the whole lines there are. False: the connection has ended. */
  async #lines(): Promise<boolean> {
    let from = 0;
    for (;;) {
      const end = this.#buffer.subarray(0, this.#length).indexOf(NEWLINE, from);
      if (end < 0) break;
      const line = this.#decoder.decode(this.#buffer.subarray(from, end)).replace(/\r$/, "");
      from = end + 1;
      if (!await this.#line(line)) return false;
    }
    this.#buffer.copyWithin(0, from, this.#length);
    this.#length -= from;
    return from === 0 || this.#session.interactive || this.#awaiting !== undefined;
  }

  async #line(line: string): Promise<boolean> {
    if (this.#awaiting !== undefined) {
      if (line !== "") {
        this.#payload.push(line);
        return await this.#prompt("+ ");
      }
      const words = this.#awaiting;
      this.#awaiting = undefined;
      const payload = this.#payload.splice(0).map((each) => `${each}\n`).join("");
      return await this.#send(this.#withPayload(words, payload));
    }
    const { commands, payload } = parseLine(line);
    for (const [at, words] of commands.entries()) {
      if (payload && at === commands.length - 1) {
        this.#awaiting = words;
        return await this.#prompt("+ ");
      }
      const answer = this.#dialect.execute(words, this.#session);
      if (this.#session.quitting || !await this.#send(answer)) return false;
    }
    return true;
  }

  #withPayload(words: readonly string[], payload: string): Answer | undefined {
    if (!this.#dialect.takesPayload(words)) return refusePayload(words);
    return this.#dialect.execute(words, this.#session, payload);
  }

  async #send(answer: Answer | undefined): Promise<boolean> {
    if (answer === undefined) return await this.#prompt(this.#dialect.prompt(this.#session));
    let text = "";
    if (typeof answer !== "string" && Symbol.asyncIterator in answer) {
      return await this.#sendSlowly(answer);
    }
    const turns = new Turns();
    for (const piece of typeof answer === "string" ? [answer] : answer) {
      text += piece;
      // The peer may take everything at once: traffic gets its turn nevertheless.
      if (turns.due) await turns.give();
      if (text.length < PIECE) continue;
      if (!await this.#write(text)) return false;
      text = "";
    }
    return await this.#end(text);
  }

  /** An answer whose pieces come in time: each is sent at once, and silence in it is no fault of the client. */
  async #sendSlowly(answer: AsyncIterable<string>): Promise<boolean> {
    this.#timer.clear();
    this.#watchClient();
    for await (const piece of answer) {
      if (piece !== "" && !await this.#write(piece)) return false;
      this.#timer.clear();
    }
    return await this.#end("");
  }

  /** What the client sends meanwhile, or its end, interrupts a slow answer. */
  async #watchClient(): Promise<void> {
    if (this.#length === this.#buffer.length || this.#reading !== undefined) return;
    const read = this.#conn.read(this.#buffer.subarray(this.#length));
    this.#reading = Promise.resolve(read);
    await this.#reading;
    this.#interrupt();
  }

  #end(text: string): Promise<boolean> {
    const prompt = this.#session.interactive ? this.#dialect.prompt(this.#session) : "";
    return this.#write(`${text}\n${prompt}`);
  }

  #prompt(prompt: string): Promise<boolean> | boolean {
    return this.#session.interactive ? this.#write(prompt) : true;
  }

  /** False: the peer does not take it. */
  async #write(text: string): Promise<boolean> {
    this.#timer.set(this.#session.timeout);
    return await writeAll(this.#conn, this.#encoder.encode(text)) === 0;
  }
}

function refusePayload(words: readonly string[]): string {
  return `'${words.slice(0, 3).join(" ")}' takes no payload ('<<').\n`;
}
