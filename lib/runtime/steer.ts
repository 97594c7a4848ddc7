/**
 * `-sf` and `-st` without losing a connection: sockets of both processes listen on the same address (SO_REUSEPORT),
 * and what waits in the queue of one that is closed is reset. So the new process first steers new connections to its
 * own sockets, waits until the old one has accepted what waits in its queues, and only then tells it to end.
 *
 * Laws:
 * - The kernel numbers the sockets of an address in the order in which they began to listen: the old ones come first.
 * - A program that answers a number without a socket is as none (the kernel shares out by itself).
 */
import { libc, Os } from "../net/libc.ts";
import type { Clock } from "../net/clock.ts";

const SO_ATTACH_REUSEPORT_CBPF = 51;
const SO_DETACH_REUSEPORT_BPF = 68;
/** of a listening socket in /proc/net/tcp */
const LISTENING = "0A";
/** ms: handshakes that have begun with an old socket come to their end there */
const HANDSHAKES = 200;
/** ms that an old process gets to accept what waits; one that does not is told to end nevertheless */
const PATIENCE = 3000;
/** ms between two looks */
const LOOK = 20;

/** ms for which connections are steered at most, and between two looks whether that is still needed */
const LONGEST = 60_000;
const SELDOM = 100;

/** Sockets that listen in this network, by inode: where, and how many connections wait to be accepted. */
export type ListeningSockets = ReadonlyMap<
  string,
  { readonly at: string; readonly waiting: number }
>;

export function listeningSockets(): ListeningSockets {
  const found = new Map<string, { at: string; waiting: number }>();
  for (const family of ["tcp", "tcp6"]) {
    let text = "";
    try {
      text = Deno.readTextFileSync(`/proc/net/${family}`);
    } catch {
      // Another system, or one without IPv6.
    }
    for (const line of text.split("\n").slice(1)) {
      const columns = line.trim().split(/\s+/);
      if (columns[3] !== LISTENING) continue;
      const waiting = parseInt(columns[4].split(":")[1], 16);
      found.set(columns[9], { at: `${family} ${columns[1]}`, waiting });
    }
  }
  return found;
}

/** This process's listening sockets: descriptors by place. */
function ownSockets(all: ListeningSockets): Map<string, number[]> {
  const own = new Map<string, number[]>();
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(Deno.readLinkSync(`/proc/self/fd/${name}`))?.[1];
      const at = inode && all.get(inode)?.at;
      if (at) own.set(at, [...own.get(at) ?? [], Number(name)]);
    } catch {
      // It was closed meanwhile.
    }
  }
  return own;
}

/** The program (classic BPF) that gives each connection to one of `count` sockets from number `first` on. */
export function steeringProgram(first: number, count: number): Uint8Array<ArrayBuffer> {
  const instructions = [
    [0x20, 0xfffff000 + 56], // a random number
    [0x94, count], // modulo
    [0x04, first], // plus
    [0x16, 0], // is the answer
  ];
  const bytes = new Uint8Array(instructions.length * 8);
  const view = new DataView(bytes.buffer);
  instructions.forEach(([code, k], i) => {
    view.setUint16(i * 8, code, true);
    view.setUint32(i * 8 + 4, k, true);
  });
  return bytes;
}

function attach(fd: number, program: Uint8Array<ArrayBuffer>): boolean {
  const calls = libc();
  if (calls === undefined) return false;
  // struct sock_fprog: the number of instructions, and where they are.
  const struct = new Uint8Array(16);
  const view = new DataView(struct.buffer);
  view.setUint16(0, program.length / 8, true);
  view.setBigUint64(8, BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(program))), true);
  return calls.setsockopt(fd, Os.SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, struct, struct.length) === 0;
}

/**
 * Steers connections away from the sockets `before`, those that listened when this process had none, and resolves when
 * nothing waits in them. A sentence says why connections may be lost nevertheless.
 */
export async function steerAway(before: ListeningSockets, clock: Clock): Promise<Steered> {
  const calls = libc();
  if (calls === undefined) return { end() {}, problem: "FFI is not permitted" };
  const steered: number[] = [];
  const old = new Set<string>();
  let problem: string | undefined;
  for (const [at, fds] of ownSockets(listeningSockets())) {
    const olds = [...before].filter(([, socket]) => socket.at === at);
    if (olds.length === 0) continue;
    for (const [inode] of olds) old.add(inode);
    if (attach(fds[0], steeringProgram(olds.length, fds.length))) steered.push(fds[0]);
    else problem = "the system does not take the program";
  }
  const wait = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
  const remaining = () => [...listeningSockets()].filter(([inode]) => old.has(inode));
  if (old.size > 0) await wait(HANDSHAKES);
  for (let left = PATIENCE / LOOK; left > 0; left--) {
    if (remaining().every(([, { waiting }]) => waiting === 0)) break;
    await wait(LOOK);
  }
  return {
    ...(problem !== undefined && { problem }),
    async end() {
      const looks = LONGEST / SELDOM;
      for (let left = looks; left > 0 && remaining().length > 0; left--) await wait(SELDOM);
      const nothing = new Uint8Array(4);
      for (const fd of steered) {
        calls.setsockopt(fd, Os.SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, nothing, nothing.length);
      }
    },
  };
}

export interface Steered {
  /** Connections are shared out by the system again, once the old sockets are closed. */
  end(): void | Promise<void>;
  readonly problem?: string;
}
