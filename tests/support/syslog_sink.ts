/** A UDP syslog receiver inside the test: every line that the program under test sends, as text. */
import type { Scope } from "./scope.ts";
import { freePort } from "./ports.ts";
import { waitFor } from "./poll.ts";

export interface SyslogSink {
  /** `host:port`, to write after `log` */
  readonly address: string;
  readonly messages: readonly string[];
  /** The first message that matches; waits for it. */
  find(pattern: RegExp, limit?: number): Promise<RegExpMatchArray>;
  /** Waits until `count` messages match and answers them all. */
  atLeast(count: number, pattern: RegExp, limit?: number): Promise<string[]>;
}

/** Listens on a free UDP port of 127.0.0.1 until the scope ends. */
export function startSyslogSink(scope: Scope): SyslogSink {
  const port = freePort();
  const socket = Deno.listenDatagram({ hostname: "127.0.0.1", port, transport: "udp" });
  const messages: string[] = [];
  const text = new TextDecoder();
  const loop = (async () => {
    for (;;) {
      try {
        const [datagram] = await socket.receive(new Uint8Array(65_536));
        messages.push(text.decode(datagram));
      } catch {
        return;
      }
    }
  })();
  scope.defer("syslog sink", async () => {
    socket.close();
    await loop;
  });
  const explain = () => `messages so far:\n${messages.join("\n")}`;
  return {
    address: `127.0.0.1:${port}`,
    messages,
    find: (pattern, limit) =>
      waitFor(`a log line ${pattern}`, () => {
        for (const message of messages) {
          const match = message.match(pattern);
          if (match !== null) return match;
        }
        return undefined;
      }, { limit, explain }),
    atLeast: (count, pattern, limit) =>
      waitFor(`${count} log lines ${pattern}`, () => {
        const found = messages.filter((message) => pattern.test(message));
        return found.length >= count ? found : undefined;
      }, { limit, explain }),
  };
}
