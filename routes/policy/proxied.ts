/** `option http-use-proxy-header` (manual 4.2): requests for the proxy that stands behind this one. */
import { readProxyConnection } from "../../lib/http1/framing.ts";
import { onRequest, type PolicyMiddleware } from "./policy.ts";

/** Marks requests whose target begins with neither `/` nor `*`; undefined when the option is not set. */
export function requestsForProxies(wanted: boolean): PolicyMiddleware | undefined {
  if (!wanted) return undefined;
  return onRequest((stream) => {
    const request = stream.request!;
    if (!/^[/*]/.test(request.target)) {
      stream.proxied = true;
      readProxyConnection(request);
    }
    return undefined;
  });
}
