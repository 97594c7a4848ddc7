/** The client's first TLS message: what it offers, and whom it named (manual 7.3.4). */
import type { TlsInfo } from "../../net/conn.ts";
import { cipherName } from "../../net/tls/cipher_names.ts";
import type { ArgSpec, ArgValue, FetchRow } from "../rows.ts";
import type { SampleType, Value } from "../sample.ts";
import { toSint } from "../sample.ts";
import { xxh64 } from "../xxh64.ts";
import { binary, row } from "./tls_row.ts";

const filter: ArgSpec = { name: "filter", type: "int", optional: true };

/** Values of two bytes, without those of GREASE (RFC 8701) when the argument is 1. */
function withoutGrease(list: Uint8Array, wanted: ArgValue): Uint8Array {
  if (Number(wanted ?? 0) !== 1) return list;
  const kept: number[] = [];
  for (let i = 0; i + 1 < list.length; i += 2) {
    const isGrease = (list[i] & 15) === 10 && list[i] === list[i + 1];
    if (!isGrease) kept.push(list[i], list[i + 1]);
  }
  return Uint8Array.from(kept);
}

/** Something of the client's first message. */
function helloRow(
  name: string,
  type: SampleType,
  doc: string,
  read: (hello: NonNullable<TlsInfo["hello"]>, filter: ArgValue) => Value | undefined,
  args: readonly ArgSpec[] = [],
): FetchRow {
  return row(`ssl_fc_${name}`, "session", type, doc, (stream, [wanted]) => {
    const hello = stream.session.tls?.hello;
    return hello && read(hello, wanted);
  }, args);
}

const hexOf = (bytes: Uint8Array) => bytes.toHex().toUpperCase();

export const TLS_HELLO_FETCHES: readonly FetchRow[] = [
  helloRow(
    "cipherlist_bin",
    "bin",
    "the ciphers that the client offers, two bytes each",
    (hello, wanted) => binary(withoutGrease(hello.cipherSuites, wanted)),
    [filter],
  ),
  helloRow(
    "cipherlist_hex",
    "str",
    "the ciphers that the client offers, in hexadecimal",
    (hello, wanted) => hexOf(withoutGrease(hello.cipherSuites, wanted)),
    [filter],
  ),
  helloRow(
    "cipherlist_str",
    "str",
    "the names of the ciphers that the client offers, commas between them",
    (hello, wanted) => {
      const list = withoutGrease(hello.cipherSuites, wanted);
      const names: string[] = [];
      for (let i = 0; i + 1 < list.length; i += 2) names.push(cipherName(list[i], list[i + 1]));
      return names.join(",");
    },
    [filter],
  ),
  helloRow(
    "cipherlist_xxh",
    "sint",
    "the xxHash of the ciphers that the client offers",
    (hello) => toSint(BigInt.asIntN(64, xxh64(hello.cipherSuites))),
  ),
  helloRow(
    "eclist_bin",
    "bin",
    "the curves that the client offers, two bytes each",
    (hello, wanted) => binary(withoutGrease(hello.groups, wanted)),
    [filter],
  ),
  helloRow(
    "ecformats_bin",
    "bin",
    "the point formats that the client offers",
    (hello) => binary(hello.ecFormats),
  ),
  helloRow(
    "extlist_bin",
    "bin",
    "the extensions of the client's first message, two bytes each",
    (hello, wanted) => {
      const bytes = hello.extensionTypes.flatMap((type) => [type >> 8, type & 255]);
      return binary(withoutGrease(Uint8Array.from(bytes), wanted));
    },
    [filter],
  ),
  helloRow(
    "sigalgs_bin",
    "bin",
    "the signature algorithms that the client offers, two bytes each",
    (hello, wanted) => binary(withoutGrease(hello.signatureAlgorithms, wanted)),
    [filter],
  ),
  helloRow(
    "protocol_hello_id",
    "sint",
    "the version in the client's first message: 771 from TLS 1.2 on, TLS 1.3 too",
    (hello) => hello.legacyVersion,
  ),
  row(
    "ssl_fc_has_sni",
    "session",
    "bool",
    "true when the client named the server in TLS",
    (stream) => stream.session.tls?.sni !== undefined,
  ),
  row(
    "ssl_fc_has_early",
    "session",
    "bool",
    "true when there is early data that may be replayed: never, for it is not taken",
    () => false,
  ),
  row(
    "ssl_fc_has_crt",
    "session",
    "bool",
    "true when the client showed a certificate on this connection",
    (stream) => stream.session.tls?.peerIsFresh === true,
  ),
];
