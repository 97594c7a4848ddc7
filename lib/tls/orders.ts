/** Certificates that an authority is asked for: which names, by which `acme` section, in which file. */
import type { Diagnostics } from "../config/diagnostic.ts";
import type { Span, Word } from "../config/document.ts";
import { type AcmeConfig, AUTO, DEFAULT_DIRECTORY, DEFAULT_STORAGE } from "../config/model_acme.ts";
import type { BindTls } from "../config/model_tls.ts";
import { nearest } from "../config/suggest.ts";
import { makeCertificate, makeKey } from "../net/tls/issue.ts";

/** One certificate that is got and renewed. */
export interface ManagedCertificate {
  /** as it is called on the runtime socket */
  readonly name: string;
  /** where certificate, chain and key are kept together */
  readonly file: string;
  readonly acme: AcmeConfig;
  readonly domains: readonly string[];
}

const DAY = 86_400_000;

/** What a listener shows until the authority has given a certificate: one that nobody believes. */
export function placeholder(domains: readonly string[], wallMs: number): string {
  const key = makeKey({ type: "ecdsa", curve: "P-256" });
  const from = wallMs - DAY;
  return makeCertificate({ names: domains, from, until: wallMs + 365 * DAY, key }) + key;
}

/** The section of this name; undefined after a mistake. */
export function sectionOf(
  name: Word,
  sections: readonly AcmeConfig[],
  diagnostics: Diagnostics,
): AcmeConfig | undefined {
  const found = sections.find((section) => section.name === name.text);
  if (found !== undefined) return found;
  const names = sections.map((section) => section.name);
  diagnostics.alert(name.span, `there is no 'acme' section '${name.text}'`, {
    allowed: names.length > 0 ? names.map((each) => `'${each}'`).join(", ") : undefined,
    nearest: nearest(name.text, names),
  });
  return undefined;
}

/** The order of a `bind … tls auto`; undefined after a mistake. */
export function autoOrder(
  { domains, email }: BindTls,
  where: string,
  span: Span,
  sections: readonly AcmeConfig[],
  diagnostics: Diagnostics,
): ManagedCertificate | undefined {
  const own = sections.find(({ name }) => name === AUTO);
  const section: AcmeConfig = own ?? {
    name: AUTO,
    span,
    directory: DEFAULT_DIRECTORY,
    contacts: [],
    challenge: "tls-alpn-01",
    keyType: "ecdsa",
    bits: 2048,
    curve: "P-256",
    reuseKey: false,
    storage: DEFAULT_STORAGE,
  };
  if (domains === undefined) {
    diagnostics.alert(span, `${where}: 'tls auto' needs 'domains'`, {
      allowed: "'domains www.example.org,example.org'",
    });
    return undefined;
  }
  if (email === undefined && section.contacts.length === 0) {
    diagnostics.alert(span, `${where}: 'tls auto' needs 'email'`, {
      allowed: "'email admin@example.org', or 'contact' in a section 'acme auto'",
    });
    return undefined;
  }
  const contacts = email === undefined ? section.contacts : [email];
  const file = `${section.storage.replace(/\/+$/, "")}/${domains[0]}.pem`;
  return { name: file, file, acme: { ...section, contacts }, domains };
}
