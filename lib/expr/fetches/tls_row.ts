/** What the fetches of TLS have in common (manual 7.3.4). */
import type { ConnectionError } from "../../net/connection_errors.ts";
import type { TlsInfo } from "../../net/conn.ts";
import { latin1 } from "../../http1/bytes.ts";
import type { StreamView } from "../context.ts";
import type { ArgSpec, ArgValue, FetchRow, Need } from "../rows.ts";
import type { SampleType, Value } from "../sample.ts";

/** Whose connection: the client's or the server's. */
export interface Side {
  readonly prefix: string;
  readonly needs: Need;
  readonly whose: string;
  readonly of: (stream: StreamView) => TlsInfo | undefined;
  /** why there is no such connection */
  readonly errorOf: (stream: StreamView) => ConnectionError | undefined;
}

export const CLIENT: Side = {
  prefix: "ssl_fc_",
  needs: "session",
  whose: "the client's connection",
  of: (stream) => stream.session.tls,
  errorOf: (stream) => stream.session.error,
};
export const SERVER: Side = {
  prefix: "ssl_bc_",
  needs: "server",
  whose: "the server's connection",
  of: (stream) => stream.serverTls,
  errorOf: (stream) => stream.serverError,
};

const SECTION = "7.3.4";

/** A row whose function gets the stream and the checked arguments. */
export function row(
  name: string,
  needs: Need,
  type: SampleType,
  doc: string,
  read: (stream: StreamView, args: readonly ArgValue[]) => Value | undefined,
  args: readonly ArgSpec[] = [],
): FetchRow {
  return {
    name,
    args,
    type,
    needs,
    doc,
    section: SECTION,
    make: (values) => (stream) => read(stream, values),
  };
}

/** Bytes as a binary sample. */
export const binary = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && latin1(bytes, 0, bytes.length);
