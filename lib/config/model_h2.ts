/** HTTP/2 in the configuration model (manual 3.2 `tune.h2.*`, 5.1 and 5.2 `proto`). */

/** The protocol that a connection speaks from its first byte. */
export type HttpProto = "h1" | "h2";

/** One side's own values; undefined: what holds for both. */
export interface H2SideTune {
  readonly initialWindowSize?: number;
  readonly maxConcurrentStreams?: number;
  /** oddities of a peer that end its connection; 0: no limit */
  readonly glitchesThreshold: number;
}

export interface H2Tune {
  /** bytes of HPACK's table, 4096 */
  readonly headerTableSize: number;
  /** bytes that a stream may send ahead, 65535 */
  readonly initialWindowSize: number;
  /** streams at one time on one connection, 100 */
  readonly maxConcurrentStreams: number;
  /** bytes of a frame, 16384 */
  readonly maxFrameSize: number;
  /** requests that one client's connection may carry; 0: no limit */
  readonly maxTotalStreams: number;
  readonly frontend: H2SideTune;
  readonly backend: H2SideTune;
}

/** What holds when nothing is written. */
export const DEFAULT_H2_TUNE: H2Tune = {
  headerTableSize: 4096,
  initialWindowSize: 65535,
  maxConcurrentStreams: 100,
  maxFrameSize: 16384,
  maxTotalStreams: 0,
  frontend: { glitchesThreshold: 0 },
  backend: { glitchesThreshold: 0 },
};
