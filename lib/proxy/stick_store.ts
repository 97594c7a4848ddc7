/** Writing the server of a stream into stick tables (manual 4.2 `stick store-request`). */
import type { Server } from "../balance/server.ts";
import type { StickKey } from "../stick/key.ts";
import type { StickTable } from "../stick/table.ts";
import type { Stream } from "./stream.ts";

/** A key that a rule found, for the server that is not known yet. */
export interface StickStore {
  readonly table: StickTable;
  readonly key: StickKey;
}

/** Most keys of one stream (HAProxy's limit). */
const MOST_STORES = 8;

/** True when the stream has a key for this table already: the first rule of a table counts. */
export function hasStore({ stickStores }: Stream, table: StickTable): boolean {
  return stickStores?.some((store) => store.table === table) ?? false;
}

/** Remembers a key until the server is known. */
export function addStore(stream: Stream, table: StickTable, key: StickKey): void {
  const stores = stream.stickStores ??= [];
  if (stores.length < MOST_STORES) stores.push({ table, key });
}

/** The server has answered (in TCP: taken the connection): the keys lead to it from now on. */
export function writeStores(stream: Stream): void {
  const stores = stream.stickStores;
  const server = stream.lastServer;
  if (stores === undefined || server === undefined) return;
  stream.stickStores = undefined;
  if (server.config.nonStick) return;
  const wall = stream.process.wall();
  for (const { table, key } of stores) {
    const entry = table.acquire(key, wall);
    if (entry === 0) continue;
    const id = table.column("server_id");
    if (id !== undefined) table.set(entry, id, wall, server.id);
    const name = table.column("server_key");
    if (name !== undefined) {
      table.set(entry, name, wall, table.nameNumber(keyOfServer(server, table)));
    }
    table.touch(entry, wall);
    table.release(entry);
  }
}

/** The server that an entry leads to: by what identifies it (`srvkey`), else by its number. */
export function serverOf(
  table: StickTable,
  entry: number,
  wall: number,
  servers: readonly Server[],
): Server | undefined {
  const name = table.column("server_key");
  const key = name && table.nameOf(table.get(entry, name, wall));
  const named = key === undefined
    ? undefined
    : servers.find((server) => keyOfServer(server, table) === key);
  if (named !== undefined) return named;
  const id = table.column("server_id");
  const number = id === undefined ? 0 : table.get(entry, id, wall);
  return number === 0 ? undefined : servers.find((server) => server.id === number);
}

/** `srvkey`: the server's name, or its address and port. */
function keyOfServer(server: Server, table: StickTable): string {
  if (table.config.srvkey === "name") return server.name;
  const { address } = server;
  return address.family === "unix" ? address.host : `${address.host}:${address.port}`;
}
