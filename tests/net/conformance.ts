import assert from "node:assert/strict";
import type { Socket } from "node:net";
import type {
  Conn,
  ConnectFailure,
  ConnectOptions,
  Listener,
  ListenFailure,
  ListenOptions,
  Place,
  Target,
  Transport,
} from "../../lib/net/conn.ts";
import { addressCases } from "./conformance_address.ts";
import { connectCases } from "./conformance_connect.ts";
import { listenCases } from "./conformance_listen.ts";
import { streamCases } from "./conformance_stream.ts";

/** A transport under test, and what it says it can do beyond what all must. */
export interface Subject {
  readonly transport: Transport;
  /** `v6only` on `::` works; otherwise it must be refused. */
  readonly v6only: boolean;
  /** `abort` sends RST. */
  readonly resets: boolean;
  /** a peer that is not of this transport, half-open; undefined: a plain socket of node:net */
  readonly dial?: (port: number) => ForeignPeer;
}

/** A peer that speaks what the transport speaks, by somebody else's code. */
export interface ForeignPeer {
  readonly socket: Socket;
  /** ends it with RST */
  reset(): void;
}

/** One thing that every transport must do. */
export interface Case {
  /** A sentence that states the behaviour. */
  readonly name: string;
  run(subject: Subject): Promise<void>;
}

/** The one table that runs against every transport. */
export const conformance: readonly Case[] = [
  ...streamCases,
  ...connectCases,
  ...listenCases,
  ...addressCases,
];

/** Registers one test for each case; the titles begin with the transport's name. */
export function testConformance(subject: Subject, cases = conformance): void {
  for (const { name, run } of cases) {
    Deno.test(`${subject.transport.name} transport: ${name}`, () => run(subject));
  }
}

export const V4: Place = { type: "tcp", host: "127.0.0.1", port: 0 };

export function listen(transport: Transport, place: Place, options: ListenOptions = {}): Listener {
  const listener = transport.listen(place, options);
  if ("failed" in listener) throw new Error(`${listener.failed}: ${listener.message}`);
  return listener;
}

export function refusal(answer: Listener | ListenFailure): ListenFailure {
  if ("failed" in answer) return answer;
  answer.close();
  throw new Error("was expected to fail");
}

export function targetOf(listener: Listener): Target {
  const { family, host, port } = listener.address;
  return family === "unix" ? { type: "unix", path: host } : { type: "tcp", host, port };
}

export async function connect(
  transport: Transport,
  target: Target,
  options: ConnectOptions = { timeout: 5000 },
): Promise<Conn> {
  const answer = await transport.connect(target, options).promise;
  if ("failed" in answer) throw new Error(`${answer.failed}: ${answer.message}`);
  return answer;
}

export function failureOf(answer: Conn | ConnectFailure): ConnectFailure {
  if ("failed" in answer) return answer;
  answer.close();
  throw new Error("was expected to fail");
}

/** Two ends of one connection; `done` closes both and the listener. */
export interface Pair {
  readonly client: Conn;
  readonly server: Conn;
  readonly done: () => void;
}

export async function pair(
  transport: Transport,
  place: Place = V4,
  options: ConnectOptions = { timeout: 5000 },
): Promise<Pair> {
  const listener = listen(transport, place);
  const accepted = new Promise<Conn>((resolve) => listener.start(resolve));
  const client = await connect(transport, targetOf(listener), options);
  const server = await accepted;
  const done = () => {
    client.close();
    server.close();
    listener.close();
  };
  return { client, server, done };
}

/** Reads exactly `length` bytes, or what came before the end. */
export async function readBytes(conn: Conn, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let offset = 0;
  while (offset < length) {
    const count = await conn.read(bytes.subarray(offset));
    assert.ok(count >= 0, `read answered ${count}`);
    if (count === 0) break;
    offset += count;
  }
  return bytes.subarray(0, offset);
}

export async function writeBytes(conn: Conn, bytes: Uint8Array): Promise<void> {
  let offset = 0;
  while (offset < bytes.length) {
    const count = await conn.write(bytes.subarray(offset));
    assert.ok(count > 0, `write answered ${count}`);
    offset += count;
  }
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Bytes that differ from place to place, so that lost or doubled parts are seen. */
export function pattern(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until `test` holds; fails after five seconds. */
export async function until(test: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 5000;
  while (!test()) {
    assert.ok(performance.now() < end, `never happened: ${what}`);
    await sleep(2);
  }
}

/** A new directory that is removed at the end of the block (`using`). */
export function temporaryDirectory(): { readonly path: string; [Symbol.dispose](): void } {
  const path = Deno.makeTempDirSync();
  return { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}

/** How many sockets this process holds. */
export function socketCount(): number {
  let count = 0;
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      if (Deno.readLinkSync(`/proc/self/fd/${name}`).startsWith("socket:")) count++;
    } catch {
      // The descriptor of this very listing.
    }
  }
  return count;
}
