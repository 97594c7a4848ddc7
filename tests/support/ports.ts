/** Ports: free ones to use, and whether somebody listens, seen without connecting. */
import { listeningSockets } from "./listening_sockets.ts";
import { waitFor } from "./poll.ts";
import type { Running } from "./process.ts";

// Below the kernel's ephemeral range, so that no outgoing connection takes one meanwhile. Ports are given out from a
// block that this thread alone holds, by a file lock that ends with it: a port is often used long after it was asked
// for (a server that starts late), and test files run side by side.
const FIRST = 10_000;
const BLOCK = 200;
const BLOCKS = 110;

let next = 0;
let end = 0;
/** What was in use when the block was taken. Only a listener that is not a test's can come later. */
let taken = new Set<number>();
/** Kept for the life of the process: closing one would give the block back. */
const held: Deno.FsFile[] = [];

function takeBlock(): void {
  const begin = Math.trunc(Math.random() * BLOCKS);
  const directory = `${Deno.env.get("TMPDIR") ?? "/tmp"}/sluice-test-ports-${Deno.uid()}`;
  Deno.mkdirSync(directory, { recursive: true });
  for (let each = 0; each < BLOCKS; each++) {
    const block = (begin + each) % BLOCKS;
    const file = Deno.openSync(`${directory}/${block}`, { create: true, write: true });
    if (file.tryLockSync(true)) {
      held.push(file);
      next = FIRST + block * BLOCK;
      end = next + BLOCK;
      taken = new Set(
        tables("self", ["tcp", "tcp6"]).filter(({ state }) => state !== WAITING)
          .map(({ port }) => port),
      );
      return;
    }
    file.close();
  }
  throw new Error("no free block of ports: other tests hold them all");
}

/**
 * A TCP (and UDP) port that is free on all addresses now and that no test of this machine has been given. Nothing is bound to
 * find out: a program that another test starts at that moment would hold the socket for a while, as its parent's.
 */
export function freePort(): number {
  for (let tries = 0; tries < 1000; tries++) {
    if (next === end) takeBlock();
    const port = next++;
    if (!isTaken(port)) return port;
  }
  throw new Error("no free port");
}

/** TIME_WAIT: it does not keep a listener away. */
const WAITING = "06";
const LISTENING = "0A";

function isTaken(port: number): boolean {
  return taken.has(port) ||
    [...listeners("self"), ...tables("self", ["udp", "udp6"])].some((row) => row.port === port);
}

/** True when a TCP socket listens on `port` at `host` or at the wildcard (of the process's namespace). */
export function isListening(host: string, port: number, pid: number | "self" = "self"): boolean {
  return listeners(pid).some((row) => row.port === port && matches(row.address, host));
}

/** True when a UDP socket is bound to `port` at `host` or at the wildcard. */
export function isBoundUdp(host: string, port: number): boolean {
  return tables("self", ["udp", "udp6"]).some((row) =>
    row.port === port && matches(row.address, host)
  );
}

/** How many TCP connections the process has, whatever their state. */
export function connectionsOf(pid: number): number {
  const inodes = new Set<string>();
  for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
    try {
      const socket = /^socket:\[(\d+)\]$/.exec(Deno.readLinkSync(`/proc/${pid}/fd/${name}`));
      if (socket !== null) inodes.add(socket[1]);
    } catch {
      // Closed meanwhile.
    }
  }
  return tables(pid, ["tcp", "tcp6"]).filter((row) =>
    row.state !== LISTENING && inodes.has(row.inode ?? "")
  )
    .length;
}

interface Row {
  readonly address: string;
  readonly port: number;
  readonly state: string;
  readonly inode?: string;
}

function listeners(pid: number | "self"): Row[] {
  const told = pid === "self" || namespaceOf(pid) === namespaceOf("self")
    ? listeningSockets()
    : undefined;
  if (told === undefined) {
    return tables(pid, ["tcp", "tcp6"]).filter(({ state }) => state === LISTENING);
  }
  return told.map(({ address, port }) => ({ address: hexOf(address), port, state: LISTENING }));
}

function namespaceOf(pid: number | "self"): string | undefined {
  try {
    return Deno.readLinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

/** As the tables in /proc write an address: each word in host order. */
function hexOf(address: Uint8Array): string {
  const words = new DataView(address.buffer, address.byteOffset, address.length);
  let hex = "";
  for (let at = 0; at < address.length; at += 4) {
    hex += words.getUint32(at, true).toString(16).padStart(8, "0");
  }
  return hex.toUpperCase();
}

function tables(pid: number | "self", names: readonly string[]): Row[] {
  const rows: Row[] = [];
  for (const name of names) {
    let text: string;
    try {
      text = Deno.readTextFileSync(`/proc/${pid}/net/${name}`);
    } catch {
      continue;
    }
    for (const line of text.split("\n").slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields.length < 4) continue;
      const [address, port] = fields[1].split(":");
      rows.push({ address, port: parseInt(port, 16), state: fields[3], inode: fields[9] });
    }
  }
  return rows;
}

function matches(hex: string, host: string): boolean {
  if (/^0+$/.test(hex)) return true;
  if (host.includes(":")) return false;
  const bytes = host.split(".").map(Number).reverse();
  const wanted = bytes.map((each) => each.toString(16).padStart(2, "0")).join("").toUpperCase();
  // A v4 address in the v6 table stands behind ::ffff:, each word in host order.
  return hex === wanted || hex === `0000000000000000FFFF0000${wanted}`;
}

/** Waits until `program` listens on every `host:port`; fails at once when it ends before. */
export async function waitListening(
  program: Running,
  addresses: readonly string[],
  limit = 45_000,
): Promise<void> {
  for (const address of addresses) {
    const colon = address.lastIndexOf(":");
    const host = address.slice(0, colon);
    const port = Number(address.slice(colon + 1));
    await waitFor(`${program.name} to listen on ${address}`, () => {
      if (isListening(host, port, program.exit === undefined ? program.pid : "self")) return true;
      if (program.exit !== undefined && program.exit.code !== 0) {
        throw new Error(`${program.name} ended with ${program.exit.code}:\n${program.output()}`);
      }
      return undefined;
    }, { limit, explain: () => program.output() });
  }
}
