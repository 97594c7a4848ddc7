/**
 * Echoes: requests under way on the process's ICMP sockets, and who waits for their answers. One socket for each
 * family of addresses serves all checks; it is opened once, while the process may still be root, and stays open.
 */
import { parseIp } from "../../net/address.ts";
import { Timer, type TimerWheel } from "../../net/timers.ts";
import { IcmpSocket } from "./icmp_socket.ts";
import { type EchoNews, echoRequest, readEcho } from "./packet.ts";

/** How an echo ended; a number is the system's error. */
export type EchoAnswer = "reply" | "timeout" | "cancelled" | { readonly errno: number };

interface Waiting {
  readonly token: number;
  answer(how: EchoAnswer): void;
}

/** ms that a wait for messages lasts at most: only then is it seen that nobody waits any more */
const WAIT = 500;
/** After so many requests in a row what has come is taken: the system keeps a few hundred messages only. */
const BURST = 32;
/** "no route to host", for reports that do not say */
const EHOSTUNREACH = 113;

export interface EchoRun {
  readonly promise: Promise<EchoAnswer>;
  cancel(): void;
}

export class Echoes {
  readonly #socket: IcmpSocket;
  readonly #id: number;
  readonly #waiting = new Map<number, Waiting>();
  #seq = 0;
  #listening = false;
  #burst = 0;

  constructor(socket: IcmpSocket, id: number) {
    this.#socket = socket;
    this.#id = id & 0xffff;
  }

  /** Asks the machine at an address of this family for an echo within `ms`. */
  ask(address: Uint8Array, ms: number, token: number, wheel: TimerWheel): EchoRun {
    const { family } = this.#socket;
    do {
      this.#seq = this.#seq + 1 & 0xffff;
    } while (this.#waiting.has(this.#seq));
    const seq = this.#seq;
    let resolve!: (how: EchoAnswer) => void;
    const promise = new Promise<EchoAnswer>((done) => resolve = done);
    const timer = new Timer(wheel, () => answer("timeout"));
    const answer = (how: EchoAnswer) => {
      timer.clear();
      this.#waiting.delete(seq);
      resolve(how);
    };
    const errno = this.#socket.send(echoRequest(family, { id: this.#id, seq, token }), address);
    if (errno !== 0) {
      resolve({ errno });
      return { promise, cancel() {} };
    }
    this.#waiting.set(seq, { token, answer });
    timer.set(ms);
    this.#listen();
    if (++this.#burst >= BURST) this.#takeAll();
    return { promise, cancel: () => answer("cancelled") };
  }

  async #listen(): Promise<void> {
    if (this.#listening) return;
    this.#listening = true;
    while (this.#waiting.size > 0) {
      await this.#socket.wait(WAIT);
      this.#takeAll();
    }
    this.#listening = false;
  }

  #takeAll(): void {
    this.#burst = 0;
    for (let got = this.#socket.receive(); got !== undefined; got = this.#socket.receive()) {
      const { bytes, from, to, errno } = got;
      const news = readEcho(this.#socket.family, bytes, from, to, errno !== undefined);
      if (news !== undefined) this.#tell(news, errno);
    }
  }

  #tell({ kind, id, seq, token }: EchoNews, errno = EHOSTUNREACH): void {
    const waiting = this.#waiting.get(seq);
    if (waiting === undefined) return;
    // The system gives unprivileged sockets only their own messages, and an id of its own.
    if (this.#socket.raw && id !== this.#id) return;
    if (kind === "reply") {
      if (token === waiting.token) waiting.answer("reply");
    } else if (token === waiting.token || token === -1) waiting.answer({ errno });
  }
}

const opened = new Map<4 | 6, Echoes | string>();

/** The process's echoes of a family; a sentence when the system does not permit them. */
export function echoesOf(family: 4 | 6): Echoes | string {
  let echoes = opened.get(family);
  if (echoes instanceof Echoes) return echoes;
  const socket = IcmpSocket.open(family);
  echoes = typeof socket === "string" ? socket : new Echoes(socket, Deno.pid);
  opened.set(family, echoes);
  return echoes;
}

/** The bytes and the family of an address; undefined: it is a name. */
export function addressBytes(host: string): { family: 4 | 6; bytes: Uint8Array } | undefined {
  const bytes = parseIp(host);
  return bytes && { family: bytes.length === 4 ? 4 : 6, bytes };
}
