/** Config of `mailers` sections (manual 3.6) and of the proxies' `email-alert` lines. */
import type { Span } from "./document.ts";

export interface MailerConfig {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

export interface MailersConfig {
  readonly name: string;
  readonly span: Span;
  readonly mailers: readonly MailerConfig[];
  /** ms that connecting and sending may take */
  readonly timeout: number;
}

/** `email-alert` (manual 4.2): mails are sent when mailers, from and to are there. */
export interface EmailAlertConfig {
  readonly mailers?: string;
  readonly from?: string;
  readonly to?: string;
  /** undefined: the machine's own */
  readonly myhostname?: string;
  /** the most talkative level (0 to 7) of which mails are sent, 1 (alert) */
  readonly level: number;
}
