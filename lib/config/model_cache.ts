/** Config of `cache` sections (manual 6.2). */
import type { Span } from "./document.ts";

export interface CacheConfig {
  readonly name: string;
  readonly span: Span;
  /** bytes of memory, all of it taken at the start */
  readonly totalMaxSize: number;
  /** bytes of head and body of one object */
  readonly maxObjectSize: number;
  /** s */
  readonly maxAge: number;
  /** objects of one address that differ by what they vary on */
  readonly maxSecondaryEntries: number;
  readonly processVary: boolean;
  /** s after its end in which an object may stand in for a server that fails; 0: never */
  readonly staleIfError: number;
  /** s after its end in which an object is still given while it is fetched anew; 0: never */
  readonly staleWhileRevalidate: number;
  /** ms that requests wait for an object that another one fetches; 0: they do not wait */
  readonly coalesce: number;
  /** parts of objects are answered as parts */
  readonly ranges: boolean;
}
