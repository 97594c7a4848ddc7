/** What the proxy needs of logging: it hands over finished text, and never waits. */

/** Syslog levels (RFC 5424 section 6.2.1). */
export const LogLevel = {
  emerg: 0,
  alert: 1,
  crit: 2,
  err: 3,
  warning: 4,
  notice: 5,
  info: 6,
  debug: 7,
} as const;

/** The log targets of one proxy (or of `global`). */
export interface Logger {
  /** false when no target would take any line: then no line is built at all */
  readonly enabled: boolean;
  /**
   * Queues a line for every target whose level admits it. Never blocks, never throws. `data` is the structured data of
   * targets in the format rfc5424 (RFC 5424 section 6.3).
   */
  send(level: number, message: string, data?: string): void;
}
