/** Requests that come by a clock, whatever became of those before: their latencies. */
import { Socket } from "node:net";

/** ms */
export interface Latencies {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly most: number;
}

const REQUEST = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

/** Sends `rate` requests a second for `seconds`; each latency counts from when its request was due. */
export async function measure(port: number, rate: number, seconds: number): Promise<Latencies> {
  const latencies: number[] = [];
  const idle: Client[] = [];
  const all: Client[] = [];
  const total = rate * seconds;
  const begin = performance.now() + 50;
  let sent = 0;
  await new Promise<void>((resolve, reject) => {
    const done = (client: Client, due: number) => {
      latencies.push(performance.now() - due);
      idle.push(client);
      if (latencies.length === total) resolve();
    };
    const timer = setInterval(() => {
      const now = performance.now();
      for (; sent < total && begin + sent * 1000 / rate <= now; sent++) {
        const due = begin + sent * 1000 / rate;
        let client = idle.pop();
        if (client === undefined) all.push(client = new Client(port, done, reject));
        client.send(due);
      }
      if (sent === total) clearInterval(timer);
    }, 1);
  });
  for (const client of all) client.socket.destroy();
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.min(total - 1, Math.floor(total * share))];
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), most: latencies[total - 1] };
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
