/** How an ACME client speaks to an authority: requests as values, bounded in time and size. */

export interface AcmeRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: string;
  /** JSON of a signed message (RFC 8555 6.2) */
  readonly body?: string;
}

export interface AcmeResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly text: string;
}

/** Rejects when there is no answer. */
export type AcmeHttp = (request: AcmeRequest) => Promise<AcmeResponse>;

/** ms that a request may take */
const TIMEOUT = 30_000;
/** characters of an answer that are read */
const LONGEST = 1 << 20;

/** Requests over HTTPS; `ca`: PEM of who certifies the authority's server, the system's when it is not given. */
export function acmeHttp(ca: string | undefined): { http: AcmeHttp; close(): void } {
  const client = Deno.createHttpClient(ca === undefined ? {} : { caCerts: [ca] });
  return {
    http: async ({ method, url, body }) => {
      const response = await fetch(
        url,
        {
          client,
          method,
          body,
          headers: {
            "user-agent": "sluice",
            ...body === undefined ? {} : { "content-type": "application/jose+json" },
          },
          signal: AbortSignal.timeout(TIMEOUT),
        } as RequestInit & { client: Deno.HttpClient },
      );
      let text = "";
      for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        text += part;
        if (text.length > LONGEST) throw new Error("the answer is too long");
      }
      return { status: response.status, headers: response.headers, text };
    },
    close: () => client.close(),
  };
}
