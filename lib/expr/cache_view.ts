/** What rules may do with a cache (manual 6.2.2); lib/cache's Cache is the one implementation. */
import type { StreamView } from "./context.ts";

/** A whole answer. */
export interface CacheObject {
  readonly bytes: Uint8Array;
  /** the bytes are lent: to be called once nobody needs them any more, or never */
  readonly release?: (() => void) | undefined;
}

/** What a request finds. */
export type CacheAnswer =
  | CacheObject
  /** it wants nothing but what is kept, and there is nothing (RFC 9111 section 5.2.1.7) */
  | "only-if-cached"
  /** the server is asked */
  | "miss";

export interface CacheView {
  readonly name: string;
  /** `http-request cache-use`. A promise: another request fetches the object already. */
  use(stream: StreamView): CacheAnswer | Promise<CacheAnswer>;
  /** `http-response cache-store`: keeps the answer if it may be kept. */
  store(stream: StreamView): void;
  /** `http-request cache-purge`: how many objects of the address there were. */
  purge(stream: StreamView): number;
}

/** What a stream has to do with a cache. */
export interface CacheUse {
  readonly cache: CacheView;
  /** what the request's objects are found by */
  readonly key: string;
  /** the answer came from the cache */
  hit: boolean;
  /** a method that may change what is kept (RFC 9111 section 4.4) */
  readonly unsafe: boolean;
  /** others wait for what this stream fetches: to be called when it is known that they wait for nothing */
  settle?: () => void;
}

/** Content of an answer on its way to the client, without framing. */
export interface BodyTap {
  /** A piece; it may be overwritten afterwards. */
  data(piece: Uint8Array): void;
  /** The body has ended: whole, or cut off. Called once. */
  end(whole: boolean): void;
}
