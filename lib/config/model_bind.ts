/** What `bind` lines say (manual 5.1). */
import type { Span } from "./document.ts";
import type { HttpProto } from "./model_h2.ts";
import type { BindTls } from "./model_tls.ts";

/** One `bind` line; one line may name several addresses and port ranges. */
export interface BindConfig {
  readonly addresses: readonly ListenAddress[];
  /** the numbers of the threads that listen; undefined: all */
  readonly threads?: readonly number[];
  /** the numbers of the processes that listen; undefined: those of the proxy */
  readonly processes?: readonly number[];
  readonly name?: string;
  readonly id?: number;
  readonly maxconn?: number;
  readonly backlog?: number;
  readonly interface?: string;
  /** file mode, owner of a Unix socket; names are numbers here */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly v4v6: boolean;
  readonly v6only: boolean;
  readonly deferAccept: boolean;
  readonly acceptProxy?: boolean;
  /** the magic number */
  readonly acceptNetscalerCip?: number;
  /** undefined: the line has no TLS setting */
  readonly tls?: BindTls;
  /** what clients speak from their first byte; undefined: HTTP/1, unless they or TLS say HTTP/2 */
  readonly proto?: HttpProto;
  /** ms */
  readonly tcpUt?: number;
  /** name of a network namespace */
  readonly namespace?: string;
  /** the address need not be this machine's */
  readonly transparent?: boolean;
  /** bytes */
  readonly mss?: number;
  /** TCP Fast Open */
  readonly tfo?: boolean;
  readonly span: Span;
}

/** Where to listen (manual section 11, `bind`): one port each, ranges are expanded. */
export type ListenAddress =
  | { readonly type: "tcp"; readonly host: string; readonly port: number }
  | { readonly type: "unix"; readonly path: string }
  | { readonly type: "abstract"; readonly name: string }
  | { readonly type: "fd"; readonly fd: number };
