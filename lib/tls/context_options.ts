/** Everything that an engine's contexts are made with, read from a line's settings. */
import type { Span } from "../config/document.ts";
import type { BindConfig, ProxyConfig } from "../config/model.ts";
import type { BindTls, ServerTls } from "../config/model_tls.ts";
import type {
  ClientContextOptions,
  ServerContextOptions,
  VerifyOptions,
} from "../net/tls/engine.ts";
import type { CertificateStore } from "./certificate_store.ts";
import { below } from "./files.ts";
import {
  numberOf,
  readAuthorities,
  readRevoked,
  readTicketKeys,
  resolveSettings,
  type SettingsReader,
} from "./settings.ts";

/** Who has `bind` lines: proxies, and `peers` sections. */
export type TlsOwner = Pick<ProxyConfig, "name" | "disabled" | "binds">;

/** Whose settings they are; `where` begins messages. */
export interface ContextPlace {
  readonly where: string;
  readonly span: Span;
  readonly proxy: TlsOwner;
  readonly bind: BindConfig;
}

/** What a listener's contexts are made with; undefined after a mistake. */
export function serverOptions(
  tls: BindTls,
  { where, span, proxy, bind }: ContextPlace,
  reader: SettingsReader,
): Omit<ServerContextOptions, "pair"> | undefined {
  const resolved = resolveSettings(tls, reader.global.bind, where, span, reader);
  const verify = verifyOptions(tls, where, span, reader);
  const ticketKeys = tls.ticketKeys && readTicketKeys(tls.ticketKeys, where, reader);
  const missing = reader.engine.missing.get("tls-ticket-keys");
  if (tls.ticketKeys !== undefined && missing !== undefined) {
    reader.diagnostics.alert(tls.ticketKeys.span, `${where}: 'tls-ticket-keys': ${missing}`);
    return undefined;
  }
  if (resolved === undefined || verify === undefined || ticketKeys === null) return undefined;
  return {
    ...resolved,
    alpn: offered(resolved.alpn, bind, where, span, reader),
    ...verify,
    ticketKeys,
    ticketSecret: reader.ticketSecret,
    scope: scopeOf(proxy, bind, verify),
    hideCaNames: tls.hideCaNames,
    preferClientCiphers: tls.preferClientCiphers,
    sessionLife: numberOf("sessionLife", reader),
    cachedSessions: numberOf("cachedSessions", reader),
  };
}

/** What is offered by ALPN: not HTTP/2 where `proto h1` says that it is not spoken. */
function offered(
  alpn: readonly string[] | undefined,
  { proto }: BindConfig,
  where: string,
  span: Span,
  { diagnostics }: SettingsReader,
): readonly string[] | undefined {
  if (proto !== "h1" || alpn?.includes("h2") !== true) return alpn;
  diagnostics.warning(span, `${where}: 'h2' of 'alpn' is not offered, because of 'proto h1'`);
  const rest = alpn.filter((name) => name !== "h2");
  return rest.length === 0 ? undefined : rest;
}

/** The same options with other authorities or revocation lists. */
export function withAuthorities(
  options: Omit<ServerContextOptions, "pair">,
  change: { readonly ca?: string; readonly caVerify?: string; readonly crl?: string },
): Omit<ServerContextOptions, "pair"> {
  const next = { ...options, ...change };
  const [name, addresses] = JSON.parse(options.scope);
  return { ...next, scope: scopeOf({ name }, { addresses }, next) };
}

/** Sessions are resumed only where the same clients would be believed: tickets outlive reloads. */
function scopeOf(
  { name }: Pick<ProxyConfig, "name">,
  { addresses }: Pick<BindConfig, "addresses">,
  { verify, ca, caVerify, crl }: VerifyOptions,
): string {
  return JSON.stringify([name, addresses, verify, ca, caVerify, crl]);
}

function verifyOptions(
  tls: BindTls,
  where: string,
  span: Span,
  reader: SettingsReader,
): VerifyOptions | undefined {
  const { verify = "none", caFile, caVerifyFile, crlFile, caIgnore, crtIgnore } = tls;
  if (verify !== "none" && caFile === undefined) {
    reader.diagnostics.alert(span, `${where}: 'verify ${verify}' needs 'ca-file'`, {
      allowed: "'ca-file' and the authorities that sign the clients' certificates",
    });
    return undefined;
  }
  const ca = caFile && readAuthorities(caFile, "ca-file", where, reader);
  const more = caVerifyFile && readAuthorities(caVerifyFile, "ca-verify-file", where, reader);
  const crl = crlFile && readRevoked(crlFile, where, reader);
  if (ca === null || more === null || crl === null) return undefined;
  for (const [name, value] of Object.entries({ "crl-file": crl, "ca-verify-file": more })) {
    const missing = value === undefined ? undefined : reader.engine.missing.get(name);
    if (missing === undefined) continue;
    reader.diagnostics.alert(span, `${where}: '${name}' is not possible: ${missing}`);
    return undefined;
  }
  return {
    verify,
    ca,
    caVerify: more,
    crl,
    ignoreCaErrors: caIgnore,
    ignoreCrtErrors: crtIgnore,
  };
}

/** What connections to a server are made with; undefined after a mistake. */
export function clientOptions(
  tls: ServerTls,
  where: string,
  span: Span,
  reader: SettingsReader,
  store: CertificateStore,
): ClientContextOptions | undefined {
  const { caFile, crlFile, crt } = tls;
  const verify = tls.verify ?? reader.global.serverVerify ?? "required";
  if (verify !== "none" && caFile === undefined) {
    reader.diagnostics.alert(span, `${where}: 'ssl' needs 'ca-file' to verify the server by`, {
      allowed: "'ca-file' and a file of authorities, 'ca-file @system-ca' for the system's own, " +
        "or 'verify none' where nobody can come between",
    });
    return undefined;
  }
  const resolved = resolveSettings(tls, reader.global.server, where, span, reader);
  const ca = caFile && readAuthorities(caFile, "ca-file", where, reader);
  const crl = crlFile && readRevoked(crlFile, where, reader);
  const own = crt && store.certificate(below(reader.global.crtBase, crt.path), crt.span, where);
  if (resolved === undefined || ca === null || crl === null) return undefined;
  if (crt !== undefined && own === undefined) return undefined;
  return { ...resolved, verify, ca, crl, pair: own?.pair };
}
