/**
 * What becomes of an answer's body on its way to the client, beyond being passed on: filters, installed on a stream
 * only where the configuration asks for them (compression, cache, bandwidth limits).
 */
import type { Encoder } from "../compression/encoders.ts";
import type { BodyTap } from "../expr/cache_view.ts";

/** Bounds how fast bytes go. */
export interface Pacer {
  /** How many of `bytes` may go now (0: none yet), which counts as done. */
  take(bytes: number): number;
  /** ms until more may go */
  delay(): number;
}

/** The filters of one body. */
export interface BodyPath {
  readonly taps: BodyTap[];
  readonly pacers: Pacer[];
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
    encoder: undefined,
    onEncoded: undefined,
  };
}
