/** A proxy in memory with a runtime socket, and its connections. */
import { turn } from "../../../lib/net/turn.ts";
import type { MemoryPeer } from "../../support/memory_peer.ts";
import { type Rig, type RigOptions, rigTest } from "../../support/proxy_rig.ts";

export const ADMIN = "127.0.0.1:9000";
export const OPERATOR = "127.0.0.1:9001";
export const USER = "127.0.0.1:9002";

/** `global` lines that open one socket of each level. */
export const SOCKETS = `
    stats socket ${ADMIN} level admin
    stats socket ${OPERATOR}
    stats socket ${USER} level user
    stats timeout 20s
`;

/** A test with a backend `be` of two servers, `s1` and `s2`. */
export function socketTest(
  name: string,
  play: (rig: Rig) => Promise<void>,
  options: RigOptions = {},
): void {
  rigTest(name, {
    global: SOCKETS,
    backend: `server s1 127.0.0.1:8001 weight 2\n server s2 127.0.0.1:8002`,
    ...options,
  }, play);
}

/** What one line is answered, until the connection is closed by the other side. */
export async function ask(rig: Rig, line: string, address = ADMIN): Promise<string> {
  const peer: MemoryPeer = await rig.client(address);
  peer.send(`${line}\n`);
  let text = "";
  for (let turns = 0; peer.state === "open" && turns < 100; turns++) {
    text += await peer.take();
    // A long answer gives others their turn.
    if (peer.state === "open") await turn();
  }
  text += await peer.take();
  if (peer.state === "open") throw new Error(`'${line}' leaves the connection open: ${text}`);
  return text;
}

/** The rows of `show stat` or `show servers state` by column. */
export function table(text: string, separator: string): Record<string, string>[] {
  const lines = text.split("\n").filter((line) => line !== "" && line !== "1");
  const names = lines[0].replace(/^# /, "").split(separator);
  return lines.slice(1).map((line) =>
    Object.fromEntries(line.split(separator).map((value, at) => [names[at], value]))
  );
}
