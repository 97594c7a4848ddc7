/**
 * Connecting from one of a range of source ports (manual 5.2 `source`), over any transport: the ports in turn, past those
 * that are in use.
 */
import type {
  Conn,
  ConnectFailure,
  Connecting,
  ConnectOptions,
  Target,
  Transport,
} from "./conn.ts";

/** A local address with the first and the last port of the range. */
export interface SourceRange {
  readonly host: string;
  readonly port?: number;
  /** undefined: there is no range */
  readonly lastPort?: number;
  /** see ConnectOptions */
  readonly transparent?: boolean;
}

/** Ports that one connection tries at most. */
const MOST_TRIES = 64;

/** which port of each range is next */
const turns = new Map<string, number>();

function nextPort(host: string, first: number, last: number): number {
  const key = `${host} ${first}-${last}`;
  const port = turns.get(key) ?? first;
  turns.set(key, port === last ? first : port + 1);
  return port;
}

/** As `transport.connect`, when the source may be a range. */
export function connectFromRange(
  transport: Transport,
  target: Target,
  options: ConnectOptions & { readonly source: SourceRange | undefined },
): Connecting {
  const { source } = options;
  if (source?.port === undefined || source.lastPort === undefined) {
    return transport.connect(target, options);
  }
  const { host, port: first, lastPort: last, transparent } = source;
  let attempt: Connecting | undefined;
  let cancelled = false;
  const tries = Math.min(MOST_TRIES, last - first + 1);
  const run = async (): Promise<Conn | ConnectFailure> => {
    for (let n = 1;; n++) {
      const port = nextPort(host, first, last);
      attempt = transport.connect(target, { ...options, source: { host, port, transparent } });
      if (cancelled) attempt.cancel();
      const answer = await attempt.promise;
      // The port is in use: the next one may be free.
      if (!("failed" in answer) || answer.failed !== "resource" || n === tries) return answer;
    }
  };
  const promise = run();
  return {
    promise,
    cancel: () => {
      cancelled = true;
      attempt?.cancel();
    },
  };
}
