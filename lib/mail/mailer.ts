/**
 * Mails about changes of servers' states (manual 3.6, 4.2 `email-alert`), by SMTP.
 *
 * Laws:
 * - Each mailer of a section gets every mail, one after the other, in the order of the events.
 * - A mail may take `timeout mail`; one that could not be sent is told to the log and not sent again.
 * - What waits is bounded: when a mail server is slow or away, the newest mails are dropped and counted.
 */
import type { EmailAlertConfig, MailerConfig, MailersConfig } from "../config/model_mailers.ts";
import type { Clock } from "../net/clock.ts";
import type { SmtpTransport } from "./nodemailer.d.ts";

/** A mail without its envelope. */
export interface Mail {
  readonly subject: string;
  readonly text: string;
}

/** Who a backend's mails are from and to, and through what. */
export interface AlertRoute {
  readonly section: MailersConfig;
  readonly from: string;
  readonly to: string;
  readonly hostname: string;
  /** the least urgent level that is mailed */
  readonly level: number;
}

export interface MailerParts {
  readonly clock: Clock;
  /** the machine's name */
  readonly hostname: string;
  /** A mail could not be sent, or was dropped. */
  report(message: string): void;
  /** Sends one mail; rejects when it cannot. */
  send?: SendMail;
}

export type SendMail = (
  mailer: MailerConfig,
  route: AlertRoute,
  mail: Mail,
  timeout: number,
) => Promise<void>;

/** mails that wait for one mailer */
const MOST_WAITING = 1000;

interface Queue {
  readonly mailer: MailerConfig;
  readonly waiting: { readonly route: AlertRoute; readonly mail: Mail }[];
  sending: boolean;
  dropped: number;
}

/** What of `alert` is needed to send mails; undefined: something is missing, or the section. */
export function alertRoute(
  alert: EmailAlertConfig | undefined,
  sections: readonly MailersConfig[],
  hostname: string,
): AlertRoute | undefined {
  const section = sections.find(({ name }) => name === alert?.mailers);
  if (alert?.from === undefined || alert.to === undefined || section === undefined) {
    return undefined;
  }
  const { from, to, level, myhostname } = alert;
  return { section, from, to, level, hostname: myhostname ?? hostname };
}

export class Mailers {
  readonly #parts: MailerParts;
  readonly #send: SendMail;
  /** by section and mailer */
  readonly #queues = new Map<string, Queue>();
  #stopped = false;

  constructor(parts: MailerParts) {
    this.#parts = parts;
    this.#send = parts.send ?? sendBySmtp();
  }

  /** Queues the mail that tells `message`, for all mailers of its section. */
  alert(route: AlertRoute, message: string): void {
    if (this.#stopped) return;
    // One line: a subject has no other.
    const line = message.replace(/[\p{Cc}]+/gu, " ").slice(0, 900);
    // Quotes would make the subject an encoded word, which filters of mails do not read.
    const mail = { subject: `[sluice Alert] ${line.replaceAll('"', "'")}`, text: `${line}\n` };
    for (const mailer of route.section.mailers) {
      const key = `${route.section.name} ${mailer.name}`;
      let queue = this.#queues.get(key);
      if (queue === undefined) {
        queue = { mailer, waiting: [], sending: false, dropped: 0 };
        this.#queues.set(key, queue);
      }
      if (queue.waiting.length >= MOST_WAITING) {
        queue.dropped++;
        continue;
      }
      queue.waiting.push({ route, mail });
      if (!queue.sending) this.#work(queue);
    }
  }

  /** Sends no more than what is under way. */
  stop(): void {
    this.#stopped = true;
    for (const queue of this.#queues.values()) queue.waiting.length = 0;
  }

  async #work(queue: Queue): Promise<void> {
    queue.sending = true;
    for (let next = queue.waiting.shift(); next !== undefined; next = queue.waiting.shift()) {
      const { mailer } = queue;
      const { section: { name, timeout } } = next.route;
      const where = `mailer ${name}/${mailer.name}`;
      try {
        await this.#within(timeout, this.#send(mailer, next.route, next.mail, timeout));
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        this.#parts.report(`${where}: a mail could not be sent: ${why.split("\n")[0]}`);
      }
      if (queue.dropped > 0 && queue.waiting.length < MOST_WAITING / 2) {
        this.#parts.report(`${where}: ${queue.dropped} mails were dropped, too many wait`);
        queue.dropped = 0;
      }
    }
    queue.sending = false;
  }

  #within(ms: number, sending: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.#parts.clock.after(ms, () => reject(new Error("its time was up")));
      sending.then(resolve, reject).finally(cancel);
    });
  }
}

/** The library is loaded at once, while its files can be read, and only by who sends mails. */
function sendBySmtp(): SendMail {
  // @ts-types="./nodemailer.d.ts"
  const library = import("nodemailer");
  library.catch(() => {});
  return async ({ host, port }, { hostname, from, to }, mail, timeout) => {
    const { default: nodemailer } = await library;
    const transport: SmtpTransport = nodemailer.createTransport({
      host,
      port,
      secure: false,
      ignoreTLS: true,
      name: hostname,
      connectionTimeout: timeout,
      greetingTimeout: timeout,
      socketTimeout: timeout,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    try {
      await transport.sendMail({ from, to, ...mail });
    } finally {
      transport.close();
    }
  };
}
