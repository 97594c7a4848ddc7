/** The part of npm:nodemailer that mailer.ts uses; the package has no types of its own. */
export interface SmtpOptions {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  readonly ignoreTLS: boolean;
  /** what is said with EHLO */
  readonly name: string;
  /** ms */
  readonly connectionTimeout: number;
  readonly greetingTimeout: number;
  readonly socketTimeout: number;
  /** `file:` and `http:` attachments are not read */
  readonly disableFileAccess: boolean;
  readonly disableUrlAccess: boolean;
}

export interface SmtpTransport {
  sendMail(mail: {
    readonly from: string;
    readonly to: string;
    readonly subject: string;
    readonly text: string;
  }): Promise<unknown>;
  close(): void;
}

declare const nodemailer: { createTransport(options: SmtpOptions): SmtpTransport };
export default nodemailer;
