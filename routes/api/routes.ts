/** The resources of the REST API, a row each: what the OpenAPI document says of them, and what they do. */
import type { ConfigStore } from "../../lib/runtime/config_store.ts";
import { findServer } from "../../lib/runtime/socket/command.ts";
import { eventStream } from "./events.ts";
import { type ApiCall, ApiError, type ApiRoute, command, parameter } from "./route.ts";
import { certificateRoutes } from "./certificates.ts";
import { patternRoutes } from "./patterns.ts";
import { sessionRoutes } from "./sessions.ts";
import { tableRoutes } from "./tables.ts";
import { backendsView, frontendsView, infoView, serversView } from "./views.ts";

function oneServer(call: ApiCall) {
  const found = serversView(call.host, parameter(call, "backend"), parameter(call, "server"))[0];
  return found ?? new ApiError(404, "there is no such server");
}

interface ServerChange {
  readonly state?: "ready" | "drain" | "maint";
  readonly weight?: number;
  readonly maxconn?: number;
  readonly health?: "up" | "stopping" | "down";
}

function changeServer(call: ApiCall) {
  const { generation } = call.host;
  const name = `${parameter(call, "backend")}/${parameter(call, "server")}`;
  const found = findServer(name, generation);
  if (typeof found === "string") return new ApiError(404, "there is no such server");
  const { server, status, backend } = found;
  const { state, weight, maxconn, health } = call.body as ServerChange;
  if (weight !== undefined) {
    if (!backend.pool.dynamic && weight !== 0 && weight !== server.initialWeight) {
      return new ApiError(409, "the balancing algorithm of this backend has fixed weights");
    }
    status.setWeight(server, weight);
  }
  if (maxconn !== undefined) status.setMaxconn(server, maxconn);
  if (health !== undefined) {
    if (server.tracks !== undefined) return new ApiError(409, "the server follows another");
    status.setHealth(server, health);
  }
  if (state === "ready") status.setReady(server);
  else if (state === "drain") status.setDrain(server);
  else if (state === "maint") status.setMaint(server);
  return oneServer(call);
}

async function withStore<T>(
  { host }: ApiCall,
  act: (store: ConfigStore) => Promise<T>,
): Promise<T | ApiError> {
  const store = host.configStore;
  if (store === undefined) return new ApiError(404, "the configuration is not one file");
  return await act(store);
}

export const apiRoutes: readonly ApiRoute[] = [
  {
    method: "get",
    path: "/info",
    scope: "read",
    summary: "The process (`show info`)",
    gives: "Info",
    run: ({ host }) => infoView(host),
  },
  {
    method: "get",
    path: "/frontends",
    scope: "read",
    summary: "Frontends with their counters",
    gives: "Frontends",
    run: ({ host }) => frontendsView(host),
  },
  {
    method: "get",
    path: "/backends",
    scope: "read",
    summary: "Backends with their counters",
    gives: "Backends",
    run: ({ host }) => backendsView(host),
  },
  {
    method: "get",
    path: "/servers",
    scope: "read",
    summary: "All servers with their state and counters",
    gives: "Servers",
    run: ({ host }) => serversView(host),
  },
  {
    method: "get",
    path: "/servers/:backend/:server",
    scope: "read",
    summary: "One server",
    gives: "Server",
    run: oneServer,
  },
  {
    method: "patch",
    path: "/servers/:backend/:server",
    scope: "operate",
    summary: "Changes state, weight, limit or health of a server",
    takes: "ServerChange",
    gives: "Server",
    run: changeServer,
  },
  {
    method: "get",
    path: "/events",
    scope: "read",
    summary: "What happened to servers lately; as a stream with `Accept: text/event-stream`",
    gives: "Events",
    run: ({ host, context }) =>
      context.req.header("accept")?.includes("text/event-stream") === true
        ? eventStream(host)
        : host.state.events.since(0),
  },
  ...patternRoutes,
  ...tableRoutes,
  ...sessionRoutes,
  ...certificateRoutes,
  {
    method: "post",
    path: "/commands",
    scope: "read",
    summary: "Any command of the runtime socket; the " +
      "scopes read, operate, admin are its levels user, operator, admin",
    takes: "Command",
    gives: "Answer",
    run: async (call) => ({
      answer: await command(call, (call.body as { command: string }).command),
    }),
  },
  {
    method: "get",
    path: "/config",
    scope: "admin",
    summary: "The configuration in use",
    gives: "Config",
    run: (call) =>
      withStore(call, async (store) => ({ path: store.path, text: await store.read() })),
  },
  {
    method: "put",
    path: "/config",
    scope: "admin",
    summary: "Replaces the configuration (its text is the body); it is checked as a whole first",
    takesText: "a configuration",
    gives: "Outcome",
    run: (call) =>
      withStore(call, async (store) => refusedOr(await store.replace(call.body as string))),
  },
  {
    method: "post",
    path: "/config/check",
    scope: "admin",
    summary: "Checks a configuration (the body) and changes nothing",
    takesText: "a configuration",
    gives: "Outcome",
    run: (call) => withStore(call, (store) => store.check(call.body as string)),
  },
  {
    method: "get",
    path: "/config/versions",
    scope: "admin",
    summary: "Earlier configurations, newest first",
    gives: "Versions",
    run: (call) => withStore(call, (store) => store.versions()),
  },
  {
    method: "post",
    path: "/config/rollback",
    scope: "admin",
    summary: "Takes an earlier configuration back; without an id the newest",
    takes: "Rollback",
    gives: "Outcome",
    run: (call) =>
      withStore(
        call,
        async (store) => refusedOr(await store.rollback((call.body as { id?: string }).id)),
      ),
  },
];

/** A configuration that is not taken is an error of the client. */
function refusedOr(outcome: { readonly good: boolean; readonly messages: string }) {
  return outcome.good ? outcome : new ApiError(422, outcome.messages);
}
