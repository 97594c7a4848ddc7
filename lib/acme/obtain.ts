/** Getting one certificate (RFC 8555 7.1): order, proof of each name, request, certificate. */
import type { Clock } from "../net/clock.ts";
import { makeRequest } from "../net/tls/issue.ts";
import { parsePem } from "../net/tls/pem.ts";
import { type AcmeClient, AcmeError, errorOf, type Resource } from "./client.ts";

export interface Proof {
  readonly domain: string;
  readonly token: string;
  /** token and thumbprint of the account's key */
  readonly answer: string;
}

export interface ObtainOptions {
  readonly client: AcmeClient;
  readonly clock: Clock;
  readonly domains: readonly string[];
  readonly challenge: "http-01" | "tls-alpn-01";
  readonly profile?: string;
  /** PEM of the certificate's key */
  readonly key: string;
  /** Answers to be given from now on, in all threads. */
  readonly publish: (proofs: readonly Proof[]) => void | Promise<void>;
}

/** ms between two questions whether something is ready, when the authority does not say */
const POLL = 2000;
const LONGEST_POLL = 60_000;
/** ms that an authority may take for one step */
const PATIENCE = 300_000;

/** The certificate and its chain, as PEM. Throws AcmeError. */
export async function obtain(options: ObtainOptions): Promise<string> {
  const { client, domains, key, publish } = options;
  let order = await client.order(domains, options.profile);
  const proofs: { proof: Proof; authorization: string; url: string }[] = [];
  for (const url of stringsOf(order.body.authorizations)) {
    const found = await open(options, url);
    if (found !== undefined) proofs.push(found);
  }
  try {
    if (proofs.length > 0) await publish(proofs.map(({ proof }) => proof));
    for (const { url } of proofs) await client.post(url, {});
    for (const { authorization } of proofs) {
      await until(options, authorization, "valid", ["pending", "processing"]);
    }
  } finally {
    if (proofs.length > 0) await publish([]);
  }
  order = await until(options, order.url, "ready", ["pending"], ["processing", "valid"]);
  if (order.body.status === "ready") {
    const csr = makeRequest(domains, key).toBase64({ alphabet: "base64url", omitPadding: true });
    await client.post(textOf(order.body.finalize), { csr });
    order = await until(options, order.url, "valid", ["ready", "processing"]);
  }
  const { text } = await client.get(textOf(order.body.certificate));
  if (!parsePem(text).some(({ label }) => label === "CERTIFICATE")) {
    throw new AcmeError("what the authority gave is no certificate");
  }
  return text;
}

/** The challenge of an authorization; undefined: the name is proved already. */
async function open(
  { client, challenge }: ObtainOptions,
  authorization: string,
): Promise<{ proof: Proof; authorization: string; url: string } | undefined> {
  const { body } = await client.get(authorization);
  if (body.status === "valid") return undefined;
  const domain = textOf(body.identifier?.value).toLowerCase();
  const list: unknown[] = Array.isArray(body.challenges) ? body.challenges : [];
  const offers = list as { type?: unknown; token?: unknown; url?: unknown }[];
  const found = offers.find(({ type }) => type === challenge);
  if (found === undefined) {
    const types = offers.map(({ type }) => String(type)).join(", ");
    throw new AcmeError(`the authority does not take ${challenge} for '${domain}', but ${types}`);
  }
  const token = textOf(found.token);
  // RFC 8555 8: base64url; it goes into a path, and back into an answer.
  if (!/^[A-Za-z0-9_-]{1,256}$/.test(token)) throw new AcmeError("its token is none");
  const answer = `${token}.${await client.thumbprint}`;
  return { proof: { domain, token, answer }, authorization, url: textOf(found.url) };
}

/** Asks until a resource has become `wanted` (or one of `also`). Throws when it becomes anything else. */
async function until(
  { client, clock }: ObtainOptions,
  url: string,
  wanted: string,
  waiting: readonly string[],
  also: readonly string[] = [],
): Promise<Resource> {
  const end = clock.now() + PATIENCE;
  for (;;) {
    const resource = { ...await client.get(url), url };
    const { status } = resource.body;
    if (status === wanted || also.includes(status)) return resource;
    if (!waiting.includes(status)) throw failureOf(resource);
    if (clock.now() > end) throw new AcmeError("the authority takes too long");
    await sleep(clock, Math.min(resource.retryAfter ?? POLL, LONGEST_POLL));
  }
}

/** Why an order or an authorization has become invalid. */
function failureOf({ body }: Resource): AcmeError {
  const challenges: unknown[] = Array.isArray(body.challenges) ? body.challenges : [];
  const failed = (challenges as { error?: Record<string, unknown> }[])
    .find(({ error }) => error !== undefined);
  const name = typeof body.identifier?.value === "string" ? `'${body.identifier.value}': ` : "";
  const error = errorOf(failed?.error ?? body.error, 0);
  return new AcmeError(
    `${name}${failed || body.error ? error.message : `it has become ${String(body.status)}`}`,
    error.type,
  );
}

function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}

function textOf(value: unknown): string {
  if (typeof value !== "string") throw new AcmeError("its answer is not that of ACME");
  return value;
}

function stringsOf(value: unknown): string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > 1000) {
    throw new AcmeError("its answer is not that of ACME");
  }
  return value.map(textOf);
}
