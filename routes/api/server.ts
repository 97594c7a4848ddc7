/** Serves the REST API on a port of its own, beside the data path: `Deno.serve` is good enough there. */
import type { ApiConfig } from "../../lib/config/model_api.ts";
import type { ApiServer } from "../../lib/runtime/api_server.ts";
import type { RuntimeHost } from "../../lib/runtime/socket/command.ts";
import { apiApp } from "./app.ts";
import { makeVerifier, type Verifier } from "./auth.ts";

/** The API of a process; it serves nothing until a configuration asks for it. */
export function createApi(host: RuntimeHost, report: (message: string) => void): ApiServer {
  return new Server(host, report);
}

const NOBODY: Verifier = () => Promise.resolve(undefined);

class Server implements ApiServer {
  readonly #report: (message: string) => void;
  readonly #app: ReturnType<typeof apiApp>;
  #verifier = NOBODY;
  #server: Deno.HttpServer | undefined;
  #place = "";

  constructor(host: RuntimeHost, report: (message: string) => void) {
    this.#report = report;
    this.#app = apiApp(host, () => this.#verifier);
  }

  adopt(config: ApiConfig | undefined): void {
    const bind = config?.bind;
    if (config === undefined || bind === undefined) return this.close();
    try {
      this.#verifier = makeVerifier(config);
    } catch (error) {
      this.#verifier = NOBODY;
      this.#report(`the REST API refuses everybody: ${reason(error)}`);
    }
    const place = `${bind.host}:${bind.port}`;
    if (place === this.#place) return;
    this.close();
    try {
      this.#server = Deno.serve({
        hostname: bind.host,
        port: bind.port,
        onListen: () => {},
        onError: () => new Response(null, { status: 500 }),
      }, (request, { remoteAddr }) => {
        const remote = "hostname" in remoteAddr ? remoteAddr.hostname : "";
        return this.#app.fetch(request, { remote });
      });
      this.#place = place;
    } catch (error) {
      this.#report(`the REST API cannot listen at ${place}: ${reason(error)}`);
    }
  }

  close(): void {
    this.#place = "";
    this.#server?.shutdown().catch(() => {});
    this.#server = undefined;
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
