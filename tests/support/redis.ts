/** A real Redis server without persistence. */
import type { Scope } from "./scope.ts";
import { programService, type Service } from "./service.ts";

export const redisPrograms = ["redis-server"];

/** Not started yet. */
export function redisService(scope: Scope, host: string, port: number): Service {
  return programService(scope, `redis-${port}`, { host, port }, [
    "redis-server",
    "--bind",
    host,
    "--port",
    String(port),
    "--save",
    "",
    "--appendonly",
    "no",
    "--dir",
    scope.dir,
  ]);
}
