/** Certificates of TLS connections: ours, the client's and the server's (manual 7.3.4). */
import { createHash } from "node:crypto";
import type { Certificate, NameEntry } from "../../net/tls/certificate.ts";
import { certificateIn } from "../../net/tls/shown.ts";
import type { StreamView } from "../context.ts";
import type { ArgSpec, ArgValue, FetchRow, Need } from "../rows.ts";
import type { SampleType, Value } from "../sample.ts";
import { binary, CLIENT, row, SERVER } from "./tls_row.ts";

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

const derOf = (chain: readonly Uint8Array<ArrayBuffer>[] | undefined) =>
  chain?.map((der) => binary(der)).join("");

/** Of the connection that is there, or of the one that failed. */
function clientCertificate(
  { session: { tls, error } }: StreamView,
  what: "crtError" | "caError" | "caErrorDepth",
): number | undefined {
  return (tls ?? error?.tls) && (tls?.[what] ?? error?.tls?.[what] ?? 0);
}

export const TLS_CERTIFICATE_FETCHES: readonly FetchRow[] = [
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
  row(
    "ssl_c_chain_der",
    CLIENT.needs,
    "bin",
    "the certificates that the client sent behind its own, in DER, one after the other",
    (stream) => derOf(CLIENT.of(stream)?.peerChain?.slice(1)),
  ),
  row(
    "ssl_s_chain_der",
    SERVER.needs,
    "bin",
    "the server's certificate and those that it sent behind it, in DER, one after the other",
    (stream) => derOf(SERVER.of(stream)?.peerChain),
  ),
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
    (s) => clientCertificate(s, "crtError"),
  ),
  row(
    "ssl_c_ca_err",
    "session",
    "sint",
    "the first error of an authority above it; 0: none",
    (s) => clientCertificate(s, "caError"),
  ),
  row(
    "ssl_c_ca_err_depth",
    "session",
    "sint",
    "how far above it that authority is",
    (s) => clientCertificate(s, "caErrorDepth"),
  ),
];
