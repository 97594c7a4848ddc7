/** What the REST API answers, as plain objects; the schemas are in schemas.ts. */
import { type Subject, valueOf } from "../../lib/runtime/stats/column.ts";
import { statColumns } from "../../lib/runtime/stats/columns.ts";
import { statSubjects } from "../../lib/runtime/stats/collect.ts";
import { infoValues } from "../../lib/runtime/socket/info.ts";
import type { RuntimeHost } from "../../lib/runtime/socket/command.ts";
import { serverStatus } from "../../lib/runtime/stats/server_status.ts";

/** Columns without meaning outside of the CSV form. */
const LEFT_OUT = new Set(["-", "pid", "pxname", "svname", "type"]);

/** All fields of a row that have a value, by HAProxy's names. */
function fieldsOf(subject: Subject): Record<string, string | number> {
  const fields: Record<string, string | number> = {};
  for (const column of statColumns) {
    if (LEFT_OUT.has(column.name)) continue;
    const value = valueOf(column, subject);
    if (value !== undefined) fields[column.name] = value;
  }
  return fields;
}

function subjects({ generation, acceptor, state }: RuntimeHost): Iterable<Subject> {
  return statSubjects(generation, acceptor, state.wall());
}

export function infoView(host: RuntimeHost): Record<string, string | number> {
  return Object.fromEntries(infoValues(host, 0).map(({ name, value }) => [name, value]));
}

export function frontendsView(host: RuntimeHost) {
  const out = [];
  for (const subject of subjects(host)) {
    if (subject.kind !== "frontend") continue;
    const { name, status, mode } = subject.frontend;
    out.push({ name, status, mode, stats: fieldsOf(subject) });
  }
  return out;
}

export function backendsView(host: RuntimeHost) {
  const out = [];
  for (const subject of subjects(host)) {
    if (subject.kind !== "backend") continue;
    const { name, mode, pool } = subject.backend;
    const stats = fieldsOf(subject);
    const servers = pool.servers.map((server) => server.name);
    out.push({ name, status: String(stats.status), mode, servers, stats });
  }
  return out;
}

/** The servers of one backend, or all; `only`: one of them. */
export function serversView(host: RuntimeHost, backend?: string, only?: string) {
  const out = [];
  for (const subject of subjects(host)) {
    if (subject.kind !== "server") continue;
    const { server } = subject;
    if (backend !== undefined && subject.backend.name !== backend) continue;
    if (only !== undefined && server.name !== only) continue;
    const stats = fieldsOf(subject);
    out.push({
      backend: subject.backend.name,
      name: server.name,
      address: String(stats.addr ?? ""),
      status: serverStatus(server),
      weight: server.weight,
      initialWeight: server.initialWeight,
      maxconn: server.maxconn,
      backup: server.backup,
      stats,
    });
  }
  return out;
}
