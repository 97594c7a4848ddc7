/** What is being served (`show sess`), in all threads. */
import { ApiError, type ApiRoute, parameter, words } from "./route.ts";

/** A line of `show sess`. */
export function parseSession(line: string): Record<string, string> | undefined {
  const match = /^(0x[0-9a-f]+): proto=\S+ src=(\S+) fe=(\S+) be=(\S+) srv=(\S+) .*?age=(\S+)/
    .exec(line);
  if (match === null) return undefined;
  const [, id, client, frontend, backend, server, age] = match;
  return { id, client, frontend, backend, server, age };
}

export const sessionRoutes: readonly ApiRoute[] = [
  {
    method: "get",
    path: "/sessions",
    scope: "operate",
    summary: "What is being served",
    gives: "Sessions",
    run: async (call) =>
      (await words(call, ["show", "sess"])).split("\n").map(parseSession)
        .filter((session) => session !== undefined),
  },
  {
    method: "delete",
    path: "/sessions/:session",
    scope: "admin",
    summary: "Ends what is being served there",
    gives: "Done",
    run: async (call) => {
      const said = (await words(call, ["shutdown", "session", parameter(call, "session")])).trim();
      return said === "" ? { done: true } : new ApiError(404, "there is no such session");
    },
  },
];
