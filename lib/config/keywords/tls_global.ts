/** TLS in the global section (manual 3.1, 3.2). */
import type { GlobalDraft } from "../draft.ts";
import type { ExtraFiles, GlobalTls, TlsSettings } from "../model_tls.ts";
import { type ArgType, integer, oneOf, size, text, time } from "./args.ts";
import { flag, optionTable, readOptions } from "./option_table.ts";
import { type TlsDraft, versionSettings } from "./tls_settings.ts";
import {
  type Args,
  globalKeyword,
  ignoredKeyword,
  type KeywordRow,
  one,
  options,
  rest,
} from "./types.ts";

type DefaultsDraft = TlsDraft & { preferClientCiphers?: boolean };

const bindDefaults = optionTable<DefaultsDraft>("ssl-default-bind-options", "3.1", [
  ...versionSettings<DefaultsDraft>(),
  flag<DefaultsDraft>("prefer-client-ciphers", "Takes ciphers in the client's order", (draft) => {
    draft.preferClientCiphers = true;
  }),
]);

const serverDefaults = optionTable<TlsDraft>(
  "ssl-default-server-options",
  "3.1",
  versionSettings<TlsDraft>(),
);

export const tlsGlobalTables = [bindDefaults, serverDefaults];

function change(global: GlobalDraft, changed: Partial<GlobalTls>): void {
  global.tls = { ...global.tls, ...changed };
}

/** One text that is the default of a side's lines. */
function defaultText(
  side: "bind" | "server",
  name: "ciphers" | "ciphersuites" | "curves",
  summary: string,
): KeywordRow {
  return globalKeyword({
    name: `ssl-default-${side}-${name}`,
    args: { [name]: one(text(`<${name}>`)) },
    summary,
    manual: "3.1",
    apply(global, _values, { words, statement }) {
      const value = { text: words[0].text, span: words[0]?.span ?? statement.span };
      change(global, { [side]: { ...global.tls[side], [name]: value } });
    },
  });
}

function directory(
  name: string,
  key: "crtBase" | "caBase" | "keyBase",
  summary: string,
): KeywordRow {
  return globalKeyword({
    name,
    args: { directory: one(text("<directory>")) },
    summary,
    manual: "3.1",
    apply: (global, { directory }) => change(global, { [key]: directory }),
  });
}

function ignored(name: string, args: Args, summary: string, reason: string): KeywordRow {
  return ignoredKeyword({ name, sections: ["global"], args, summary, manual: "3.2", reason });
}

/** `unit`: how many of the argument's are one of the model's. */
function number(
  name: string,
  key: "cachedSessions" | "sessionLife" | "maxRecord" | "hardMaxRecord",
  kind: ArgType<number>,
  summary: string,
  unit = 1,
): KeywordRow {
  return globalKeyword({
    name,
    args: { value: one(kind) },
    summary,
    manual: "3.2",
    apply: (global, { value }, { words }) =>
      change(global, { [key]: { value: Math.ceil(value / unit), span: words[0].span } }),
  });
}

const EXTRA: readonly ExtraFiles[] = ["bundle", "sctl", "ocsp", "issuer", "key"];

