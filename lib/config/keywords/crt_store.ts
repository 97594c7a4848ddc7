/** `crt-store` sections: certificates by name (manual 3.11 of HAProxy 3.0). */
import type { CrtLoad } from "../model_acme.ts";
import type { Mutable } from "../draft.ts";
import { domains } from "./acme.ts";
import { type ArgType, path, text } from "./args.ts";
import { known, type OptionContext, optionTable, readOptions, setting } from "./option_table.ts";
import { type KeywordRow, one, options, sectionKeyword } from "./types.ts";
import { fileAt, fileText } from "./tls_settings.ts";

type Draft = Partial<Mutable<CrtLoad>>;

function file(name: "key" | "issuer" | "ocsp" | "sctl", summary: string) {
  return setting<Draft, string>({
    name,
    value: fileText,
    summary,
    apply: (load, value) => void (load[name] = value),
  });
}

/** The `acme` section of a certificate, by name; it may stand below. */
export const acmeName: ArgType<string> = text("<section>", "the name of an 'acme' section");

const loadOptions = optionTable<Draft>("load", "3.11 (HAProxy 3.0)", [
  setting<Draft, string>({
    name: "crt",
    value: fileText,
    summary: "Certificate (a PEM file), with its key unless 'key' names one; needed",
    apply: (load, value, context) => void (load.crt = fileAt(value, context)),
  }),
  setting<Draft, string>({
    name: "alias",
    value: text("<name>"),
    summary: "Name by which 'bind' lines and the runtime socket call it: '@store/name'",
    apply: (load, value) => void (load.alias = value),
  }),
  file("key", "File of the private key"),
  file("issuer", "File of the issuer's certificate"),
  file("ocsp", "File of an OCSP answer that is stapled (DER)"),
  file("sctl", "File of a list of signed certificate timestamps"),
  setting<Draft, string>({
    name: "acme",
    value: acmeName,
    summary: "The 'acme' section by which the certificate is got and renewed",
    apply: (load, _value, { word }: OptionContext) => void (load.acme = word),
  }),
  setting<Draft, readonly string[]>({
    name: "domains",
    value: domains,
    summary: "Names that the certificate of 'acme' is for",
    apply: (load, value) => void (load.domains = value),
  }),
  ...known<Draft>("unsupported", "sluice asks no OCSP responder; write 'ocsp' and its answer", {
    "ocsp-update": [1, "Asks for OCSP answers"],
  }),
  ...known<Draft>("unsupported", "write 'acme', which makes what is not there, or name a file", {
    "generate-dummy": [1, "A certificate in the place of one that is not there"],
  }),
  ...known<Draft>("unsupported", "keys of tokens stand where they are verified", {
    jwt: [1, "Whether it verifies tokens"],
  }),
]);

export { loadOptions };

export const crtStoreRows: readonly KeywordRow[] = [
  sectionKeyword("crt-store", {
    name: "crt-base",
    args: { directory: one(path("<directory>")) },
    summary: "Directory of certificates with relative paths",
    manual: "3.11 (HAProxy 3.0)",
    apply: (store, { directory }) => void (store.crtBase = directory),
  }),
  sectionKeyword("crt-store", {
    name: "key-base",
    args: { directory: one(path("<directory>")) },
    summary: "Directory of keys with relative paths",
    manual: "3.11 (HAProxy 3.0)",
    apply: (store, { directory }) => void (store.keyBase = directory),
  }),
  sectionKeyword("crt-store", {
    name: "load",
    args: { settings: options(() => loadOptions) },
    repeatable: true,
    summary: "A certificate, with the files that belong to it",
    manual: "3.11 (HAProxy 3.0)",
    apply(store, { settings }, context) {
      const { diagnostics, statement } = context;
      const draft: Draft = {};
      readOptions(loadOptions, settings, draft, "load", "load", context);
      const { crt, alias } = draft;
      if (crt === undefined) {
        diagnostics.alert(statement.span, "'load' needs 'crt' and the path of a certificate");
        return;
      }
      const says = (name: string) => settings.some(({ text }) => text === name);
      if (says("acme") !== says("domains")) {
        diagnostics.alert(statement.span, "'acme' and 'domains' belong together", {
          allowed: "'acme NAME domains www.example.org,example.org'",
        });
      }
      const name = alias ?? crt.path;
      const twin = store.loads.find((load) => (load.alias ?? load.crt.path) === name);
      if (twin !== undefined) {
        diagnostics.alert(crt.span, `there is another '${name}' in this section`, {
          related: { span: twin.crt.span, message: "it is here" },
        });
      }
      store.loads.push({ ...draft, crt, span: statement.span });
    },
  }),
];
