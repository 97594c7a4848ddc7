/** Bounds how fast the bytes of a body go. */
export interface Pacer {
  /** the proxy whose filter it is */
  readonly owner: unknown;
  /** its line stands before that of compression there: it counts what is not compressed */
  readonly beforeCompression: boolean;
  /** How many of `bytes` may go now (0: none yet), which counts as done. */
  take(bytes: number): number;
  /** ms until more may go, at least 1 */
  delay(): number;
}
