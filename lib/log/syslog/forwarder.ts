/** What a `log-forward` section does with each message (manual 3.10): every target gets it in its own format. */
import type { ForwardOptions, LogTarget } from "../../config/model_log.ts";
import { latin1OfText } from "../../http1/bytes.ts";
import type { Clock } from "../../net/clock.ts";
import { type LineSinks, LineTarget, oneLine } from "../target.ts";
import { headerFor, type HeaderOptions } from "./header.ts";
import { parseSyslog, type SyslogMessage, unparsed } from "./message.ts";

export interface ForwarderOptions {
  readonly clock: Clock;
  readonly sinks: LineSinks;
  /** of messages that name no host; undefined: `localhost` */
  readonly hostname?: string;
  /** threads that forward the same messages; 1 */
  readonly threads?: number;
}

export class SyslogForwarder {
  readonly #targets: readonly { readonly header: HeaderOptions; readonly lines: LineTarget }[];
  readonly #clock: Clock;
  readonly #settings: ForwardOptions;

  constructor(
    targets: readonly LogTarget[],
    settings: ForwardOptions,
    { clock, sinks, hostname, threads }: ForwarderOptions,
  ) {
    this.#clock = clock;
    this.#settings = settings;
    this.#targets = targets.map((target) => ({
      header: {
        format: target.keepFormat === true ? undefined : target.format,
        facility: target.facility,
        hostname: latin1OfText(hostname ?? "localhost"),
      },
      lines: new LineTarget(target, sinks, threads),
    }));
  }

  /** Passes a message on that came from `source`, an IP address or a Unix socket's path. Never throws. */
  forward(text: string, source: string): void {
    const { dontParse, host } = this.#settings;
    let message = dontParse ? unparsed(text) : parseSyslog(text);
    if (host !== "keep") message = { ...message, host: hostOf(message, host, source) };
    const level = message.priority < 0 ? 0 : message.priority & 7;
    const line = oneLine(message.text);
    let wall = -1;
    for (const { header, lines } of this.#targets) {
      if (!lines.takes(level)) continue;
      if (wall < 0) wall = this.#clock.wall();
      if (lines.isTooMany(wall)) continue;
      lines.write(headerFor(message, lines.levelFor(level), wall, header), line);
    }
  }
}

/** `option host` (HAProxy 3.2) */
function hostOf(
  { host }: SyslogMessage,
  strategy: ForwardOptions["host"],
  source: string,
): string {
  if (strategy === "replace" || host === "") return source;
  return strategy === "append" ? `${host},${source}` : host;
}
