/** `option forwardfor` and `option originalto` (manual 4.2): the client's and the proxy's address as fields. */
import type { ForwardForConfig } from "../../lib/config/model.ts";
import type { Address } from "../../lib/net/conn.ts";
import { parseNetwork } from "../../lib/net/address.ts";
import type { Stream } from "../../lib/proxy/stream.ts";
import { onRequest, type PolicyMiddleware } from "./policy.ts";

/** What frontend and backend together ask for. */
interface Merged {
  readonly header: string;
  readonly lowerHeader: string;
  readonly ifNone: boolean;
  readonly excepted: ((ip: string) => boolean) | undefined;
}

/**
 * Adds the field that `front` (the frontend's option) and `back` (the backend's) ask for; undefined when neither
 * does. The backend's name of the field wins; an address that either excepts gets none.
 */
export function addressField(
  front: ForwardForConfig | undefined,
  back: ForwardForConfig | undefined,
  defaultHeader: string,
  addressOf: (stream: Stream) => Address,
): PolicyMiddleware | undefined {
  const merged = merge(front, back, defaultHeader);
  if (merged === undefined) return undefined;
  const { header, lowerHeader, ifNone, excepted } = merged;
  return onRequest((stream) => {
    const head = stream.request!;
    const address = addressOf(stream);
    if (
      address.family !== "unix" && !(ifNone && head.find(lowerHeader) >= 0) &&
      !(excepted !== undefined && excepted(address.host))
    ) head.append(header, address.host);
    return undefined;
  });
}

function merge(
  front: ForwardForConfig | undefined,
  back: ForwardForConfig | undefined,
  defaultHeader: string,
): Merged | undefined {
  const options = [back, front].filter((o) => o !== undefined);
  if (options.length === 0) return undefined;
  const header = options.find((o) => o.header !== defaultHeader)?.header ?? options[0].header;
  const networks = options
    .map((o) => o.except === undefined ? undefined : parseNetwork(o.except))
    .filter((n) => n !== undefined);
  return {
    header,
    lowerHeader: header.toLowerCase(),
    // One side that does not say if-none is enough to add it always.
    ifNone: options.every((o) => o.ifNone),
    excepted: networks.length === 0 ? undefined : (ip) => networks.some((within) => within(ip)),
  };
}
