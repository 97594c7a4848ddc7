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
import { Timer } from "../../net/timers.ts";
import type { Answer, CliSession, CommandContext, RuntimeHost, SocketView } from "./command.ts";
import type { Level } from "./level.ts";
import { parseLine } from "./line.ts";
import { execute } from "./table.ts";

/** Bytes of an answer that are sent at once. */
const PIECE = 16 * 1024;
const NEWLINE = 10;

export interface ConnectionOptions {
  readonly host: RuntimeHost;
  readonly sockets: () => readonly SocketView[];
  readonly level: Level;
  /** ms without a command, or without the peer taking an answer */
  readonly timeout: number;
  /** most bytes of a line and its payload */
  readonly limit: number;
}

export class CliConnection {
  readonly #conn: Conn;
  readonly #host: RuntimeHost;
  readonly #sockets: () => readonly SocketView[];
  readonly #timer: Timer;
  readonly #session: CliSession;
  readonly #buffer: Uint8Array<ArrayBuffer>;
  #length = 0;
  /** the words of the command whose payload is being read */
  #awaiting: readonly string[] | undefined;
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();

  constructor(conn: Conn, options: ConnectionOptions) {
    this.#conn = conn;
    this.#host = options.host;
    this.#sockets = options.sockets;
    this.#timer = new Timer(options.host.state.wheel, () => conn.close());
    this.#buffer = new Uint8Array(options.limit);
    this.#session = {
      level: options.level,
      timeout: options.timeout,
      interactive: false,
      quitting: false,
    };
  }

  /** Serves until the peer or the connection is done with; never rejects. */
  async run(): Promise<void> {
    try {
      while (await this.#fill() && await this.#lines()) { /* until one of them ends it */ }
    } catch (error) {
      this.#host.state.internalError("the runtime socket", error);
    } finally {
      this.close();
    }
  }

  /** Closes it at once. Idempotent. */
  close(): void {
    this.#timer.clear();
    this.#conn.close();
  }

  /** Reads once more. False: the peer has gone, or the line is too long. */
  async #fill(): Promise<boolean> {
    if (this.#length === this.#buffer.length) return false;
    this.#timer.set(this.#session.timeout);
    const got = await this.#conn.read(this.#buffer.subarray(this.#length));
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
      if (line !== "") return await this.#prompt("+ ");
      const words = this.#awaiting;
      this.#awaiting = undefined;
      return await this.#send(refusePayload(words));
    }
    const { commands, payload } = parseLine(line);
    for (const [at, words] of commands.entries()) {
      if (payload && at === commands.length - 1) {
        this.#awaiting = words;
        return await this.#prompt("+ ");
      }
      const answer = execute(words, this.#context());
      if (this.#session.quitting || !await this.#send(answer)) return false;
    }
    return true;
  }

  #context(): CommandContext {
    return { host: this.#host, session: this.#session, sockets: this.#sockets() };
  }

  async #send(answer: Answer): Promise<boolean> {
    let text = "";
    for (const piece of typeof answer === "string" ? [answer] : answer) {
      text += piece;
      if (text.length < PIECE) continue;
      if (!await this.#write(text)) return false;
      text = "";
    }
    return await this.#write(`${text}\n${this.#session.interactive ? "> " : ""}`);
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
