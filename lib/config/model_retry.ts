/** When a request is sent to a server again (manual 4.2 `retry-on`). */
export interface RetryOn {
  /** the connection could not be made: nothing of the request was sent */
  readonly connFailure: boolean;
  /** the server's connection ended before anything of an answer came */
  readonly emptyResponse: boolean;
  /** what came is no HTTP, or ended in the middle of the head */
  readonly junkResponse: boolean;
  /** `timeout server` while waiting for the answer */
  readonly responseTimeout: boolean;
  /** the answer has one of these statuses */
  readonly statuses: readonly number[];
}

/** What holds when nothing is written. */
export const DEFAULT_RETRY_ON: RetryOn = {
  connFailure: true,
  emptyResponse: false,
  junkResponse: false,
  responseTimeout: false,
  statuses: [],
};
