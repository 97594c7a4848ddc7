/** The timers of the log as samples, in ms (manual of HAProxy 3.0, section 7.3.7); none before their instant. */
import * as timers from "../log_timers.ts";
import type { FetchRow, Need } from "../rows.ts";

const row = (name: string, needs: Need, doc: string, read: timers.Timer): FetchRow => ({
  name,
  args: [],
  type: "sint",
  needs,
  doc,
  section: "8.4",
  make: () => (stream) => {
    const ms = read(stream);
    return ms < 0 ? undefined : ms;
  },
});

export const TIMER_FETCHES: readonly FetchRow[] = [
  row("bc.timer.connect", "server", "ms to connect to the server, as `%Tc`", timers.connectTime),
  row("fc.timer.handshake", "client", "ms of handshakes, as `%Th`", timers.handshake),
  row("fc.timer.total", "final", "ms since the accept, as `%Tt`", timers.totalTime),
  row("req.timer.hdr", "requestKept", "ms to receive the request, as `%TR`", timers.requestTime),
  row("req.timer.idle", "requestKept", "idle ms before the request, as `%Ti`", timers.idleTime),
  row("req.timer.queue", "server", "ms in queues, as `%Tw`", timers.queueTime),
  row(
    "req.timer.tq",
    "requestKept",
    "ms until the request was there, as `%Tq`",
    timers.wholeRequestTime,
  ),
  row("res.timer.data", "final", "ms to transfer the response, as `%Td`", timers.dataTime),
  row(
    "res.timer.hdr",
    "responseKept",
    "ms until the server's response, as `%Tr`",
    timers.responseTime,
  ),
  row(
    "txn.timer.total",
    "final",
    "ms of the request while it was active, as `%Ta`",
    timers.activeTime,
  ),
  row("txn.timer.user", "final", "ms as the user sees it, as `%Tu`", timers.userTime),
];
