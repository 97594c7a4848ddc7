/** `generate-certificates` (manual 5.1): certificates for names that no certificate has, signed by a CA of one's own. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Span } from "../config/document.ts";
import type { BindTls } from "../config/model_tls.ts";
import type { Clock } from "../net/clock.ts";
import type { ServerContext, ServerContextOptions, TlsEngine } from "../net/tls/engine.ts";
import { parseCertificate } from "../net/tls/certificate.ts";
import { makeCertificate, makeKey, publicKeyOf } from "../net/tls/issue.ts";
import { CERTIFICATE_LABELS, KEY_LABELS, parsePem } from "../net/tls/pem.ts";
import { below, readText, whyUnread } from "./files.ts";
import type { SettingsReader } from "./settings.ts";

/** Who signs. */
export interface SigningAuthority {
  readonly certificate: string;
  /** DER of its name */
  readonly subject: Uint8Array;
  /** PEM */
  readonly key: string;
}

/** The authority in a PEM text; a text: what is missing. */
export function readSigner(pem: string, passphrase?: string): SigningAuthority | string {
  const blocks = parsePem(pem);
  const certificate = blocks.find(({ label }) => CERTIFICATE_LABELS.has(label));
  const parsed = certificate && parseCertificate(certificate.der);
  if (certificate === undefined || parsed === undefined) return "there is no certificate in it";
  const begin = pem.search(/-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/);
  if (begin < 0 || !blocks.some(({ label }) => KEY_LABELS.has(label))) {
    return "there is no private key in it";
  }
  try {
    const text = /-----BEGIN ((?:[A-Z]+ )*PRIVATE KEY)-----[^]*?-----END \1-----/.exec(pem)![0];
    const key = createPrivateKey({ key: text, passphrase });
    if (!["rsa", "ec"].includes(key.asymmetricKeyType ?? "")) {
      return "its key is neither RSA nor ECDSA";
    }
    if (!new X509Certificate(certificate.text).checkPrivateKey(key)) {
      return "its private key does not belong to its certificate";
    }
    return {
      certificate: certificate.text,
      subject: parsed.subjectDer,
      key: key.export({ type: "pkcs8", format: "pem" }) as string,
    };
  } catch {
    return "its private key cannot be read; 'ca-sign-pass' is its passphrase";
  }
}

const HOST = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_-]{1,63})*$/;
const DAY = 86_400_000;
/** days of a certificate; it is made anew by a reload, and before it ends */
const LIFE = 365;

/** Contexts by name, those that were not asked for longest are let go first. */
export class CertificateGenerator {
  readonly #engine: TlsEngine;
  readonly #options: Omit<ServerContextOptions, "pair">;
  readonly #signer: SigningAuthority;
  readonly #clock: Clock;
  readonly #most: number;
  /** PEM: of all certificates that are made here */
  readonly #key = makeKey({ type: "ecdsa", curve: "P-256" });
  readonly #contexts = new Map<string, { context: ServerContext; until: number }>();

  constructor(
    engine: TlsEngine,
    options: Omit<ServerContextOptions, "pair">,
    signer: SigningAuthority,
    clock: Clock,
    most: number,
  ) {
    this.#engine = engine;
    this.#options = options;
    this.#signer = signer;
    this.#clock = clock;
    this.#most = most;
  }

  /** The context for a name; undefined: it is none, or the engine does not take what was made. */
  context(name: string): ServerContext | undefined {
    const now = this.#clock.wall();
    const known = this.#contexts.get(name);
    if (known !== undefined) {
      this.#contexts.delete(name);
      if (known.until > now) {
        this.#contexts.set(name, known);
        return known.context;
      }
      known.context.free();
    }
    if (!HOST.test(name)) return undefined;
    const { subject, key, certificate } = this.#signer;
    const own = this.#key;
    const made = makeCertificate({
      names: [name],
      from: now - DAY,
      until: now + LIFE * DAY,
      key,
      issuer: subject,
      publicKey: publicKeyOf(own),
    });
    const context = this.#engine.serverContext({
      ...this.#options,
      pair: { certificates: [made, certificate], key: own },
    });
    if (typeof context === "string") return undefined;
    if (this.#contexts.size >= this.#most) {
      const [oldest, { context }] = this.#contexts.entries().next().value!;
      this.#contexts.delete(oldest);
      context.free();
    }
    this.#contexts.set(name, { context, until: now + (LIFE - 1) * DAY });
    return context;
  }

  free(): void {
    for (const { context } of this.#contexts.values()) context.free();
    this.#contexts.clear();
  }
}

/** What makes certificates on the fly, where the line says so; undefined also after a mistake. */
export function readGenerator(
  { generate, caSignFile, caSignPass }: BindTls,
  where: string,
  span: Span,
  { files, engine, global, diagnostics, clock }: SettingsReader & { readonly clock: Clock },
  options: Omit<ServerContextOptions, "pair">,
): CertificateGenerator | undefined {
  if (generate !== true) return undefined;
  if (caSignFile === undefined) {
    diagnostics.alert(span, `${where}: 'generate-certificates' needs 'ca-sign-file'`, {
      allowed: "'ca-sign-file' and a PEM file with the CA's certificate and key",
    });
    return undefined;
  }
  const path = below(global.caBase, caSignFile.path);
  const text = readText(files, path);
  const signer = text === undefined ? whyUnread(files, path) : readSigner(text, caSignPass);
  if (typeof signer === "string") {
    diagnostics.alert(caSignFile.span, `${where}: 'ca-sign-file ${path}': ${signer}`);
    return undefined;
  }
  return new CertificateGenerator(engine, options, signer, clock, global.generatedCache);
}
