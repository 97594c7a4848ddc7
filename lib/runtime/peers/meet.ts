/** Meeting a peer on a new connection: TLS, then who is who (HAProxy's peers.txt, "Handshake"). */
import type { Clock } from "../../net/clock.ts";
import type { Conn } from "../../net/conn.ts";
import { writeAll } from "../../net/io.ts";
import {
  helloText,
  type PeerHello,
  readHello,
  readStatus,
  STATUS,
} from "../../stick/peers/hello.ts";

/** ms that it may take */
export const MEETING = 5000;
/** Most bytes of a hello. */
const MOST = 1024;

/** A connection on which both know each other. */
export interface MetPeer {
  readonly conn: Conn;
  readonly minor: number;
  /** what came behind the handshake */
  readonly rest: Uint8Array<ArrayBuffer>;
}

/** Closes `conn` unless `run` is done in time; answers what it answers. */
export async function inTime<T>(
  conn: { close(): void },
  clock: Clock,
  run: Promise<T>,
): Promise<T | undefined> {
  let late = false;
  const cancel = clock.after(MEETING, () => {
    late = true;
    conn.close();
  });
  const answer = await run;
  cancel();
  return late ? undefined : answer;
}

/** Reads until `parse` knows what it has; undefined: the connection ended or said too much. */
async function readUntil<T>(
  conn: Conn,
  parse: (text: string) => T | undefined,
): Promise<{ readonly value: T; readonly bytes: Uint8Array<ArrayBuffer> } | undefined> {
  const bytes = new Uint8Array(MOST);
  let length = 0;
  while (length < MOST) {
    const count = await conn.read(bytes.subarray(length));
    if (count <= 0) return undefined;
    length += count;
    let text = "";
    for (let i = 0; i < length; i++) text += String.fromCharCode(bytes[i]);
    const value = parse(text);
    if (value !== undefined) return { value, bytes: bytes.subarray(0, length) };
  }
  return undefined;
}

/** Calls a peer. A number is the status with which it refuses; undefined: the connection ended. */
export async function callPeer(
  conn: Conn,
  callee: string,
  caller: string,
  pid: number,
  minor: 0 | 1,
): Promise<MetPeer | number | undefined> {
  const hello = new TextEncoder().encode(helloText(callee, caller, pid, minor));
  if (await writeAll(conn, hello) < 0) return undefined;
  const read = await readUntil(conn, readStatus);
  if (read === undefined || read.value === "broken") return undefined;
  const { status, length } = read.value;
  return status === STATUS.ok ? { conn, minor, rest: read.bytes.slice(length) } : status;
}

/** Answers a caller; `judge` says with which status. Undefined: it was refused, or the connection ended. */
export async function answerPeer(
  conn: Conn,
  judge: (hello: PeerHello) => number,
): Promise<MetPeer & { readonly caller: string } | undefined> {
  const read = await readUntil(conn, readHello);
  if (read === undefined) return undefined;
  const { value } = read;
  const status = typeof value === "number" ? value : judge(value.hello);
  const written = await writeAll(conn, new TextEncoder().encode(`${status}\n`));
  if (written < 0 || status !== STATUS.ok || typeof value === "number") return undefined;
  return {
    conn,
    minor: value.hello.minor,
    caller: value.hello.caller,
    rest: read.bytes.slice(value.length),
  };
}
