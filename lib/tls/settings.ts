/** TLS settings of a line over the defaults of the global section, with their files read. */
import type { Diagnostics } from "../config/diagnostic.ts";
import type { Span } from "../config/document.ts";
import {
  type FileRef,
  type GlobalTls,
  type TextAt,
  TLS_VERSION_NAMES,
  type TlsSettings,
  type TlsVersionName,
} from "../config/model_tls.ts";
import type { TlsEngine } from "../net/tls/engine.ts";
import { CERTIFICATE_LABELS, parsePem } from "../net/tls/pem.ts";
import { below, readText, type TlsFiles, whyUnread } from "./files.ts";

/** What settings are read with. */
export interface SettingsReader {
  readonly files: TlsFiles;
  readonly engine: TlsEngine;
  /** authorities and revocation lists that were read, by their files: PEM */
  readonly authorities: Map<string, string>;
  /** keys of tickets that were read, by their files; all contexts of a file share them */
  readonly ticketFiles: Map<string, Uint8Array<ArrayBuffer>[]>;
  /** 80 bytes, the same in all threads */
  readonly ticketSecret?: Uint8Array<ArrayBuffer>;
  readonly global: GlobalTls;
  readonly diagnostics: Diagnostics;
}

export const SYSTEM_CA = "@system-ca";

/** Settings for an engine's context, without certificates and verification. */
export interface ResolvedSettings {
  readonly minVersion: TlsVersionName;
  readonly maxVersion: TlsVersionName;
  readonly ciphers?: string;
  readonly ciphersuites?: string;
  readonly curves?: string;
  readonly alpn?: readonly string[];
  readonly tickets: boolean;
  readonly hardMaxRecord?: number;
  readonly maxRecord?: number;
}

/** Resolves what a line says; undefined after a mistake. `where` begins messages. */
export function resolveSettings(
  own: TlsSettings,
  defaults: TlsSettings,
  where: string,
  span: Span,
  reader: SettingsReader,
): ResolvedSettings | undefined {
  const { diagnostics, engine } = reader;
  const versions = versionRange(own, defaults);
  if (versions === undefined) {
    diagnostics.alert(span, `${where}: no TLS version is left`, {
      allowed: "a lowest version that is not above the highest one, and is not excluded",
    });
    return undefined;
  }
  let ok = true;
  for (const version of [versions.min, versions.max]) {
    const reason = engine.missing.get(version);
    if (reason === undefined) continue;
    diagnostics.alert(span, `${where}: ${version} is not possible: ${reason}`);
    ok = false;
  }
  const text = (name: "ciphers" | "ciphersuites" | "curves"): string | undefined => {
    const at: TextAt | undefined = own[name] ?? defaults[name];
    const reason = at && engine.missing.get(name);
    if (reason !== undefined) {
      diagnostics.alert(at!.span, `${where}: '${name}' is not possible: ${reason}`);
      ok = false;
    }
    return at?.text;
  };
  const resolved = {
    minVersion: versions.min,
    maxVersion: versions.max,
    ciphers: text("ciphers"),
    ciphersuites: text("ciphersuites"),
    curves: text("curves"),
    alpn: own.alpn,
    tickets: own.tickets ?? defaults.tickets ?? true,
    hardMaxRecord: numberOf("hardMaxRecord", reader),
    maxRecord: numberOf("maxRecord", reader),
  };
  return ok ? resolved : undefined;
}

const NUMBERS = {
  hardMaxRecord: "tune.ssl.hard-maxrecord",
  maxRecord: "tune.ssl.maxrecord",
  sessionLife: "tune.ssl.lifetime",
  cachedSessions: "tune.ssl.cachesize",
} as const;

/** A number of the global section; undefined, after a mistake, where the engine cannot. */
export function numberOf(
  key: keyof typeof NUMBERS,
  { global, engine, diagnostics }: SettingsReader,
): number | undefined {
  const at = global[key];
  const reason = at && engine.missing.get(NUMBERS[key]);
  if (reason === undefined) return at?.value;
  diagnostics.alert(at!.span, `'${NUMBERS[key]}' is not possible: ${reason}`);
  return undefined;
}

