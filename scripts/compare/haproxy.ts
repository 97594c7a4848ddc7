/** A real HAProxy for side-by-side runs: started with a configuration, asked through its runtime socket. */
import { bytesOfLatin1, latin1 } from "../../lib/http1/bytes.ts";

export class Haproxy {
  readonly #dir = Deno.makeTempDirSync({ prefix: "sluice-compare-" });
  readonly #socket = `${this.#dir}/socket`;
  readonly #child: Deno.ChildProcess;

  /** Starts it with one thread and this configuration behind a `global` section. */
  constructor(configuration: string) {
    const file = `${this.#dir}/haproxy.cfg`;
    const global = `global\n  nbthread 1\n  stats socket ${this.#socket} level admin\n`;
    Deno.writeTextFileSync(file, global + configuration);
    this.#child = new Deno.Command("haproxy", { args: ["-db", "-f", file], stderr: "null" })
      .spawn();
  }

  /** Answers when it listens on `port`. */
  async ready(port: number): Promise<void> {
    for (let i = 0; i < 100; i++) {
      try {
        (await Deno.connect({ hostname: "127.0.0.1", port })).close();
        return;
      } catch {
        await new Promise((done) => setTimeout(done, 50));
      }
    }
    throw new Error("haproxy does not listen");
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
    Deno.removeSync(this.#dir, { recursive: true });
  }

  /** The answer to a command. */
  async command(line: string): Promise<string> {
    const conn = await Deno.connect({ transport: "unix", path: this.#socket });
    await conn.write(bytesOfLatin1(line + "\n"));
    const buffer = new Uint8Array(65536);
    let answer = "";
    for (let n = await conn.read(buffer); n !== null; n = await conn.read(buffer)) {
      answer += latin1(buffer, 0, n);
    }
    conn.close();
    return answer.trim();
  }
}

/** The PROXY protocol's header for a client at `source` (version 1). */
export function proxyHeader(source: string, port: number): string {
  const [family, local] = source.includes(":") ? ["TCP6", "::1"] : ["TCP4", "127.0.0.1"];
  return `PROXY ${family} ${source} ${local} 1000 ${port}\r\n`;
}
