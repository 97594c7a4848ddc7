/** TLS of the client's connection and of the server's (manual 7.3.4). */
import type { TlsDetail, TlsInfo } from "../../net/conn.ts";
import type { FetchRow } from "../rows.ts";
import type { SampleType, Value } from "../sample.ts";
import { TLS_CERTIFICATE_FETCHES } from "./tls_certificate.ts";
import { TLS_HELLO_FETCHES } from "./tls_hello.ts";
import { binary, CLIENT, row, SERVER, type Side } from "./tls_row.ts";

/** What both connections tell. */
function connectionRows({ prefix, needs, whose, of, errorOf }: Side): FetchRow[] {
  const plain = (
    name: string,
    type: SampleType,
    doc: string,
    read: (tls: TlsInfo) => Value | undefined,
  ) =>
    row(prefix + name, needs, type, doc, (stream) => {
      const tls = of(stream);
      return tls && read(tls);
    });
  const detail = (name: string, what: TlsDetail, doc: string) =>
    plain(name, "bin", doc, (tls) => binary(tls.detail?.(what)));
  return [
    plain("alg_keysize", "sint", `bits of the key of ${whose}'s cipher`, (t) => t.algorithmBits),
    plain("use_keysize", "sint", `bits of that key that count`, (t) => t.keyBits),
    detail("client_random", "client-random", `the client's random bytes of ${whose}`),
    detail("server_random", "server-random", `the server's random bytes of ${whose}`),
    detail("session_id", "session-id", `the TLS session's name on ${whose}`),
    detail("session_key", "session-key", `the master key of the TLS session of ${whose}`),
    detail("unique_id", "unique-id", `a value that binds to ${whose} (tls-unique, RFC 5929)`),
    row(prefix + "is_resumed", needs, "bool", `true when ${whose} resumed a session`, (stream) => {
      const tls = of(stream);
      return tls !== undefined && tls.resumed;
    }),
    row(prefix + "err", needs, "sint", `number of the TLS error of ${whose}; 0: none`, (stream) => {
      return errorOf(stream)?.tls?.code ?? (of(stream) && 0);
    }),
    row(prefix + "err_str", needs, "str", "that error in words", (stream) => {
      return errorOf(stream)?.tls?.text || undefined;
    }),
  ];
}

const BACK: readonly FetchRow[] = [
  row(
    "ssl_bc",
    "server",
    "bool",
    "true when the server's connection is TLS",
    (stream) => stream.serverTls !== undefined,
  ),
  row(
    "ssl_bc_alpn",
    "server",
    "str",
    "the protocol agreed on by ALPN with the server",
    (stream) => stream.serverTls?.alpn,
  ),
  row(
    "ssl_bc_cipher",
    "server",
    "str",
    "the TLS cipher suite of the server's connection",
    (stream) => stream.serverTls?.cipher,
  ),
  row(
    "ssl_bc_protocol",
    "server",
    "str",
    "the TLS version of the server's connection",
    (stream) => stream.serverTls?.version,
  ),
];

export const TLS_FETCHES: readonly FetchRow[] = [
  ...connectionRows(CLIENT),
  ...TLS_HELLO_FETCHES,
  ...BACK,
  ...connectionRows(SERVER),
  ...TLS_CERTIFICATE_FETCHES,
];