/** TLSv1.2 at least, when nothing is said (as HAProxy since 2.2). */
function versionRange(
  own: TlsSettings,
  defaults: TlsSettings,
): { min: TlsVersionName; max: TlsVersionName } | undefined {
  const max = own.maxVersion ?? defaults.maxVersion ?? "TLSv1.3";
  const index = (version: TlsVersionName) => TLS_VERSION_NAMES.indexOf(version);
  const lowest = index(max) < index("TLSv1.2") ? max : "TLSv1.2";
  const min = own.minVersion ?? defaults.minVersion ?? lowest;
  const without = new Set([...own.without ?? [], ...defaults.without ?? []]);
  const left = TLS_VERSION_NAMES.filter((version) =>
    index(version) >= index(min) && index(version) <= index(max) && !without.has(version)
  );
  return left.length === 0 ? undefined : { min: left[0], max: left.at(-1)! };
}

/** PEM of certificates in the file; undefined for the system's own, null after a mistake. */
export function readAuthorities(
  file: FileRef,
  setting: string,
  where: string,
  { files, global, diagnostics, authorities }: SettingsReader,
): string | undefined | null {
  if (file.path === SYSTEM_CA) return undefined;
  const path = below(global.caBase, file.path);
  const names = files.list(path);
  const texts = names === undefined
    ? [readText(files, path)]
    : names.sort().filter((name) => /\.(pem|crt|cer)$/.test(name))
      .map((name) => readText(files, `${path}/${name}`));
  if (texts.includes(undefined)) {
    diagnostics.alert(file.span, `${where}: '${setting} ${path}': ${whyUnread(files, path)}`);
    return null;
  }
  const blocks = parsePem(texts.join("\n")).filter(({ label }) => CERTIFICATE_LABELS.has(label));
  if (blocks.length === 0) {
    diagnostics.alert(file.span, `${where}: '${setting} ${path}': there is no certificate in it`);
    return null;
  }
  const pem = blocks.map(({ text }) => text).join("");
  authorities.set(path, pem);
  return pem;
}

/** PEM of revocation lists in the file; null after a mistake. */
export function readRevoked(
  file: FileRef,
  where: string,
  { files, global, diagnostics, authorities }: SettingsReader,
): string | null {
  const path = below(global.caBase, file.path);
  const text = readText(files, path);
  const blocks = parsePem(text ?? "").filter(({ label }) => label === "X509 CRL");
  if (blocks.length > 0) {
    const pem = blocks.map((block) => block.text).join("");
    authorities.set(path, pem);
    return pem;
  }
  const why = text === undefined ? whyUnread(files, path) : "there is no revocation list in it";
  diagnostics.alert(file.span, `${where}: 'crl-file ${path}': ${why}`);
  return null;
}

/** Keys of tickets, 48 or 80 bytes each; null after a mistake (manual `tls-ticket-keys`). */
export function readTicketKeys(
  file: FileRef,
  where: string,
  { files, diagnostics, ticketFiles }: SettingsReader,
): Uint8Array<ArrayBuffer>[] | null {
  const known = ticketFiles.get(file.path);
  if (known !== undefined) return known;
  const refuse = (why: string) => {
    diagnostics.alert(file.span, `${where}: 'tls-ticket-keys ${file.path}': ${why}`);
    return null;
  };
  const text = readText(files, file.path);
  if (text === undefined) return refuse(whyUnread(files, file.path));
  const keys: Uint8Array<ArrayBuffer>[] = [];
  for (const line of text.split("\n").map((each) => each.trim()).filter((each) => each !== "")) {
    let key: Uint8Array<ArrayBuffer>;
    try {
      key = Uint8Array.from(atob(line), (char) => char.charCodeAt(0));
    } catch {
      return refuse(`key ${keys.length + 1} is not base64`);
    }
    if (key.length !== 48 && key.length !== 80) {
      return refuse(`key ${keys.length + 1} has ${key.length} bytes, not 48 or 80`);
    }
    if (keys.length > 0 && keys[0].length !== key.length) return refuse("keys differ in length");
    keys.push(key);
  }
  if (keys.length < 3) return refuse(`it has ${keys.length} keys, at least 3 are needed`);
  ticketFiles.set(file.path, keys);
  return keys;
}
