/**
 * `option http-buffer-request` (manual 4.2): the request's body is waited for before any rule runs. `balance url_param
 * check_post` does the same with POST requests, whose bodies name their servers.
 */
import type { ProxyConfig } from "../../lib/config/model.ts";
import { failure } from "../../lib/proxy/failure.ts";
import { ANSWERED, onRequest, type PolicyMiddleware } from "./policy.ts";

/** ms, when no timeout is configured */
const NO_LIMIT = 2 ** 31 - 1;

/** undefined: nothing is waited for */
export function bufferRequest(
  { options, kind, balance }: ProxyConfig,
): PolicyMiddleware | undefined {
  const all = options.httpBufferRequest;
  if (!all && (kind === "frontend" || balance.settings?.checkPost !== true)) return undefined;
  return onRequest((stream) => {
    if (!all && stream.request!.method !== "POST") return undefined;
    const { httpRequest, client } = stream.frontend.config.timeouts;
    // `timeout http-request` covers the whole request then (manual 4.2): what the head took is gone.
    const spent = stream.process.now() - stream.requestStartAt;
    const left = Math.max(1, (httpRequest ?? client ?? NO_LIMIT) - spent);
    const waiting = stream.awaitRequestBody(left, 0);
    if (waiting === 0) return undefined;
    return waiting.then((status) => {
      if (status === 0) return undefined;
      stream.reply = failure(stream, status);
      return ANSWERED;
    });
  });
}
