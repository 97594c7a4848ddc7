/**
 * Where a stream comes from and went to: the ends of the client's connection, unless rules have set others
 * (`set-src`, `set-dst` …): those of the stream come before those of its session.
 */
import type { Address } from "../net/conn.ts";
import type { StreamView } from "./context.ts";

export function sourceOf(stream: StreamView): Address {
  return stream.source ?? stream.session.source ?? stream.session.remote;
}

export function destinationOf(stream: StreamView): Address {
  return stream.destination ?? stream.session.destination ?? stream.session.local;
}
