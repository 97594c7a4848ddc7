/** TLS of the client's connection, of the server's, and the certificates of both (manual 7.3.4). */
import type { TlsDetail, TlsInfo } from "../../net/conn.ts";
import type { Certificate, NameEntry } from "../../net/tls/certificate.ts";
import { cipherName } from "../../net/tls/cipher_names.ts";
import { certificateIn } from "../../net/tls/shown.ts";
import { latin1 } from "../../http1/bytes.ts";
import type { StreamView } from "../context.ts";
import { createHash } from "node:crypto";
import type { ArgSpec, ArgValue, FetchRow, Need } from "../rows.ts";
import type { SampleType, Value } from "../sample.ts";
import { toSint } from "../sample.ts";
import { xxh64 } from "../xxh64.ts";

/** Whose connection: the client's or the server's. */
interface Side {
  readonly prefix: string;
  readonly needs: Need;
  readonly whose: string;
  readonly of: (stream: StreamView) => TlsInfo | undefined;
}

const CLIENT: Side = {
  prefix: "ssl_fc_",
  needs: "session",
  whose: "the client's connection",
  of: (stream) => stream.session.tls,
};
const SERVER: Side = {
  prefix: "ssl_bc_",
  needs: "server",
  whose: "the server's connection",
  of: (stream) => stream.serverTls,
};

const SECTION = "7.3.4";

function row(
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

const binary = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && latin1(bytes, 0, bytes.length);

/** What both connections tell. */
function connectionRows({ prefix, needs, whose, of }: Side): FetchRow[] {
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
    plain("err", "sint", `number of the last TLS error of ${whose}; 0: none`, () => 0),
    plain("err_str", "str", `that error in words`, () => undefined),
  ];
}

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

const HELLO: readonly FetchRow[] = [
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

const BACK: readonly FetchRow[] = [
  row(
    "fc_err",
    "session",
    "sint",
    "number of the client connection's error; 0: none, as for every connection that has a session",
    () => 0,
  ),
  row("fc_err_str", "session", "str", "that error in words, when there is one", () => undefined),
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

/** Whose certificate. */
interface Holder {
  readonly prefix: string;
  readonly needs: Need;
  readonly whose: string;
  readonly der: (stream: StreamView) => Uint8Array<ArrayBuffer> | undefined;
}

const DN_ARGS: readonly ArgSpec[] = [
  { name: "entry", type: "str", optional: true, mayBeEmpty: true },
  { name: "occurrence", type: "int", optional: true, mayBeEmpty: true },
  { name: "format", type: "enum", values: ["rfc2253"], optional: true },
];

function nameText(entries: readonly NameEntry[], args: readonly ArgValue[]): string | undefined {
  const [entry, occurrence, format] = args;
  if (entry !== undefined && entry !== "") {
    const found = entries.filter(({ name }) => name === entry);
    const n = Number(occurrence ?? 1);
    return found.at(n > 0 ? n - 1 : n === 0 ? 0 : n)?.value;
  }
  if (entries.length === 0) return undefined;
  if (format === "rfc2253") {
    return [...entries].reverse().map(({ name, value }) => `${name}=${escaped(value)}`).join(",");
  }
  return entries.map(({ name, value }) => `/${name}=${value}`).join("");
}

/** RFC 2253 2.4. */
function escaped(value: string): string {
  const quoted = value.replace(/[,+"\\<>;]/g, "\\$&").replace(/^[ #]/, "\\$&")
    .replace(/(?<=.) $/, "\\ ");
  return quoted.replace(/[^\x20-\x7e]/g, (unit) => {
    return `\\${unit.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  });
}

function certificateRows({ prefix, needs, whose, der }: Holder): FetchRow[] {
  const of = (
    name: string,
    type: SampleType,
    doc: string,
    read: (certificate: Certificate, args: readonly ArgValue[]) => Value | undefined,
    args: readonly ArgSpec[] = [],
  ) =>
    row(prefix + name, needs, type, doc, (stream, values) => {
      const certificate = certificateIn(der(stream));
      return certificate && read(certificate, values);
    }, args);
  return [
    of("der", "bin", `${whose} certificate in DER`, (c) => binary(c.der)),
    of(
      "i_dn",
      "str",
      `who issued ${whose} certificate, or one entry of it`,
      (c, args) => nameText(c.issuer, args),
      DN_ARGS,
    ),
    of(
      "s_dn",
      "str",
      `the subject of ${whose} certificate, or one entry of it`,
      (c, args) => nameText(c.subject, args),
      DN_ARGS,
    ),
    of("key_alg", "str", `the kind of key in ${whose} certificate`, (c) => c.keyAlgorithm),
    of("sig_alg", "str", `how ${whose} certificate is signed`, (c) => c.signatureAlgorithm),
    of(
      "notafter",
      "str",
      `the end of ${whose} certificate, YYMMDDhhmmss[Z]`,
      (c) => c.notAfter,
    ),
    of(
      "notbefore",
      "str",
      `the start of ${whose} certificate, YYMMDDhhmmss[Z]`,
      (c) => c.notBefore,
    ),
    of("serial", "bin", `the serial number of ${whose} certificate`, (c) => binary(c.serial)),
    of(
      "sha1",
      "bin",
      `the SHA-1 of ${whose} certificate`,
      (c) => createHash("sha1").update(c.der).digest().toString("latin1"),
    ),
    of("version", "sint", `the version of ${whose} certificate`, (c) => c.version),
  ];
}

const chain = (name: string, needs: Need, whose: string, of: Side["of"]) =>
  row(
    name,
    needs,
    "bin",
    `the chain of ${whose} certificate in DER, one after the other`,
    (s) => of(s)?.peerChain?.map((der) => binary(der)).join(""),
  );

const CERTIFICATES: readonly FetchRow[] = [
  ...certificateRows({
    prefix: "ssl_f_",
    needs: "session",
    whose: "our",
    der: (stream) => stream.session.tls?.ownDer,
  }),
  ...certificateRows({
    prefix: "ssl_c_",
    needs: "session",
    whose: "the client's",
    der: (stream) => stream.session.tls?.peerDer,
  }),
  ...certificateRows({
    prefix: "ssl_s_",
    needs: "server",
    whose: "the server's",
    der: (stream) => stream.serverTls?.peerDer,
  }),
  chain("ssl_c_chain_der", "session", "the client's", CLIENT.of),
  chain("ssl_s_chain_der", "server", "the server's", SERVER.of),
  row(
    "ssl_c_used",
    "session",
    "bool",
    "true when the session has a certificate of the client",
    (s) => s.session.tls?.peerDer !== undefined,
  ),
  row(
    "ssl_c_verify",
    "session",
    "sint",
    "what is wrong with it; 0: nothing, or there is none",
    (s) => s.session.tls?.verifyResult,
  ),
  row(
    "ssl_c_err",
    "session",
    "sint",
    "the first error of the certificate itself; 0: none",
    (s) => s.session.tls && (s.session.tls.crtError ?? 0),
  ),
  row(
    "ssl_c_ca_err",
    "session",
    "sint",
    "the first error of an authority above it; 0: none",
    (s) => s.session.tls && (s.session.tls.caError ?? 0),
  ),
  row(
    "ssl_c_ca_err_depth",
    "session",
    "sint",
    "how far above it that authority is",
    (s) => s.session.tls && (s.session.tls.caErrorDepth ?? 0),
  ),
];

export const TLS_FETCHES: readonly FetchRow[] = [
  ...connectionRows(CLIENT),
  ...HELLO,
  ...BACK,
  ...connectionRows(SERVER),
  ...CERTIFICATES,
];
