/** The example servers that stand behind sluice in the demonstration. */
import { htmlPage, textPage } from "./page.ts";

export interface DemoServer {
  readonly name: string;
  readonly port: number;
  /** Stops it for good. */
  close(): Promise<void>;
}

/** How long a server that was asked to break stays away, ms. */
export const BREAK_MS = 10_000;

/**
 * Starts a server on a free port of 127.0.0.1. `/break` makes it go away for ten seconds, so that health checks
 * have something to see; `/slow` answers after two seconds.
 */
export function startDemoServer(
  name: string,
  colour: string,
  say: (line: string) => void,
): DemoServer {
  let served = 0;
  let closed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const handler = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    served++;
    if (url.pathname === "/break") {
      setTimeout(pause, 50);
      return new Response(`${name} goes away for ${BREAK_MS / 1000} seconds\n`);
    }
    if (url.pathname === "/slow") await new Promise((resolve) => setTimeout(resolve, 2000));
    const answer = {
      name,
      colour,
      method: request.method,
      path: url.pathname + url.search,
      served,
      fields: request.headers,
    };
    const html = request.headers.get("accept")?.includes("text/html") === true;
    return new Response(html ? htmlPage(answer) : textPage(answer), {
      headers: { "content-type": `text/${html ? "html" : "plain"}; charset=utf-8` },
    });
  };

  const listen = (port: number) =>
    Deno.serve({ hostname: "127.0.0.1", port, onListen: () => undefined }, handler);
  let server = listen(0);
  const port = server.addr.port;

  async function pause(): Promise<void> {
    if (timer !== undefined || closed) return;
    say(`${name} goes away`);
    timer = setTimeout(() => {
      timer = undefined;
      if (closed) return;
      server = listen(port);
      say(`${name} is back`);
    }, BREAK_MS);
    await server.shutdown();
  }

  return {
    name,
    port,
    async close() {
      closed = true;
      clearTimeout(timer);
      await server.shutdown();
    },
  };
}
