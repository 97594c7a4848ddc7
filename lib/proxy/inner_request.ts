/** What a request is for that sluice makes itself (inner_client.ts). */
import type { Backend } from "./backend.ts";

export interface InnerRequest {
  /** the backend that it goes to; undefined: the frontend's choice */
  readonly backend?: Backend;
  /** the key of the object that it fetches anew */
  readonly refreshes?: string;
}
