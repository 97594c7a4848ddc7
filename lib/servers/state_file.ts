/**
 * Files with the state of servers, as `show servers state` writes them (management manual 9.3): text to values. What a
 * line says is taken only when all of it can be.
 */
import { parseIp } from "../net/address.ts";
import { isHostName } from "../resolve/message.ts";

/** One server's line. */
export interface SavedServer {
  readonly backendId: number;
  readonly backend: string;
  readonly id: number;
  readonly name: string;
  /** undefined: none was known */
  readonly address?: string;
  /** operational state, 0 to 3 */
  readonly op: number;
  readonly admin: number;
  readonly weight: number;
  readonly initialWeight: number;
  /** seconds */
  readonly sinceChange: number;
  readonly checkResult: number;
  readonly health: number;
  readonly checkState: number;
  readonly backendIdForced: boolean;
  readonly idForced: boolean;
  readonly fqdn?: string;
  readonly port: number;
  readonly srvRecord?: string;
}

/** Bytes of a file that are read. */
const LARGEST = 64 * 1024 * 1024;
/** Fields of the oldest version 1. */
const FEWEST = 18;

/** All lines of a file; a sentence when it is none. */
export function parseServerStates(bytes: Uint8Array): readonly SavedServer[] | string {
  if (bytes.length > LARGEST) return "it is too large";
  const lines = new TextDecoder().decode(bytes).split("\n");
  if (lines[0]?.trim() !== "1") return "its first line is not the version, 1";
  const saved: SavedServer[] = [];
  for (let n = 1; n < lines.length; n++) {
    const line = lines[n].trim();
    if (line === "" || line.startsWith("#")) continue;
    const server = parseLine(line.split(/ +/));
    if (server === undefined) return `line ${n + 1} is not the state of a server`;
    saved.push(server);
  }
  return saved;
}

function parseLine(f: readonly string[]): SavedServer | undefined {
  if (f.length < FEWEST) return undefined;
  let good = true;
  const number = (at: number, most = 2 ** 31 - 1): number => {
    const text = f[at] ?? "0";
    const value = /^[0-9]{1,10}$/.test(text) ? Number(text) : NaN;
    if (!(value <= most)) good = false;
    return value;
  };
  const text = (at: number, check: (text: string) => boolean): string | undefined => {
    const value = f[at] ?? "-";
    if (value === "-") return undefined;
    if (!check(value)) good = false;
    return value;
  };
  const server: SavedServer = {
    backendId: number(0),
    backend: f[1],
    id: number(2),
    name: f[3],
    // A Unix socket has its path there, which the configuration says.
    address: text(4, (value) => value.startsWith("/") || parseIp(value) !== undefined),
    op: number(5, 3),
    admin: number(6, 0xff),
    weight: number(7, 256),
    initialWeight: number(8, 256),
    sinceChange: number(9),
    checkResult: number(11, 4),
    health: number(12),
    checkState: number(13, 0xff),
    backendIdForced: number(15, 1) === 1,
    idForced: number(16, 1) === 1,
    fqdn: text(17, isHostName),
    port: number(18, 65535),
    srvRecord: text(19, isHostName),
  };
  return good ? server : undefined;
}

/** Lines by what a server is found by: its names, and its ids where they are the configuration's. */
export class SavedServers {
  readonly #byName = new Map<string, SavedServer>();
  readonly #byId = new Map<string, SavedServer>();

  constructor(lines: readonly SavedServer[]) {
    for (const line of lines) {
      this.#byName.set(`${line.backend} ${line.name}`, line);
      this.#byId.set(`${line.backend} ${line.id}`, line);
    }
  }

  /** The line of a server; the id counts when the configuration says it (manual 4.2 `id`). */
  find(backend: string, server: { name: string; id: number; idForced?: boolean }) {
    const named = this.#byName.get(`${backend} ${server.name}`);
    if (named !== undefined || server.idForced !== true) return named;
    return this.#byId.get(`${backend} ${server.id}`);
  }
}
