/** The header of the PROXY protocol that connections to a server begin with (manual 5.2 `send-proxy` and others). */
import type { SendProxyConfig } from "../config/model_proxy_header.ts";
import { destinationOf, sourceOf } from "../expr/addresses.ts";
import type { StreamView } from "../expr/context.ts";
import type { CompileContext } from "../expr/context_compile.ts";
import { compileLogFormat } from "../expr/log_format.ts";
import { uniqueIdOf } from "../expr/unique_id.ts";
import { bytesOfLatin1 } from "../http1/bytes.ts";
import type { TlsInfo } from "../net/conn.ts";
import { type Tlv, TlvType } from "../net/proxy_protocol/header.ts";
import { namespaceOf } from "./server_socket.ts";
import { type SslDetails, sslTlv, writeV1, writeV2 } from "../net/proxy_protocol/write.ts";

/** Makes the header of a stream's connection. */
export type ProxyHeaderOf = (stream: StreamView) => Uint8Array;

const text = new TextEncoder();
/** bytes of a TLV's value that a format makes; what is longer is cut */
const LONGEST_VALUE = 4096;
const LONGEST_UNIQUE_ID = 128;

/** Compiles what a server line says; mistakes in formats go to the context's diagnostics. */
export function compileProxyHeader(
  config: SendProxyConfig,
  context: CompileContext,
): ProxyHeaderOf {
  if (!config.v2) return (stream) => writeV1(endsOf(stream));
  const has = new Set(config.options);
  const formats = config.tlvs.map(({ type, format }) => ({
    type,
    format: compileLogFormat(format, { ...context, place: "use_backend" }, "value"),
  }));
  return (stream) => {
    const { session } = stream;
    const { tls } = session;
    const tlvs: Tlv[] = [];
    const add = (type: number, value: string | undefined) => {
      if (value !== undefined) tlvs.push({ type, value: text.encode(value) });
    };
    add(TlvType.alpn, tls?.alpn);
    add(TlvType.netns, namespaceOf(stream));
    if (has.has("unique-id")) addUniqueId(tlvs, stream);
    if (has.has("authority")) add(TlvType.authority, tls?.sni);
    if (has.has("ssl")) tlvs.push(sslTlv(tls && detailsOf(tls, has)));
    for (const { type, format } of formats) {
      tlvs.push({ type, value: bytesOfLatin1((format?.(stream) ?? "").slice(0, LONGEST_VALUE)) });
    }
    return writeV2(endsOf(stream), tlvs, has.has("crc32c"));
  };
}

/** Of the frontend's `unique-id-format`; what is longer than the specification allows is cut. */
function addUniqueId(tlvs: Tlv[], stream: StreamView): void {
  const id = uniqueIdOf(stream);
  if (id === undefined) return;
  tlvs.push({ type: TlvType.uniqueId, value: bytesOfLatin1(id.slice(0, LONGEST_UNIQUE_ID)) });
}

function endsOf(stream: StreamView) {
  return { source: sourceOf(stream), destination: destinationOf(stream) };
}

function detailsOf(tls: TlsInfo, has: ReadonlySet<string>): SslDetails {
  const client = tls.clientCertificate;
  return {
    version: tls.version,
    certificate: client && (client.earlier ? "session" : "connection"),
    verify: client?.verify ?? 0xffffffff,
    commonName: has.has("cert-cn") ? client?.commonName : undefined,
    cipher: has.has("ssl-cipher") ? tls.cipher : undefined,
    signature: has.has("cert-sig") ? tls.certificate?.signature : undefined,
    key: has.has("cert-key") ? tls.certificate?.key : undefined,
  };
}
