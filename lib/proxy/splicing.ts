/** Which transfers are moved inside the kernel (manual 4.2 `option splice-auto`, `splice-request`, `splice-response`). */
import type { ProxyOptions } from "../config/model.ts";
import type { ProcessContext } from "./process_context.ts";
import type { TunnelSplicing } from "./tunnel.ts";

/** Of a stream between a frontend and a backend with these options; undefined: neither direction. */
export function splicingOf(
  front: ProxyOptions,
  back: ProxyOptions,
  { pipes }: ProcessContext,
): TunnelSplicing | undefined {
  if (pipes === undefined) return undefined;
  const auto = front.spliceAuto || back.spliceAuto;
  const request = auto || front.spliceRequest || back.spliceRequest;
  const response = auto || front.spliceResponse || back.spliceResponse;
  return request || response ? { pipes, request, response } : undefined;
}
