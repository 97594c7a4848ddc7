/** Which rows of statistics there are: proxies in the order of the configuration, the servers of each between. */
import type { Acceptor } from "../../proxy/acceptor.ts";
import type { Generation } from "../generation.ts";
import { Admin } from "../../state/server_fields.ts";
import type { Subject } from "./column.ts";

/** Management manual 9.3 `show stat`: bits of the type. */
export const StatType = { Frontend: 1, Backend: 2, Server: 4, Listener: 8 } as const;

export interface StatSelection {
  /** id of a proxy; -1: all */
  readonly iid: number;
  /** bits of StatType; -1: all */
  readonly type: number;
  /** id of a server or listener; -1: all */
  readonly sid: number;
  /** only servers that are up */
  readonly onlyUp: boolean;
  /** no servers in maintenance */
  readonly noMaint: boolean;
  /** addresses, cookies and algorithms too */
  readonly legends: boolean;
}

/** Everything. */
export const allStats: StatSelection = {
  iid: -1,
  type: -1,
  sid: -1,
  onlyUp: false,
  noMaint: false,
  legends: true,
};

/** The subjects of the rows, one after the other; each is looked at when it is asked for. */
export function* statSubjects(
  generation: Generation,
  acceptor: Pick<Acceptor, "maxconn">,
  now: number,
  selection: StatSelection = allStats,
): Iterable<Subject> {
  const { iid, type, sid, onlyUp, noMaint, legends } = selection;
  const frontends = new Map(generation.frontends.map((each) => [each.name, each]));
  for (const proxy of generation.config.proxies) {
    if (proxy.disabled || (iid !== -1 && proxy.id !== iid)) continue;
    const frontend = proxy.kind === "backend" ? undefined : frontends.get(proxy.name);
    if (frontend !== undefined && (type & StatType.Frontend) !== 0) {
      yield { kind: "frontend", frontend, processMaxconn: acceptor.maxconn, now };
    }
    if (frontend?.sockets !== undefined && (type & StatType.Listener) !== 0) {
      for (const socket of frontend.sockets.values()) {
        if (sid === -1 || socket.id === sid) yield { kind: "listener", frontend, socket, legends };
      }
    }
    const backend = proxy.kind === "frontend" ? undefined : generation.backends.get(proxy.name);
    if (backend === undefined) continue;
    backend.pool.look();
    if ((type & StatType.Server) !== 0) {
      for (const server of backend.pool.servers) {
        if (sid !== -1 && server.id !== sid) continue;
        if (noMaint && (server.state.admin & Admin.Maint) !== 0) continue;
        if (onlyUp && !server.state.running) continue;
        const lastCheck = generation.lastCheck(server);
        const lastAgent = generation.lastAgent(server);
        yield { kind: "server", server, backend, lastCheck, lastAgent, legends, now };
      }
    }
    if ((type & StatType.Backend) !== 0) {
      const counts = generation.statuses.get(proxy.name)?.counts();
      const active = counts?.active ?? 0;
      const backups = counts?.backup ?? 0;
      const partial = onlyUp || noMaint;
      yield { kind: "backend", backend, active, backups, legends, partial, now };
    }
  }
}
