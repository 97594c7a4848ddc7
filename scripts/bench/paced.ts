/** Requests that come by a clock, whatever became of those before: their latencies. */
import { Socket } from "node:net";

export interface Latencies {
  /** ms */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly most: number;
  /** share of the requests that say nothing, as this program itself stood still while they were under way */
  readonly leftOut: number;
}

const REQUEST = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

/** ms between two looks at the clock from which on this program counts as having stood still */
const STOOD_STILL = 5;

/**
 * Sends `rate` requests a second for `seconds`; each latency counts from when its request was due. Those that were
 * due or under way while this program was not let run are left out: what they waited for was the machine.
 */
export async function measure(port: number, rate: number, seconds: number): Promise<Latencies> {
  const latencies: number[] = [];
  const idle: Client[] = [];
  const all: Client[] = [];
  const total = rate * seconds;
  const begin = performance.now() + 50;
  let sent = 0;
  let ended = 0;
  let lookedAt = performance.now();
  /** until when this program stood still the last time */
  let stoodUntil = 0;
  const look = () => {
    const now = performance.now();
    if (now - lookedAt >= STOOD_STILL) stoodUntil = now;
    lookedAt = now;
    return now;
  };
  await new Promise<void>((resolve, reject) => {
    const done = (client: Client, due: number) => {
      const now = look();
      if (stoodUntil < due) latencies.push(now - due);
      idle.push(client);
      if (++ended === total) resolve();
    };
    const timer = setInterval(() => {
      const now = look();
      for (; sent < total && begin + sent * 1000 / rate <= now; sent++) {
        const due = begin + sent * 1000 / rate;
        let client = idle.pop();
        if (client === undefined) all.push(client = new Client(port, done, reject));
        client.send(due);
      }
      if (ended === total) clearInterval(timer);
    }, 1);
  });
  for (const client of all) client.socket.destroy();
  latencies.sort((a, b) => a - b);
  const { length } = latencies;
  const at = (share: number) => latencies[Math.min(length - 1, Math.floor(length * share))];
  return {
    p50: at(0.5),
    p99: at(0.99),
    p999: at(0.999),
    most: latencies[length - 1],
    leftOut: 1 - length / total,
  };
}

class Client {
  readonly socket: Socket = new Socket();
  #due = 0;

  constructor(
    port: number,
    done: (client: Client, due: number) => void,
    failed: (error: Error) => void,
  ) {
    this.socket.connect(port, "127.0.0.1");
    this.socket.setNoDelay(true);
    this.socket.on("data", () => done(this, this.#due));
    this.socket.on("error", failed);
  }

  send(due: number): void {
    this.#due = due;
    this.socket.write(REQUEST);
  }
}
