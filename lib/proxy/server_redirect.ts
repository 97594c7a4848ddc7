/**
 * `redir` of a server (manual 5.2): GET and HEAD requests that it is chosen for are answered with 302 and its prefix in
 * place of the site, all others it serves itself.
 */
import type { Server } from "../balance/server.ts";
import { pathStart } from "../expr/target.ts";
import { assign } from "./assign.ts";
import type { Backend } from "./backend.ts";
import { unserved } from "./failure.ts";
import { forward } from "./forward.ts";
import type { HttpSession } from "./http_session.ts";
import { NO_BODY, type Reply } from "./reply.ts";
import { replyOfRule } from "./rule_reply.ts";
import type { Stream } from "./stream.ts";

/** True when a server of the backend redirects. */
export function hasRedirects({ config }: Backend): boolean {
  return config.servers.some(({ redir }) => redir !== undefined);
}

/** As `forward`, in a backend that has such servers. */
export async function redirectOrForward(
  stream: Stream,
  session: HttpSession,
  backend: Backend,
): Promise<unknown> {
  const { method, target } = stream.request!;
  const path = pathStart(target);
  if ((method !== "GET" && method !== "HEAD") || path < 0) return forward(stream, session, backend);
  const assigned = assign(stream, backend, session.process);
  const server = assigned instanceof Promise ? await assigned : assigned;
  if (server === undefined) return stream.reply = unserved(stream);
  if (server.config.redir === undefined) return forward(stream, session, backend, server);
  return stream.reply = redirect(stream, backend, server, target.slice(path));
}

function redirect(stream: Stream, backend: Backend, server: Server, rest: string): Reply {
  backend.pool.release(server);
  stream.slot = undefined;
  stream.fail("L", "C");
  stream.closeClient = true;
  return replyOfRule({
    status: 302,
    headers: [
      ["cache-control", "no-cache"],
      ["content-length", "0"],
      ["location", server.config.redir! + rest],
    ],
    body: NO_BODY,
  });
}
