/** TLS settings of `bind` lines, and of the certificates of a crt-list (manual 5.1). */
import type { BindTls, CertificateSource, VerifyErrors } from "../model_tls.ts";
import { acmeName } from "./crt_store.ts";
import { contact, domains } from "./acme.ts";
import { oneOf, text } from "./args.ts";
import { flag, known, type OptionContext, optionTable, setting } from "./option_table.ts";
import {
  commonSettings,
  fileAt,
  fileText,
  type Row,
  setTls,
  type TlsDraft,
  verifyErrors,
  versionSettings,
} from "./tls_settings.ts";

type Draft = TlsDraft<BindTls>;

/** A source of certificates is added to those before it. */
const source = (kind: CertificateSource["kind"], summary: string) =>
  setting<Draft, string>({
    name: kind,
    value: text("<path>", "the path of a file or directory"),
    summary,
    apply(bind, path, context: OptionContext) {
      const sources = bind.tls?.sources ?? [];
      setTls(bind, { sources: [...sources, { kind, ...fileAt(path, context) }] });
    },
  });

const verify = setting<Draft, "none" | "optional" | "required">({
  name: "verify",
  value: oneOf("none", "optional", "required"),
  summary: "Whether clients are asked for a certificate, and whether they must have one",
  apply: (bind, value) => setTls(bind, { verify: value }),
});

const caVerifyFile = setting<Draft, string>({
  name: "ca-verify-file",
  value: fileText,
  summary: "Authorities that are believed, but not named to clients as those of 'ca-file' are",
  apply: (bind, path, context) => setTls(bind, { caVerifyFile: fileAt(path, context) }),
});

const noCaNames = flag<Draft>(
  "no-ca-names",
  "Does not tell clients the names of the authorities",
  (bind) => setTls(bind, { hideCaNames: true }),
);

const ecdhe = known<Draft>("unsupported", "write 'curves', which takes several", {
  ecdhe: [1, "Curve for ephemeral keys"],
});

const names = setting<Draft, readonly string[]>({
  name: "domains",
  value: domains,
  summary: "Names that the certificate of an authority is for",
  apply: (bind, value) => setTls(bind, { domains: value }),
});

/** What a line of a crt-list takes in brackets. */
export const crtListOptions = optionTable<Draft>("crt-list", "5.1", [
  ...commonSettings<Draft>(),
  ...versionSettings<Draft>(),
  verify,
  caVerifyFile,
  noCaNames,
  setting<Draft, string>({
    name: "acme",
    value: acmeName,
    summary: "The 'acme' section by which the certificate is got and renewed",
    apply: (bind, _value, { word }) => setTls(bind, { acme: word }),
  }),
  names,
  ...ecdhe,
  ...known<Draft>(
    "unsupported",
    "sluice asks no OCSP responder; put its answer into the '.ocsp' file beside the certificate",
    { "ocsp-update": [1, "Asks for OCSP answers"] },
  ),
]);

/** TLS settings of `bind` lines. */
export const tlsBindSettings: readonly Row<Draft>[] = [
  flag<Draft>("ssl", "Speaks TLS on this socket", (bind) => setTls(bind, { ssl: true })),
  source("crt", "Certificate and key (a PEM file), or a directory of them; may be repeated"),
  source(
    "default-crt",
    "Certificate for clients whose name no other one has; may be repeated for other kinds of keys",
  ),
  source("crt-list", "List of certificates, with settings and names for each"),
  ...commonSettings<Draft>(),
  ...versionSettings<Draft>(),
  verify,
  caVerifyFile,
  noCaNames,
  ...ecdhe,
  flag<Draft>(
    "strict-sni",
    "Refuses clients whose name no certificate has, instead of the default certificate",
    (bind) => setTls(bind, { strictSni: true }),
  ),
  flag<Draft>("prefer-client-ciphers", "Takes ciphers in the client's order", (bind) => {
    setTls(bind, { preferClientCiphers: true });
  }),
  setting<Draft, VerifyErrors>({
    name: "ca-ignore-err",
    value: verifyErrors,
    summary: "Errors of authorities that do not end the handshake",
    apply: (bind, caIgnore) => setTls(bind, { caIgnore }),
  }),
  setting<Draft, VerifyErrors>({
    name: "crt-ignore-err",
    value: verifyErrors,
    summary: "Errors of the client's certificate that do not end the handshake",
    apply: (bind, crtIgnore) => setTls(bind, { crtIgnore }),
  }),
  setting<Draft, string>({
    name: "tls-ticket-keys",
    value: fileText,
    summary: "Keys of session tickets, in base64, one a line; the last but one makes new tickets",
    apply: (bind, path, context) => setTls(bind, { ticketKeys: fileAt(path, context) }),
  }),
  flag<Draft>(
    "generate-certificates",
    "Makes certificates for names that no certificate has, signed by 'ca-sign-file'",
    (bind) => setTls(bind, { generate: true }),
  ),
  setting<Draft, string>({
    name: "ca-sign-file",
    value: fileText,
    summary: "Certificate and key (PEM) of the CA that signs certificates made on the fly",
    apply: (bind, path, context) => setTls(bind, { caSignFile: fileAt(path, context) }),
  }),
  setting<Draft, string>({
    name: "ca-sign-pass",
    value: text("<passphrase>"),
    summary: "Passphrase of that CA's key",
    apply: (bind, caSignPass) => setTls(bind, { caSignPass }),
  }),
  setting<Draft, "auto">({
    name: "tls",
    value: oneOf("auto"),
    manual: "none: sluice's own",
    summary: "'auto': speaks TLS with a certificate for 'domains' that an authority is asked for",
    apply: (bind, _value, { word }) => setTls(bind, { ssl: true, auto: { span: word.span } }),
  }),
  names,
  setting<Draft, string>({
    name: "email",
    value: contact,
    manual: "none: sluice's own",
    summary: "Contact of the account of 'tls auto', to which the authority may write",
    apply: (bind, email) => setTls(bind, { email }),
  }),
];
