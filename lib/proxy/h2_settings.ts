/** What sluice tells its HTTP/2 peers, from the configuration (manual 3.2 `tune.h2.*`). */
import type { H2Tune } from "../config/model_h2.ts";
import type { LocalSettings } from "../http2/settings.ts";

/** Bytes that all streams of one connection may be sent ahead, at least; a stream's own window holds beside it. */
const CONNECTION_WINDOW = 1 << 20;

/** The settings of clients' connections, or of servers'; `headBytes`: a head's bound. */
export function h2Settings(
  tune: H2Tune,
  side: "frontend" | "backend",
  headBytes: number,
): LocalSettings {
  const own = tune[side];
  const initialWindowSize = own.initialWindowSize ?? tune.initialWindowSize;
  return {
    headerTableSize: tune.headerTableSize,
    maxConcurrentStreams: own.maxConcurrentStreams ?? tune.maxConcurrentStreams,
    initialWindowSize,
    connectionWindow: Math.max(CONNECTION_WINDOW, initialWindowSize),
    maxFrameSize: tune.maxFrameSize,
    maxHeaderListSize: headBytes,
    enableConnectProtocol: true,
  };
}
