/**
 * What becomes of an answer's body on its way to the client, beyond being passed on: filters, installed on a stream
 * only where the configuration asks for them (compression, cache, bandwidth limits).
 */
import type { Encoder } from "../compression/encoders.ts";
import type { BodyTap } from "../expr/cache_view.ts";
import type { Pacer } from "../expr/pacer.ts";
import type { Clock } from "../net/clock.ts";

/** The filters of one body. */
export interface BodyPath {
  readonly taps: BodyTap[];
  pacers: Pacer[];
  /** those that count the content that the encoder is given; empty without one */
  contentPacers: readonly Pacer[];
  /** bytes of content that it may have (`limit-body`) */
  limit: number;
  /** makes another body of the content; then it is sent in chunks */
  encoder: Encoder | undefined;
  /** told of bytes in and out of the encoder */
  onEncoded: ((bytesIn: number, bytesOut: number) => void) | undefined;
}

/** The path of a stream's answer, made when the first filter is put on it. */
export function pathOf(stream: { responsePath: BodyPath | undefined }): BodyPath {
  return stream.responsePath ??= {
    taps: [],
    pacers: [],
    contentPacers: [],
    limit: Infinity,
    encoder: undefined,
    onEncoded: undefined,
  };
}

/** Waits until some of `bytes` may go: how many. */
export async function roomFor(
  pacers: readonly Pacer[],
  bytes: number,
  clock: Clock,
  gone: () => boolean,
): Promise<number> {
  for (;;) {
    let n = bytes;
    for (const pacer of pacers) n = pacer.take(n);
    if (n > 0 || gone()) return n;
    const ms = Math.max(1, ...pacers.map((pacer) => pacer.delay()));
    await new Promise<void>((resolve) => clock.after(ms, resolve));
  }
}
