/** Bounds how fast the bytes of a body go. */
export interface Pacer {
  /** How many of `bytes` may go now (0: none yet), which counts as done. */
  take(bytes: number): number;
  /** ms until more may go, at least 1 */
  delay(): number;
}
