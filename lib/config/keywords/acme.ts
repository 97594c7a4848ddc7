/** `acme` sections: certificates from an authority (manual 12.8 of HAProxy 3.2, RFC 8555). */
import { type ArgType, integer, oneOf, onOff, path, Refusal, text, word } from "./args.ts";
import { group } from "./group.ts";
import { type KeywordRow, one, sectionKeyword } from "./types.ts";

const url: ArgType<string> = {
  label: "<url>",
  describe: "the URL of a directory: 'https://acme-v02.api.letsencrypt.org/directory'",
  schema: { type: "string", pattern: "^https?://" },
  parse({ text }) {
    return /^https?:\/\//.test(text) && URL.canParse(text)
      ? text
      : new Refusal(`'${text}' is no URL`, url.describe);
  },
};

/** What an account's contact may be (RFC 8555 7.3); authorities take mail addresses. */
export const contact: ArgType<string> = {
  label: "<email>",
  describe: "a mail address such as 'admin@example.org'",
  schema: { type: "string" },
  parse({ text }) {
    const address = text.replace(/^mailto:/, "");
    return /^[^\s<>,;:"()@?]{1,64}@[^\s<>,;:"()@?]{1,255}$/.test(address)
      ? address
      : new Refusal(`'${text}' is no mail address`, contact.describe);
  },
};

/** Names for one certificate. A wildcard cannot be proved by http-01 or tls-alpn-01 (RFC 8555 8.4). */
export const domains: ArgType<readonly string[]> = {
  label: "<domains>",
  describe: "names separated by commas: 'www.example.org,example.org'",
  schema: { type: "string" },
  parse({ text }) {
    const names = text.split(",").map((name) => name.trim().toLowerCase());
    const wild = names.find((name) => name.startsWith("*."));
    if (wild !== undefined) {
      return new Refusal(
        `'${wild}' is a wildcard, which needs the challenge dns-01 that sluice does not do`,
        "whole names; or a certificate that another ACME client gets, as 'crt'",
      );
    }
    const wrong = names.find((name) => !/^(?=.{1,253}$)[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?$/.test(name));
    return wrong === undefined
      ? [...new Set(names)]
      : new Refusal(`'${wrong}' is not the name of a host`, domains.describe);
  },
};

const challenges: ArgType<"http-01" | "tls-alpn-01"> = {
  ...oneOf("http-01", "tls-alpn-01"),
  parse({ text }) {
    const name = text.toLowerCase();
    if (name === "http-01" || name === "tls-alpn-01") return name;
    const allowed = "'http-01' (on port 80) or 'tls-alpn-01' (on port 443)";
    return new Refusal(
      name.startsWith("dns-")
        ? `'${text}' is not possible: sluice changes no DNS records`
        : `'${text}' is not a challenge`,
      allowed,
    );
  },
};

const keyTypes: ArgType<"rsa" | "ecdsa"> = {
  ...oneOf("RSA", "ECDSA"),
  parse({ text }) {
    const name = text.toLowerCase();
    return name === "rsa" || name === "ecdsa"
      ? name
      : new Refusal(`'${text}' is not a kind of key`, "'RSA' or 'ECDSA'");
  },
};

const M = "12.8 (HAProxy 3.2)";

export const acmeRows: readonly KeywordRow[] = [
  sectionKeyword("acme", {
    name: "directory",
    args: { url: one(url) },
    summary: "URL of the authority's directory; Let's Encrypt when it is not set",
    manual: M,
    apply: (acme, { url }) => void (acme.directory = url),
  }),
  sectionKeyword("acme", {
    name: "account-key",
    args: { file: one(path("<file>")) },
    summary: "File of the account's key, made when it is not there; NAME.account.key in 'storage'",
    manual: M,
    apply: (acme, { file }) => void (acme.accountKey = file),
  }),
  sectionKeyword("acme", {
    name: "contact",
    args: { email: one(contact) },
    repeatable: true,
    summary: "Mail address of the account, to which the authority may write",
    manual: M,
    apply: (acme, { email }) => void acme.contacts.push(email),
  }),
  sectionKeyword("acme", {
    name: "challenge",
    args: { challenge: one(challenges) },
    summary: "How names are proved: http-01 (when it is not set) or tls-alpn-01",
    manual: M,
    apply: (acme, { challenge }) => void (acme.challenge = challenge),
  }),
  sectionKeyword("acme", {
    name: "keytype",
    args: { type: one(keyTypes) },
    summary: "Kind of the certificates' keys, ECDSA when it is not set",
    manual: M,
    apply: (acme, { type }) => void (acme.keyType = type),
  }),
  sectionKeyword("acme", {
    name: "bits",
    args: { bits: one(integer(2048, 8192)) },
    summary: "Bits of RSA keys, 2048 when it is not set",
    manual: M,
    apply: (acme, { bits }) => void (acme.bits = bits),
  }),
  sectionKeyword("acme", {
    name: "curves",
    args: { curve: one(oneOf("P-256", "P-384", "P-521")) },
    summary: "Curve of ECDSA keys, P-384 when it is not set",
    manual: M,
    apply: (acme, { curve }) => void (acme.curve = curve),
  }),
  sectionKeyword("acme", {
    name: "map",
    args: { map: one(word("<map>", "the name of a map: 'virt@acme'")) },
    summary: "Map that gets tokens of http-01 and the thumbprint, for rules that answer with them",
    manual: M,
    apply: (acme, { map }) => void (acme.map = map),
  }),
  sectionKeyword("acme", {
    name: "reuse-key",
    args: { on: one(onOff) },
    summary: "A renewed certificate keeps its key (off)",
    manual: "12.8 (HAProxy 3.3)",
    apply: (acme, { on }) => void (acme.reuseKey = on),
  }),
  sectionKeyword("acme", {
    name: "profile",
    args: { profile: one(text("<profile>")) },
    summary: "Kind of certificate that is ordered, where the authority has several",
    manual: "12.8 (HAProxy 3.3)",
    apply: (acme, { profile }) => void (acme.profile = profile),
  }),
  sectionKeyword("acme", {
    name: "storage",
    args: { directory: one(path("<directory>")) },
    summary: "Directory of account keys, and of the certificates of 'tls auto'",
    manual: "none: sluice's own",
    apply: (acme, { directory }) => void (acme.storage = directory),
  }),
  sectionKeyword("acme", {
    name: "ca-file",
    args: { file: one(path("<file>")) },
    summary: "Authorities that certify the server of 'directory'; the system's when it is not set",
    manual: "none: sluice's own",
    apply(acme, { file }, { words }) {
      acme.caFile = { path: file, span: words[0].span };
    },
  }),
  ...group({
    status: "unsupported",
    reason: "sluice changes no DNS records; write 'challenge http-01' or 'challenge tls-alpn-01'",
    manual: M,
    sections: ["acme"],
    names: {
      "acme-vars": "What a program that changes DNS records is told",
      "provider-name": "Who changes DNS records",
      "challenge-ready": "When a challenge of dns-01 may be tried",
      "dns-delay": "Wait before a challenge of dns-01",
    },
  }),
];
