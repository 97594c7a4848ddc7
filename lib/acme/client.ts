/** The messages of ACME (RFC 8555): signed, with nonces; errors as AcmeError. No clock, no files. */
import type { AccountKey } from "./account_key.ts";
import type { AcmeHttp, AcmeResponse } from "./http.ts";

/** A refusal of the authority, or an answer that is none. */
export class AcmeError extends Error {
  constructor(
    message: string,
    /** `rateLimited`, `badNonce`, …; empty: the authority did not say */
    readonly type: string = "",
    /** ms after which it may be tried again, where the authority says so */
    readonly retryAfter: number | undefined = undefined,
  ) {
    super(message);
  }
}

interface Directory {
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
  readonly meta?: { readonly externalAccountRequired?: boolean };
}

/** A resource: what the authority says about it now. */
export interface Resource {
  readonly url: string;
  // deno-lint-ignore no-explicit-any
  readonly body: any;
  readonly text: string;
  /** ms */
  readonly retryAfter: number | undefined;
}

/** How often a message is sent again because the authority did not like its nonce (RFC 8555 6.5). */
const NONCE_TRIES = 5;
const URN = "urn:ietf:params:acme:error:";

export class AcmeClient {
  readonly #http: AcmeHttp;
  readonly #url: string;
  readonly #key: AccountKey;
  readonly #wall: () => number;
  #directory: Directory | undefined;
  #nonce: string | undefined;
  #account: string | undefined;

  constructor(http: AcmeHttp, directory: string, key: AccountKey, wall: () => number) {
    this.#http = http;
    this.#url = directory;
    this.#key = key;
    this.#wall = wall;
  }

  get thumbprint(): Promise<string> {
    return this.#key.thumbprint;
  }

  /** Makes the account, or finds the one of this key. Throws AcmeError. */
  async enter(contacts: readonly string[]): Promise<void> {
    if (this.#account !== undefined) return;
    const { newAccount, meta } = await this.#places();
    if (meta?.externalAccountRequired === true) {
      throw new AcmeError("the authority wants an account that was opened elsewhere");
    }
    const { url } = await this.post(newAccount, {
      termsOfServiceAgreed: true,
      ...contacts.length === 0 ? {} : { contact: contacts.map((each) => `mailto:${each}`) },
    });
    if (url === "") throw new AcmeError("the authority did not name the account");
    this.#account = url;
  }

  /** Orders a certificate for these names. Throws AcmeError. */
  async order(domains: readonly string[], profile: string | undefined): Promise<Resource> {
    const { newOrder } = await this.#places();
    const identifiers = domains.map((value) => ({ type: "dns", value }));
    return await this.post(newOrder, { identifiers, profile });
  }

  /** Asks for a resource. Throws AcmeError. */
  get(url: string): Promise<Resource> {
    return this.post(url, undefined);
  }

  /** Sends a message; again, when only its nonce was wrong. Throws AcmeError. */
  async post(url: string, payload: unknown): Promise<Resource> {
    for (let left = NONCE_TRIES;; left--) {
      const nonce = this.#nonce ?? await this.#freshNonce();
      this.#nonce = undefined;
      const body = await this.#key.sign(url, nonce, this.#account, payload);
      const response = await this.#send({ method: "POST", url, body });
      if (response.status < 400) return this.#resource(response, url);
      const error = this.#error(response);
      if (error.type !== "badNonce" || left <= 1) throw error;
    }
  }

  async #places(): Promise<Directory> {
    if (this.#directory !== undefined) return this.#directory;
    const response = await this.#send({ method: "GET", url: this.#url });
    const found = response.status === 200 ? parse(response.text) : undefined;
    for (const name of ["newNonce", "newAccount", "newOrder"]) {
      if (typeof found?.[name] !== "string") {
        throw new AcmeError(`${this.#url} is no directory of ACME (status ${response.status})`);
      }
    }
    return this.#directory = found as unknown as Directory;
  }

  async #freshNonce(): Promise<string> {
    const { newNonce } = await this.#places();
    await this.#send({ method: "HEAD", url: newNonce });
    if (this.#nonce === undefined) throw new AcmeError("the authority gave no nonce");
    return this.#nonce;
  }

  async #send(request: Parameters<AcmeHttp>[0]): Promise<AcmeResponse> {
    let response: AcmeResponse;
    try {
      response = await this.#http(request);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new AcmeError(`the authority cannot be reached: ${why}`);
    }
    this.#nonce = response.headers.get("replay-nonce") ?? this.#nonce;
    return response;
  }

  #resource(response: AcmeResponse, asked: string): Resource {
    const place = response.headers.get("location");
    return {
      url: place === null ? asked : new URL(place, asked).href,
      body: parse(response.text) ?? {},
      text: response.text,
      retryAfter: this.#retryAfter(response),
    };
  }

  #error(response: AcmeResponse): AcmeError {
    return errorOf(parse(response.text), response.status, this.#retryAfter(response));
  }

  /** RFC 9110 10.2.3: seconds, or a date. */
  #retryAfter({ headers }: AcmeResponse): number | undefined {
    const text = headers.get("retry-after");
    if (text === null) return undefined;
    const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - this.#wall();
    return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
  }
}

/** What a problem document (RFC 7807) says. */
export function errorOf(
  problem: Record<string, unknown> | undefined,
  status: number,
  retryAfter?: number,
): AcmeError {
  const type = String(problem?.type ?? "").replace(URN, "");
  const detail = printable(problem?.detail);
  const parts = Array.isArray(problem?.subproblems)
    ? problem.subproblems.map((each) => printable(each?.detail)).filter((each) => each !== "")
    : [];
  const text = [detail, ...parts].filter((each) => each !== "").join("; ");
  return new AcmeError(
    `the authority refuses: ${text || `status ${status}`}${type === "" ? "" : ` (${type})`}`,
    type,
    retryAfter,
  );
}

/** Text of others that goes into a log line. */
function printable(value: unknown): string {
  return typeof value === "string" ? value.replace(/[^\x20-\x7e]+/g, " ").slice(0, 400) : "";
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
