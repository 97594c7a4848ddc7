/** Messages of a process that serves: they must not hold it up, whoever reads standard error. */
import { openStdPort } from "../log/port_stream.ts";
import { createSink } from "../log/sink.ts";
import { systemClock } from "../net/clock.ts";

/** What takes messages: one sentence, or whole lines that are written as they are. */
export interface Report {
  (text: string): void;
  /** Several lines, already in their shape. */
  lines(text: string): void;
  /** Writes what waits, for a short time only. */
  flush(): Promise<void>;
}

/** How long the end waits for a reader of standard error. */
const LAST_WORDS_MS = 300;

/** Writes to standard error in the background of the event loop; nowhere for a process without a terminal. */
export function runtimeReport(background: boolean): Report {
  const sink = background
    ? undefined
    : createSink("stderr", () => openStdPort("stderr"), { clock: systemClock, maxLines: 2000 });
  const report = (text: string) => sink?.write(`[WARNING] ${text}`);
  return Object.assign(report, {
    lines(text: string) {
      for (const line of text.split("\n")) if (line !== "") sink?.write(line);
    },
    flush() {
      if (sink === undefined) return Promise.resolve();
      return new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LAST_WORDS_MS);
        sink.flush().then(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    },
  });
}
