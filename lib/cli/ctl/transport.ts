/** How `sluice ctl` reaches a running process: its runtime socket, or its REST API. */
import { Buffer } from "node:buffer";
import { connect } from "node:net";

/** Gives one command of the runtime socket; rejects with a sentence. */
export type Ask = (command: string) => Promise<string>;

/** ms without an answer after which nobody is there */
const TIMEOUT_MS = 30_000;

/** A Unix socket's path, or `address:port`. */
export function askSocket(place: string): Ask {
  return (command) =>
    new Promise((resolve, reject) => {
      const colon = place.lastIndexOf(":");
      const tcp = !place.includes("/") && colon > 0;
      const socket = tcp
        ? connect(Number(place.slice(colon + 1)), place.slice(0, colon).replace(/^\[|\]$/g, ""))
        : connect(place);
      const parts: Buffer[] = [];
      socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error("there is no answer")));
      socket.on("error", (error) => reject(new Error(`${place}: ${error.message}`)));
      socket.on("data", (part: string | Uint8Array) => parts.push(Buffer.from(part as string)));
      socket.on("end", () => resolve(Buffer.concat(parts).toString().replace(/\n\n$/, "\n")));
      socket.write(`${command}\n`);
    });
}

/** What says who asks, and whom to believe, all PEM. */
export interface ApiCredentials {
  readonly token?: string;
  /** certificate and key of this client */
  readonly cert?: string;
  readonly key?: string;
  /** authority of the API's certificate */
  readonly ca?: string;
}

/** The API at `url`, with a token or a client certificate. */
export function askApi(url: string, { token, cert, key, ca }: ApiCredentials): Ask {
  const own = cert === undefined && ca === undefined ? undefined : Deno.createHttpClient({
    ...(ca === undefined ? {} : { caCerts: [ca] }),
    ...(cert === undefined ? {} : { cert, key: key ?? cert }),
  });
  const bearer: Record<string, string> = token === undefined
    ? {}
    : { authorization: `Bearer ${token}` };
  return async (command) => {
    const answer = await fetch(`${url.replace(/\/+$/, "")}/v1/commands`, {
      method: "POST",
      headers: { ...bearer, "content-type": "application/json" },
      ...(own && { client: own }),
      body: JSON.stringify({ command }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const body = await answer.json();
    if (!answer.ok) throw new Error(`${url}: ${body.error ?? answer.status}`);
    return body.answer;
  };
}
