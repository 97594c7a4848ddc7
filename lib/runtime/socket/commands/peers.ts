/** `show peers` (management manual 9.3): who shares tables with this node, and how far they are. */
import { progressOf } from "../../../stick/peers/shared_table.ts";
import type { PeersSection, RemotePeer } from "../../peers/section.ts";
import type { Answer, CommandContext, CommandRow } from "../command.ts";
import { instantText } from "../instant_text.ts";

function* dumpAll(sections: Iterable<PeersSection>, wall: number): Iterable<string> {
  for (const section of sections) {
    const { config } = section.plan;
    yield `${instantText(wall)} id=${config.name} disabled=0 resync=${
      section.whole ? "done" : "running"
    }\n`;
    const { local } = config;
    yield `  id=${local!.name}(local,inactive) addr=${
      addressText(config.binds[0]?.addresses[0])
    } ` +
      "last_status=NONE\n";
    for (const peer of section.peers.values()) yield* dumpPeer(section, peer, wall);
  }
}

function* dumpPeer(section: PeersSection, peer: RemotePeer, wall: number): Iterable<string> {
  const { config, link, lastStatus, callAt, progress, made, problems } = peer;
  const session = link?.session;
  yield `  id=${config.name}(remote,${link === undefined ? "inactive" : "active"}) ` +
    `addr=${addressText(config.address)} last_status=${lastStatus} reconnect=${
      link !== undefined || callAt <= wall ? "<PAST>" : `${Math.ceil((callAt - wall) / 1000)}s`
    }\n`;
  yield `        tx_hbt=${session?.heartbeats.sent ?? 0} rx_hbt=${
    session?.heartbeats.received ?? 0
  } ` +
    `new_conn=${made} proto_err=${problems} confirm=${session?.outgoing.unconfirmed ? 1 : 0} ` +
    `sent=${session?.outgoing.sent ?? 0} learned=${session?.incoming.learned ?? 0}\n`;
  if (link !== undefined) {
    const { local, remote, tls } = link.conn;
    yield `        xprt=${tls === undefined ? "RAW" : "SSL"} ` +
      `${link.outgoing ? "called" : "accepted"} src=${local.host}:${local.port} ` +
      `addr=${remote.host}:${remote.port}\n`;
  }
  if (section.plan.tables.length > 0) yield "        shared tables:\n";
  for (const { id, name, table } of section.plan.tables) {
    const { pushed, acked, got } = progressOf(progress, name);
    yield `          local_id=${id} remote_id=${session?.incoming.remoteId(name) ?? 0} ` +
      `last_acked=${acked} last_pushed=${pushed} last_get=${got}\n` +
      `              table: id=${table.name} update=${table.changes}\n`;
  }
}

function addressText(
  address:
    | { type: "tcp"; host: string; port?: number }
    | { type: "unix"; path: string }
    | { type: "abstract"; name: string }
    | { type: "fd"; fd: number }
    | undefined,
): string {
  switch (address?.type) {
    case undefined:
      return "-";
    case "tcp":
      return `${address.host}:${address.port ?? 0}`;
    case "unix":
      return address.path;
    case "abstract":
      return `abns@${address.name}`;
    case "fd":
      return `fd@${address.fd}`;
  }
}

function show([word, name]: readonly string[], { host }: CommandContext): Answer {
  const { sections } = host.peers;
  if (word === "dict") {
    return "Names are sent whole: there is no dictionary.\n";
  }
  const wanted = word === "-" ? name : word;
  const wall = host.state.wall();
  if (wanted === undefined) return dumpAll(sections.values(), wall);
  const section = sections.get(wanted);
  return section === undefined ? "No such peers\n" : dumpAll([section], wall);
}

export const peerCommands: readonly CommandRow[] = [
  {
    words: ["show", "peers"],
    args: "[-] [<peers section>]",
    level: "operator",
    doc: "show the peers of the 'peers' sections, or of one of them",
    section: "9.3",
    run: show,
  },
];
