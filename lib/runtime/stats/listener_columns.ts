/** What a listener has in the columns of `show stat` (management manual 9.1, type 3); it has nothing in the others. */
import { LC } from "../../state/listener.ts";
import type { ListenerSubject, StatColumn, StatValue } from "./column.ts";

const counter = (field: number) => ({ socket }: ListenerSubject) => socket.counters.total(field);
const zero = () => 0;

const VALUES: Readonly<Record<string, (subject: ListenerSubject) => StatValue>> = {
  pxname: ({ frontend }) => frontend.name,
  svname: ({ socket }) => socket.name,
  scur: ({ socket }) => socket.counters.current,
  smax: counter(LC.smax),
  slim: ({ socket }) => socket.maxconn,
  stot: counter(LC.stot),
  bin: counter(LC.bin),
  bout: counter(LC.bout),
  dreq: counter(LC.dreq),
  dresp: counter(LC.dresp),
  ereq: counter(LC.ereq),
  status: listenerStatus,
  pid: () => 1,
  iid: ({ frontend }) => frontend.id,
  sid: ({ socket }) => socket.id,
  type: () => 3,
  addr: ({ socket, legends }) => legends ? socket.address : undefined,
  mode: ({ frontend }) => frontend.mode === "http" ? "http" : "tcp",
  dcon: counter(LC.dcon),
  dses: counter(LC.dses),
  wrew: counter(LC.wrew),
  eint: counter(LC.eint),
  "-": () => "-",
  ssl_sess: zero,
  ssl_reused_sess: zero,
  ssl_failed_handshake: zero,
};

/** FULL: its own `maxconn` is reached; WAITING: another limit keeps it from accepting. */
export function listenerStatus({ socket }: ListenerSubject): "OPEN" | "FULL" | "WAITING" {
  const { counters, maxconn } = socket;
  if (maxconn > 0 && counters.current >= maxconn) return "FULL";
  return counters.waiting ? "WAITING" : "OPEN";
}

/** The column with the value that a listener has there. */
export function withListener(column: StatColumn): StatColumn {
  const listener = VALUES[column.name];
  return listener === undefined ? column : { ...column, listener };
}
