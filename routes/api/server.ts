/** Serves the REST API on a port of its own, beside the data path: `Deno.serve` is good enough there. */
import type { ApiConfig } from "../../lib/config/model_api.ts";
import type { ApiServer } from "../../lib/runtime/api_server.ts";
import type { RuntimeHost } from "../../lib/runtime/socket/command.ts";
import { apiApp } from "./app.ts";
import { serveTls } from "./tls_server.ts";
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
  #close: (() => void) | undefined;
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
    try {
      const { span: _, ...meaning } = config;
      // Another certificate under the same name is another place.
      const files = [config.crt, config.clientCa].map((path) =>
        path && Deno.readTextFileSync(path)
      );
      const place = config.crt === undefined
        ? `${bind.host}:${bind.port}`
        : JSON.stringify([meaning, files]);
      if (place === this.#place) return;
      this.close();
      this.#close = config.crt === undefined ? this.#serve(bind) : this.#serveTls(config);
      this.#place = place;
    } catch (error) {
      this.#report(`the REST API cannot listen at ${bind.host}:${bind.port}: ${reason(error)}`);
    }
  }

  close(): void {
    this.#place = "";
    this.#close?.();
    this.#close = undefined;
  }

  #serve(bind: NonNullable<ApiConfig["bind"]>): () => void {
    const server = Deno.serve({
      hostname: bind.host,
      port: bind.port,
      onListen: () => {},
      onError: () => new Response(null, { status: 500 }),
    }, (request, { remoteAddr }) => {
      const remote = "hostname" in remoteAddr ? remoteAddr.hostname : "";
      return this.#app.fetch(request, { remote });
    });
    return () => void server.shutdown().catch(() => {});
  }

  #serveTls(config: ApiConfig): () => void {
    const server = serveTls(
      config,
      (request, client) => this.#app.fetch(request, client),
      (error) => this.#report(`the REST API: ${reason(error)}`),
    );
    return () => {
      server.close();
      server.closeIdleConnections();
    };
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
