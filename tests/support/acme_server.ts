/**
 * An authority that speaks ACME (RFC 8555), for tests: it verifies every signature, nonce and URL, visits by http-01 and
 * tls-alpn-01, and certifies by OpenSSL. It can be told to refuse. In memory (`handle`), or over HTTPS (`serve`).
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { calculateJwkThumbprint, flattenedVerify, importJWK, type JWK } from "jose";
import type { AcmeRequest, AcmeResponse } from "../../lib/acme/http.ts";
import { armor, parsePem } from "../../lib/net/tls/pem.ts";
import { Authority, type IssueOptions } from "./certificates.ts";
import { run } from "./process.ts";
import type { Scope } from "./scope.ts";

interface Order {
  readonly domains: readonly string[];
  status: string;
  readonly authorizations: readonly string[];
  certificate?: string;
  error?: unknown;
}
interface Authorization {
  readonly domain: string;
  status: string;
  readonly challenges: {
    type: string;
    token: string;
    url: string;
    status: string;
    error?: unknown;
  }[];
}

export interface AcmeServerOptions {
  readonly authority?: Authority;
  /** where proxies are visited */
  readonly httpPort?: number;
  readonly tlsPort?: number;
  /** instead of a visit: is the answer there? */
  readonly visit?: (
    type: string,
    domain: string,
    token: string,
    answer: string,
  ) => Promise<boolean>;
  /** what challenges are offered */
  readonly challenges?: readonly string[];
}

const problem = (status: number, type: string, detail: string, headers = {}) => ({
  status,
  headers,
  body: { type: `urn:ietf:params:acme:error:${type}`, detail, status },
});
type Answer = { status: number; headers: Record<string, string>; body: unknown };

export class AcmeServer {
  readonly authority: Authority;
  /** what is asked next is refused so; each once */
  readonly refusals: Answer[] = [];
  /** paths that were asked for */
  readonly log: string[] = [];
  /** dates of certificates */
  dates: Pick<IssueOptions, "days" | "notBefore" | "notAfter"> = { days: 90 };
  /** accounts by URL */
  readonly accounts = new Map<string, { jwk: JWK; contact?: readonly string[] }>();
  issued = 0;
  /** nonces that are refused, from now on */
  badNonces = 0;
  url = "https://acme.test";
  readonly #options: AcmeServerOptions;
  readonly #nonces = new Set<string>();
  readonly #orders: Order[] = [];
  readonly #authorizations: Authorization[] = [];

  constructor(options: AcmeServerOptions = {}) {
    this.#options = options;
    this.authority = options.authority ?? Authority.make("ACME");
  }

  get directory(): string {
    return `${this.url}/directory`;
  }

