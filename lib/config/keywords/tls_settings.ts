/** TLS settings that `bind`, `server` and crt-list lines share (manual 5.1, 5.2). */
import type { Mutable } from "../draft.ts";
import {
  type FileRef,
  TLS_VERSION_NAMES,
  type TlsSettings,
  type TlsVersionName,
  type VerifyErrors,
} from "../model_tls.ts";
import { type ArgType, oneOf, Refusal, text } from "./args.ts";
import { flag, known, type OptionContext, type OptionRow, setting } from "./option_table.ts";

export type Row<Draft> = Omit<OptionRow<Draft>, "manual"> & { manual?: string };

/** A draft whose TLS settings are `Settings`. */
export interface TlsDraft<Settings extends TlsSettings = TlsSettings> {
  tls?: Settings;
}

/** Settings are replaced, never changed: a `default-server` may share them. */
export function setTls<Settings extends TlsSettings>(
  draft: TlsDraft<Settings>,
  change: Partial<Mutable<Settings>>,
): void {
  draft.tls = { ssl: false, ...draft.tls, ...change } as unknown as Settings;
}

export const fileText = text("<file>", "the path of a file");

/** The file that a setting names. */
export function fileAt(path: string, { word }: OptionContext): FileRef {
  return { path, span: word.span };
}

export const protocols: ArgType<readonly string[]> = {
  label: "<protocols>",
  describe: "protocols separated by commas: 'h2,http/1.1'",
  schema: { type: "string" },
  parse: ({ text }) => {
    const names = text.split(",");
    const wrong = names.find((name) => name === "" || name.length > 255);
    return wrong === undefined
      ? names
      : new Refusal(`'${text}' is not a list of protocols`, protocols.describe);
  },
};

export const verifyErrors: ArgType<VerifyErrors> = {
  label: "<errors>",
  describe: "'all', or numbers of OpenSSL's verification errors separated by commas: '10,18'",
  schema: { type: "string" },
  parse: ({ text }) => {
    if (text === "all") return "all";
    const numbers = text.split(",").map((each) => /^\d{1,3}$/.test(each) ? Number(each) : NaN);
    return numbers.some(Number.isNaN)
      ? new Refusal(`'${text}' is not a list of error numbers`, verifyErrors.describe)
      : new Set(numbers);
  },
};

export const tlsVersion = oneOf(...TLS_VERSION_NAMES);

const SHORT: readonly (readonly [string, TlsVersionName])[] = [
  ["sslv3", "SSLv3"],
  ["tlsv10", "TLSv1.0"],
  ["tlsv11", "TLSv1.1"],
  ["tlsv12", "TLSv1.2"],
  ["tlsv13", "TLSv1.3"],
];

/** Versions, which `ssl-default-bind-options` and `ssl-default-server-options` take too. */
export function versionSettings<D extends TlsDraft>(): Row<D>[] {
  return [
    setting<D, TlsVersionName>({
      name: "ssl-min-ver",
      value: tlsVersion,
      summary: "Lowest TLS version, TLSv1.2 when it is not set",
      apply: (draft, minVersion) => setTls(draft, { minVersion }),
    }),
    setting<D, TlsVersionName>({
      name: "ssl-max-ver",
      value: tlsVersion,
      summary: "Highest TLS version",
      apply: (draft, maxVersion) => setTls(draft, { maxVersion }),
    }),
    ...SHORT.flatMap(([short, version]) => [
      flag<D>(`force-${short}`, `Only ${version}`, (draft) => {
        setTls(draft, { minVersion: version, maxVersion: version });
      }),
      flag<D>(`no-${short}`, `Without ${version}`, (draft) => {
        setTls(draft, { without: [...draft.tls?.without ?? [], version] });
      }),
    ]),
    flag<D>("no-tls-tickets", "No session tickets: sessions are kept by the server", (draft) => {
      setTls(draft, { tickets: false });
    }),
  ] as Row<D>[];
}

/** What a crt-list line may set for its certificate, besides versions. */
export function commonSettings<D extends TlsDraft>(): Row<D>[] {
  const textSetting = (name: "ciphers" | "ciphersuites" | "curves", summary: string) =>
    setting<D, string>({
      name,
      value: text(`<${name}>`),
      summary,
      apply: (draft, value, { word }) => {
        setTls(draft, { [name]: { text: value, span: word.span } });
      },
    });
  return [
    setting<D, readonly string[]>({
      name: "alpn",
      value: protocols,
      summary: "Protocols offered by ALPN, the best first",
      apply: (draft, alpn) => setTls(draft, { alpn }),
    }),
    setting<D, string>({
      name: "ca-file",
      value: fileText,
      summary: "Authorities that the peer's certificate is verified by; '@system-ca': the system's",
      apply: (draft, path, context) => setTls(draft, { caFile: fileAt(path, context) }),
    }),
    textSetting("ciphers", "Ciphers up to TLS 1.2, in OpenSSL's form"),
    textSetting("ciphersuites", "Ciphers of TLS 1.3, separated by colons"),
    setting<D, string>({
      name: "crl-file",
      value: fileText,
      summary: "Lists of certificates that are revoked",
      apply: (draft, path, context) => setTls(draft, { crlFile: fileAt(path, context) }),
    }),
    textSetting("curves", "Curves for key exchange, separated by colons: 'X25519:P-256'"),
    ...known<D>("unsupported", "early data can be replayed, and sluice does not take it", {
      "allow-0rtt": [0, "Early data with TLS 1.3"],
    }),
    ...known<D>("unsupported", "browsers and servers have left NPN; write 'alpn'", {
      npn: [1, "Protocols offered by NPN"],
    }),
  ] as Row<D>[];
}