export const tlsGlobalRows: readonly KeywordRow[] = [
  directory("crt-base", "crtBase", "Directory of certificates with relative paths"),
  directory("key-base", "keyBase", "Directory of keys with relative paths in 'crt-store'"),
  directory("ca-base", "caBase", "Directory of authorities and lists with relative paths"),
  globalKeyword({
    name: "ssl-default-bind-options",
    args: { settings: options(() => bindDefaults) },
    summary: "TLS settings of 'bind' lines that do not set them",
    manual: "3.1",
    apply(global, { settings }, context) {
      const draft: DefaultsDraft = { tls: global.tls.bind as TlsSettings };
      const name = "ssl-default-bind-options";
      readOptions(bindDefaults, settings, draft, name, name, context);
      change(global, {
        bind: draft.tls!,
        bindPreferClientCiphers: draft.preferClientCiphers ?? global.tls.bindPreferClientCiphers,
      });
    },
  }),
  globalKeyword({
    name: "ssl-default-server-options",
    args: { settings: options(() => serverDefaults) },
    summary: "TLS settings of 'server' lines that do not set them",
    manual: "3.1",
    apply(global, { settings }, context) {
      const draft: TlsDraft = { tls: global.tls.server as TlsSettings };
      const name = "ssl-default-server-options";
      readOptions(serverDefaults, settings, draft, name, name, context);
      change(global, { server: draft.tls! });
    },
  }),
  defaultText("bind", "ciphers", "Ciphers of 'bind' lines up to TLS 1.2"),
  defaultText("bind", "ciphersuites", "Ciphers of 'bind' lines with TLS 1.3"),
  defaultText("bind", "curves", "Curves of 'bind' lines"),
  defaultText("server", "ciphers", "Ciphers of 'server' lines up to TLS 1.2"),
  defaultText("server", "ciphersuites", "Ciphers of 'server' lines with TLS 1.3"),
  globalKeyword({
    name: "ssl-server-verify",
    args: { verify: one(oneOf("none", "required")) },
    summary: "Whether servers' certificates are verified where the line does not say it",
    manual: "3.1",
    apply: (global, { verify }) => change(global, { serverVerify: verify }),
  }),
  globalKeyword({
    name: "ssl-load-extra-files",
    args: { files: rest(oneOf("none", "all", ...EXTRA)) },
    summary: "Which files beside a certificate are looked for; all when it is not set",
    manual: "3.1",
    apply(global, { files }) {
      const named = new Set<ExtraFiles>();
      for (const file of files) {
        if (file === "none") named.clear();
        else if (file === "all") EXTRA.forEach((each) => named.add(each));
        else named.add(file);
      }
      change(global, { extraFiles: named });
    },
  }),
  globalKeyword({
    name: "ssl-load-extra-del-ext",
    args: {},
    summary: "Takes '.crt' off a name before '.key' and the like are put on",
    manual: "3.1",
    apply: (global) => change(global, { extraDelExt: true }),
  }),
  globalKeyword({
    name: "issuers-chain-path",
    args: { directory: one(text("<directory>")) },
    summary: "Directory of certificates that complete chains",
    manual: "3.1",
    apply(global, { directory }, { words }) {
      change(global, { issuersChainPath: { path: directory, span: words[0].span } });
    },
  }),
  globalKeyword({
    name: "ssl-skip-self-issued-ca",
    args: {},
    summary: "Leaves root certificates out of chains",
    manual: "3.1",
    apply: (global) => change(global, { skipSelfIssuedCa: true }),
  }),
  ignored(
    "ssl-dh-param-file",
    { file: one(text("<file>")) },
    "Diffie-Hellman parameters",
    "OpenSSL chooses groups that fit the key (RFC 7919)",
  ),
  ignored(
    "tune.ssl.default-dh-param",
    { bits: one(integer(1024)) },
    "Size of Diffie-Hellman keys",
    "OpenSSL chooses groups that fit the key (RFC 7919)",
  ),
  number(
    "tune.ssl.cachesize",
    "cachedSessions",
    integer(0, 10_000_000),
    "Sessions that each listener keeps for clients without tickets, 20000 when it is not set",
  ),
  number(
    "tune.ssl.lifetime",
    "sessionLife",
    time({ unit: "s" }),
    "Time for which a session may be resumed, 300s when it is not set",
    1000,
  ),
  number(
    "tune.ssl.maxrecord",
    "maxRecord",
    size(0, 16384),
    "Most bytes of a TLS record when something is sent after a pause; 0: no limit",
  ),
  number(
    "tune.ssl.hard-maxrecord",
    "hardMaxRecord",
    size(0, 16384),
    "Most bytes of a TLS record; 0: no limit",
  ),
  ignored(
    "tune.ssl.capture-buffer-size",
    { bytes: one(size(0, 1 << 20)) },
    "Bytes of the ClientHello that are kept",
    "the whole ClientHello is kept",
  ),
  ignored(
    "tune.ssl.capture-cipherlist-size",
    { bytes: one(size(0, 1 << 20)) },
    "Bytes of the cipher list that are kept",
    "the whole ClientHello is kept",
  ),
  ignored(
    "tune.ssl.force-private-cache",
    {},
    "One TLS session cache per process",
    "there is one process",
  ),
  globalKeyword({
    name: "tune.ssl.ssl-ctx-cache-size",
    args: { number: one(integer(1, 1_000_000)) },
    summary: "Certificates of 'generate-certificates' that are kept, 1000 when it is not set",
    manual: "3.2",
    apply: (global, { number }) => change(global, { generatedCache: number }),
  }),
];
