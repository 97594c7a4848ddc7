/** The REST API (sluice's own keywords of the `global` section). */
import { parseListenAddresses } from "../addresses.ts";
import type { GlobalDraft } from "../draft.ts";
import type { ApiConfig } from "../model_api.ts";
import { type ArgType, oneOf, Refusal, text } from "./args.ts";
import { type ApplyContext, globalKeyword, type KeywordRow, one } from "./types.ts";

const OWN = "sluice";

const place: ArgType<{ host: string; port: number }> = {
  label: "<address>:<port>",
  describe: "one address and port such as '127.0.0.1:8406'",
  schema: { type: "string" },
  parse(word) {
    const found = parseListenAddresses(word.text);
    if (found instanceof Refusal) return found;
    const [first, ...more] = found;
    if (first.type !== "tcp" || more.length > 0) {
      return new Refusal(`'${word.text}' is not one address and port`, place.describe);
    }
    const any = first.host === "" || first.host === "*";
    return { host: any ? "0.0.0.0" : first.host, port: first.port };
  },
};

function change(global: GlobalDraft, part: Partial<ApiConfig>, { statement }: ApplyContext): void {
  global.api = { span: statement.span, ...global.api, ...part };
}

export const apiRows: readonly KeywordRow[] = [
  globalKeyword({
    name: "api bind",
    args: { place: one(place) },
    summary: "Where the REST API listens; it needs a key",
    manual: OWN,
    apply: (global, { place }, context) => change(global, { bind: place }, context),
  }),
  globalKeyword({
    name: "api secret-file",
    args: { path: one(text("<file>")) },
    summary: "File with the secret of tokens signed with HS256, at least 32 bytes",
    manual: OWN,
    apply: (global, { path }, context) => change(global, { secretFile: path }, context),
  }),
  globalKeyword({
    name: "api jwks",
    args: { place: one(text("{ <file> | <url> }")) },
    summary: "JSON Web Key Set with the keys of tokens signed with RS256 or ES256",
    manual: OWN,
    apply: (global, { place }, context) => change(global, { jwks: place }, context),
  }),
  globalKeyword({
    name: "api issuer",
    args: { issuer: one(text("<issuer>")) },
    summary: "The 'iss' that tokens must have",
    manual: OWN,
    apply: (global, { issuer }, context) => change(global, { issuer }, context),
  }),
  globalKeyword({
    name: "api audience",
    args: { audience: one(text("<audience>")) },
    summary: "The 'aud' that tokens must have",
    manual: OWN,
    apply: (global, { audience }, context) => change(global, { audience }, context),
  }),
  globalKeyword({
    name: "api crt",
    args: { path: one(text("<file>")) },
    summary: "Certificate and key (PEM): the REST API is served over TLS",
    manual: OWN,
    apply: (global, { path }, context) => change(global, { crt: path }, context),
  }),
  globalKeyword({
    name: "api client-ca",
    args: { path: one(text("<file>")) },
    summary: "Authorities (PEM) of client certificates, which may stand in the place of a token",
    manual: OWN,
    apply: (global, { path }, context) => change(global, { clientCa: path }, context),
  }),
  globalKeyword({
    name: "api client",
    args: { name: one(text("<name>")), scope: one(oneOf("read", "operate", "admin")) },
    repeatable: true,
    summary: "What a client may do, by the common name of its certificate, or its whole subject",
    manual: OWN,
    apply(global, { name, scope }, context) {
      const clients = [...global.api?.clients ?? [], { name, scope }];
      change(global, { clients }, context);
    },
  }),
];
