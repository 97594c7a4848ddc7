/**
 * What becomes of an answer's body on its way to the client, beyond being passed on: filters, installed on a stream
 * only where the configuration asks for them (compression, cache, bandwidth limits).
 */
import type { Encoder } from "../compression/encoders.ts";

/** Sees the content as the server sent it, without framing. */
export interface BodyTap {
  /** A piece of content; it may be overwritten afterwards. */
  data(piece: Uint8Array): void;
  /** The body has ended: whole, or cut off. Called once. */
  end(whole: boolean): void;
}

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