  /** Over HTTPS at 127.0.0.1, until the scope ends. Answers PEM of who certifies it. */
  serve(scope: Scope): string {
    const transport = Authority.make("Transport");
    const { certificate, key } = transport.issue({ names: ["127.0.0.1"] });
    const server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      cert: certificate,
      key,
      onListen: () => {},
    }, async (request) => {
      const method = request.method as AcmeRequest["method"];
      const body = method === "POST" ? await request.text() : undefined;
      const type = request.headers.get("content-type");
      if (body !== undefined && type !== "application/jose+json") {
        return new Response("", { status: 415 });
      }
      const answer = await this.#answer({ method, url: request.url, body });
      return new Response(method === "HEAD" ? null : textOf(answer), {
        status: answer.status,
        headers: answer.headers,
      });
    });
    this.url = `https://127.0.0.1:${server.addr.port}`;
    scope.defer("ACME server", () => server.shutdown());
    return transport.certificate;
  }

  readonly handle = async (request: AcmeRequest): Promise<AcmeResponse> => {
    const answer = await this.#answer(request);
    return { status: answer.status, headers: new Headers(answer.headers), text: textOf(answer) };
  };

  refuse(status: number, type: string, detail: string, headers: Record<string, string> = {}): void {
    this.refusals.push(problem(status, type, detail, headers));
  }

  async #answer(request: AcmeRequest): Promise<Answer> {
    const nonce = crypto.randomUUID();
    this.#nonces.add(nonce);
    const answer = await this.#route(request);
    return { ...answer, headers: { ...answer.headers, "replay-nonce": nonce } };
  }

  async #route({ method, url, body }: AcmeRequest): Promise<Answer> {
    const path = url.slice(this.url.length);
    this.log.push(`${method} ${path}`);
    if (path === "/directory") {
      const at = (name: string) => `${this.url}/${name}`;
      const places = {
        newNonce: at("new-nonce"),
        newAccount: at("new-account"),
        newOrder: at("new-order"),
      };
      return { status: 200, headers: {}, body: places };
    }
    if (path === "/new-nonce") return { status: 200, headers: {}, body: "" };
    if (method !== "POST") return problem(405, "malformed", "POST only");
    const message = JSON.parse(body!);
    const header = JSON.parse(atob(message.protected.replace(/-/g, "+").replace(/_/g, "/")));
    if (!this.#nonces.delete(header.nonce) || this.badNonces-- > 0) {
      return problem(400, "badNonce", "this nonce is not good");
    }
    this.badNonces = Math.max(0, this.badNonces);
    if (header.url !== url) return problem(401, "unauthorized", "signed for another URL");
    const account = header.kid === undefined ? undefined : this.accounts.get(header.kid);
    const jwk: JWK | undefined = account?.jwk ?? (path === "/new-account" ? header.jwk : undefined);
    if (jwk === undefined) return problem(400, "accountDoesNotExist", "who is that?");
    let payload: Uint8Array;
    try {
      payload = (await flattenedVerify(message, await importJWK(jwk, header.alg))).payload;
    } catch {
      return problem(401, "unauthorized", "the signature is wrong");
    }
    const refusal = this.refusals.shift();
    if (refusal !== undefined) return refusal;
    const text = new TextDecoder().decode(payload);
    const asked = text === "" ? undefined : JSON.parse(text);
    const thumbprint = await calculateJwkThumbprint(jwk);
    const [, kind, id] = path.split("/");
    switch (kind) {
      case "new-account": {
        const place = `${this.url}/account/${thumbprint}`;
        const known = this.accounts.has(place);
        if (!known) this.accounts.set(place, { jwk, contact: asked.contact });
        return { status: known ? 200 : 201, headers: { location: place }, body: {} };
      }
      case "new-order":
        return this.#newOrder(asked.identifiers.map(({ value }: { value: string }) => value));
      case "order":
        return this.#show(Number(id));
      case "authorization":
        return { status: 200, headers: {}, body: this.#authorization(Number(id)) };
      case "challenge":
        return this.#visit(id, thumbprint);
      case "finalize":
        return this.#finalize(Number(id), asked.csr);
      case "certificate":
        return { status: 200, headers: {}, body: this.#orders[Number(id)].certificate! };
    }
    return problem(404, "malformed", "there is nothing here");
  }

  #newOrder(domains: string[]): Answer {
    const authorizations = domains.map((domain) => {
      const id = this.#authorizations.length;
      const types = this.#options.challenges ?? ["dns-01", "http-01", "tls-alpn-01"];
      this.#authorizations.push({
        domain,
        status: "pending",
        challenges: types.map((type) => ({
          type,
          token: crypto.randomUUID().replaceAll("-", ""),
          url: `${this.url}/challenge/${id}.${type}`,
          status: "pending",
        })),
      });
      return `${this.url}/authorization/${id}`;
    });
    this.#orders.push({ domains, status: "pending", authorizations });
    const id = this.#orders.length - 1;
    const answer = this.#show(id);
    return { ...answer, status: 201, headers: { location: `${this.url}/order/${id}` } };
  }

  #authorization(id: number) {
    const { domain, ...rest } = this.#authorizations[id];
    return { ...rest, identifier: { type: "dns", value: domain } };
  }

  #show(id: number): Answer {
    const order = this.#orders[id];
    if (order.status === "pending") {
      const states = order.authorizations.map((url) =>
        this.#authorizations[Number(url.split("/").at(-1))].status
      );
      if (states.includes("invalid")) order.status = "invalid";
      else if (states.every((state) => state === "valid")) order.status = "ready";
    }
    const { domains, certificate, ...rest } = order;
    const body = {
      ...rest,
      identifiers: domains.map((value) => ({ type: "dns", value })),
      finalize: `${this.url}/finalize/${id}`,
      ...certificate === undefined ? {} : { certificate: `${this.url}/certificate/${id}` },
    };
    return { status: 200, headers: { "retry-after": "0" }, body };
  }

  /** The visit happens later, as with a real one. */
  #visit(id: string, thumbprint: string): Answer {
    const [number, type] = id.split(".");
    const authorization = this.#authorizations[Number(number)];
    const challenge = authorization.challenges.find((each) => each.type === type)!;
    authorization.status = challenge.status = "processing";
    const { domain } = authorization;
    const visit = this.#options.visit ?? ((...args) => this.#reallyVisit(...args));
    visit(type, domain, challenge.token, `${challenge.token}.${thumbprint}`).catch(() => false)
      .then((good) => {
        authorization.status = challenge.status = good ? "valid" : "invalid";
        if (!good) {
          challenge.error = problem(403, "unauthorized", `${type} of ${domain} has failed`).body;
        }
      });
    return { status: 200, headers: {}, body: challenge };
  }

  async #reallyVisit(type: string, domain: string, token: string, answer: string) {
    if (type === "http-01") {
      const url = `http://127.0.0.1:${this.#options.httpPort}/.well-known/acme-challenge/${token}`;
      const response = await fetch(url, { headers: { host: domain }, redirect: "manual" });
      return await response.text() === answer && response.status === 200;
    }
    const der = await alpnCertificate(this.#options.tlsPort!, domain);
    const digest = createHash("sha256").update(answer).digest();
    // OID 1.3.6.1.5.5.7.1.31, critical, an octet string in an octet string
    const wanted = Uint8Array.of(0x06, 8, 0x2b, 6, 1, 5, 5, 7, 1, 0x1f, 1, 1, 0xff, 4, 34, 4, 32);
    return Buffer.from(der).includes(Buffer.concat([wanted, digest]));
  }

  #finalize(id: number, csr: string): Answer {
    const order = this.#orders[id];
    if (order.status !== "ready") return problem(403, "orderNotReady", "it is not ready");
    const request = armor(
      "CERTIFICATE REQUEST",
      Uint8Array.fromBase64(csr, { alphabet: "base64url" }),
    );
    order.certificate = this.authority.sign(request, { names: order.domains, ...this.dates });
    order.status = "valid";
    this.issued++;
    return this.#show(id);
  }
}

function textOf({ body }: Answer): string {
  return typeof body === "string" ? body : JSON.stringify(body);
}

/** What a TLS server shows to somebody who offers `acme-tls/1` alone. */
async function alpnCertificate(port: number, name: string): Promise<Uint8Array> {
  const { stdout } = await run([
    "sh",
    "-c",
    `openssl s_client -connect 127.0.0.1:${port} -servername ${name} -alpn acme-tls/1 </dev/null`,
  ]);
  if (!stdout.includes("ALPN protocol: acme-tls/1")) {
    throw new Error("it does not speak acme-tls/1");
  }
  return parsePem(stdout)[0].der;
}
