/** The part of the model that describes logging (manual `log`, section 8). */
import type { Span } from "./document.ts";

export type LogTransport =
  | { readonly type: "udp"; readonly host: string; readonly port: number }
  | {
    readonly type: "tcp";
    readonly host: string;
    readonly port: number;
    /** RFC 6587 section 3.4.1 in place of line feeds (`log-proto octet-count`) */
    readonly octetCount?: boolean;
    /** ms that connecting, and that sending may take */
    readonly connectTimeout?: number;
    readonly sendTimeout?: number;
    /** bytes that may wait to be sent */
    readonly waiting?: number;
  }
  | { readonly type: "unix"; readonly path: string }
  | { readonly type: "stdout" | "stderr" }
  | { readonly type: "fd"; readonly fd: number }
  /** opened again when the process is asked to (SIGHUP, `reopen logs`) */
  | { readonly type: "file"; readonly path: string }
  /** a `ring` section */
  | { readonly type: "ring"; readonly name: string }
  /** a backend of `mode log` */
  | { readonly type: "backend"; readonly name: string };

export type LogLineFormat =
  | "local"
  | "rfc3164"
  | "rfc5424"
  | "priority"
  | "short"
  | "timed"
  | "iso"
  | "raw";

/** A `log` line; `log global` is resolved to the global section's targets when the model is built. */
export interface LogTarget {
  readonly transport: LogTransport;
  /** 0 to 23 */
  readonly facility: number;
  /** 0 (emerg) to 7 (debug): less urgent lines are not sent */
  readonly level: number;
  /** lines more urgent than this are sent as if they had this level */
  readonly minLevel: number;
  readonly format: LogLineFormat;
  /** in a `log-forward` section: messages keep the format that they came in */
  readonly keepFormat?: true;
  /** longest line in bytes, 1024 */
  readonly length: number;
  /** true: `len` was not written */
  readonly lengthByDefault?: boolean;
  /** most lines in a second; undefined: all */
  readonly rate?: number;
  readonly sample?: {
    readonly ranges: readonly (readonly [number, number])[];
    readonly size: number;
  };
  readonly span: Span;
}

/** `log-format STRING`. The default formats are chosen by `option httplog` and alike. */
export interface LogFormatSpec {
  readonly text: string;
  readonly span: Span;
}

/** How a `log-forward` section treats messages. */
export interface ForwardOptions {
  /** `option dont-parse-log` */
  readonly dontParse: boolean;
  /** `option assume-rfc6587-ntf` */
  readonly linesOnly: boolean;
  /** `option host`: what becomes of the host in a message */
  readonly host: "keep" | "fill" | "replace" | "append";
}

/** A `ring` section. */
export interface RingConfig {
  readonly name: string;
  readonly span: Span;
  readonly description?: string;
  readonly format: LogLineFormat;
  /** longest message in bytes; undefined: the ring's size */
  readonly maxlen?: number;
  /** bytes */
  readonly size: number;
  /** where each message is sent */
  readonly servers: readonly RingServer[];
}

export interface RingServer {
  readonly name: string;
  readonly transport: LogTransport & { readonly type: "tcp" };
}
