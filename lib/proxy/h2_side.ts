/** The part of a session that speaks HTTP/2 (h2_front.ts). */
export interface H2Side {
  readonly idle: boolean;
  /** Serves the connection until it ends; `first`: what was read of it already. Never rejects. */
  run(first: Uint8Array | undefined): Promise<void>;
  /** Asks the client to open no more streams; the connection ends with its last one. */
  retire(): void;
  killOn(backend: string, server: string, cause: "D" | "U"): void;
  abort(): void;
}
