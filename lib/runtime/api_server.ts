/** The REST API as the process sees it; `routes/api` has the one implementation. */
import type { ApiConfig } from "../config/model_api.ts";

export interface ApiServer {
  /** Serves as the configuration says; undefined: not at all. What is not different goes on. Never throws. */
  adopt(config: ApiConfig | undefined): void;
  /** Ends it. */
  close(): void;
}
