/** `option http-buffer-request` (manual 4.2): the request's body is waited for before any rule runs. */
import type { ProxyConfig } from "../../lib/config/model.ts";
import { failure } from "../../lib/proxy/failure.ts";
import { ANSWERED, type PolicyMiddleware } from "./policy.ts";

/** ms, when no timeout is configured */
const NO_LIMIT = 2 ** 31 - 1;

/** undefined: the option is not set */
export function bufferRequest({ options }: ProxyConfig): PolicyMiddleware | undefined {
  if (!options.httpBufferRequest) return undefined;
  return async (c, next) => {
    const stream = c.env;
    const { httpRequest, client } = stream.frontend.config.timeouts;
    // `timeout http-request` covers the whole request then (manual 4.2): what the head took is gone.
    const spent = stream.process.now() - stream.requestStartAt;
    const left = Math.max(1, (httpRequest ?? client ?? NO_LIMIT) - spent);
    const waiting = stream.awaitRequestBody(left, 0);
    const status = waiting === 0 ? 0 : await waiting;
    if (status === 0) return await next();
    stream.reply = failure(stream, status);
    return ANSWERED;
  };
}
