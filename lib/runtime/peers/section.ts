/**
 * PeersSection: a running `peers` section: who is connected, who is called again when, and what this node still has to
 * learn (manual 3.5; HAProxy's peers-v2.0.txt, "Initial full resync process").
 *
 * Laws:
 * - There is one connection with a peer: the one that was made last. Who is refused or left is called again after a
 *   random pause, so that two nodes do not hang up on each other for ever.
 * - A node that starts asks one connected peer after the other for everything, until one has told all that there is,
 *   or 5 seconds pass in which there is nobody left to ask.
 * - Only the first thread has peers: the tables are every thread's.
 */
import type { ServerConfig } from "../../config/model.ts";
import { LogLevel } from "../../log/types.ts";
import type { Clock } from "../../net/clock.ts";
import type { Conn, Target, Transport } from "../../net/conn.ts";
import { type PeerHello, STATUS } from "../../stick/peers/hello.ts";
import { PeerSession } from "../../stick/peers/session.ts";
import type { Progress } from "../../stick/peers/shared_table.ts";
import { PeerLink } from "./link.ts";
import { answerPeer, callPeer, inTime, MEETING, type MetPeer } from "./meet.ts";
import type { PeersPlan } from "./plan.ts";

/** ms between looks for something to send */
const LOOK = 20;
/** ms that a lesson may let this node wait */
export const LESSON = 5000;
const MAX_UPDATES = 200;
/** Connections that have not said who they are. */
const MAX_STRANGERS = 64;

export interface PeersDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  /** from 0 to 1 */
  readonly random: () => number;
  readonly pid: number;
  readonly maxUpdates?: number;
  readonly onError: (error: unknown) => void;
}

/** One other node. */
export interface RemotePeer {
  config: ServerConfig;
  readonly progress: Progress;
  link: PeerLink | undefined;
  /** an attempt is under way */
  calling: boolean;
  cancelCall: (() => void) | undefined;
  /** wall ms at which it is called again */
  callAt: number;
  /** what a peer of protocol 2.0 is called with */
  minor: 0 | 1;
  /** it has been asked and did not know everything */
  asked: boolean;
  /** connections that were made, and that were refused or broken by a message */
  made: number;
  problems: number;
  lastStatus: string;
}

export class PeersSection {
  plan: PeersPlan;
  readonly peers = new Map<string, RemotePeer>();
  /** all that others know is known here */
  whole: boolean;
  readonly #deps: PeersDeps;
  #cancelLook: (() => void) | undefined;
  #lessonEnds: number | undefined;
  #strangers = 0;
  #stopped = false;
  readonly #predecessors = new Set<PeerLink>();

  constructor(plan: PeersPlan, deps: PeersDeps) {
    this.plan = plan;
    this.#deps = deps;
    for (const config of plan.config.peers) {
      this.peers.set(config.name, {
        config,
        progress: new Map(),
        link: undefined,
        calling: false,
        cancelCall: undefined,
        callAt: 0,
        minor: 1,
        asked: false,
        made: 0,
        problems: 0,
        lastStatus: "NONE",
      });
    }
    this.whole = plan.config.peers.length === 0;
  }

  start(): void {
    for (const peer of this.peers.values()) this.#callIn(peer, 0);
    if (!this.whole) this.#lessonEnds = this.#deps.clock.now() + LESSON;
    this.#look();
  }

  /** Another Generation has the same section: its tables are the same memory, its TLS may be new. */
  adopt(plan: PeersPlan): void {
    this.plan = plan;
    for (const config of plan.config.peers) {
      const peer = this.peers.get(config.name);
      if (peer !== undefined) peer.config = config;
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelLook?.();
    for (const peer of this.peers.values()) {
      peer.cancelCall?.();
      peer.link?.close("stopped");
    }
    for (const link of this.#predecessors) link.close("stopped");
  }

  // Time

  #look(): void {
    this.#cancelLook = this.#deps.clock.after(LOOK, () => {
      for (const link of [...this.#links()]) {
        if (link.session.isSilent) link.close("the peer is silent");
        else link.flush();
      }
      this.#learn();
      if (!this.#stopped) this.#look();
    });
  }

  *#links(): Iterable<PeerLink> {
    for (const { link } of this.peers.values()) if (link !== undefined) yield link;
    yield* this.#predecessors;
  }

  /** Asks the next peer for everything, or gives it up. */
  #learn(): void {
    if (this.whole) return;
    const { clock } = this.#deps;
    const asking = [...this.#links()].some(({ session }) => session.asked);
    if (!asking) {
      const next = [...this.peers.values()].find(({ link, asked }) => link !== undefined && !asked);
      if (next !== undefined) {
        next.asked = true;
        next.link!.session.ask();
        next.link!.flush();
        this.#lessonEnds = clock.now() + LESSON;
        return;
      }
    }
    if (this.#lessonEnds !== undefined && clock.now() > this.#lessonEnds) {
      // Nobody has more, or nobody is there: what is here is what there is.
      this.whole = true;
      for (const { session } of this.#links()) session.asked = false;
    }
  }

  // Calls

  #callIn(peer: RemotePeer, ms: number): void {
    if (this.#stopped || peer.link !== undefined) return;
    peer.cancelCall?.();
    const { clock } = this.#deps;
    peer.callAt = clock.wall() + ms;
    peer.cancelCall = clock.after(ms, () => {
      peer.cancelCall = undefined;
      this.#call(peer).catch(this.#deps.onError);
    });
  }

  async #call(peer: RemotePeer): Promise<void> {
    if (this.#stopped || peer.link !== undefined || peer.calling) return;
    peer.calling = true;
    peer.lastStatus = "CONN";
    const met = await this.#meet(peer.config, peer.minor);
    peer.calling = false;
    if (typeof met === "object") {
      // The other side was faster, or this one stops.
      if (peer.link !== undefined || this.#stopped) met.conn.close();
      else this.#begin(peer, met, true);
      return;
    }
    if (met === STATUS.version) peer.minor = peer.minor === 1 ? 0 : 1;
    if (peer.link !== undefined) return;
    peer.lastStatus = met === undefined ? "NOCON" : `REFUSED(${met})`;
    if (met !== undefined && met !== STATUS.later && met !== STATUS.version) {
      peer.problems++;
      this.#log(LogLevel.warning, `refuses ${this.#name(peer)} (${met})`, peer.config.name);
    }
    this.#callIn(peer, 1000 + this.#deps.random() * 2000);
  }

  /** Connects to a node and says hello. */
  async #meet(
    { name, address, source }: ServerConfig,
    minor: 0 | 1,
  ): Promise<MetPeer | number | undefined> {
    const { transport, clock, pid } = this.#deps;
    const answer = await transport.connect(targetOf(address), { timeout: MEETING, source }).promise;
    if ("failed" in answer) return undefined;
    let conn: Conn = answer;
    const client = this.plan.clients.get(name);
    const run = async () => {
      if (client !== undefined) {
        const secure = client.connect(conn, undefined);
        const failure = await secure.establish();
        if (failure !== undefined) {
          if (client.isNews(failure.message)) {
            this.#log(LogLevel.err, `TLS handshake failed: ${failure.message}`, name);
          }
          return undefined;
        }
        conn = secure;
      }
      return await callPeer(conn, name, this.plan.config.local!.name, pid, minor);
    };
    const met = await inTime(answer, clock, run());
    if (typeof met !== "object") conn.close();
    return met;
  }

  // Connections

  /** A connection came in. */
  async accept(conn: Conn): Promise<void> {
    if (this.#strangers >= MAX_STRANGERS || this.#stopped) {
      conn.close();
      return;
    }
    this.#strangers++;
    const met = await inTime(
      conn,
      this.#deps.clock,
      answerPeer(conn, (hello) => this.#judge(hello)),
    );
    this.#strangers--;
    if (met === undefined || this.#stopped) {
      conn.close();
      return;
    }
    if (met.caller === this.plan.config.local!.name) {
      await this.#learnFromPredecessor(met);
      return;
    }
    const peer = this.peers.get(met.caller)!;
    this.#begin(peer, met, false);
  }

  #judge({ callee, caller }: PeerHello): number {
    const { local } = this.plan.config;
    if (callee !== local!.name) return STATUS.local;
    return this.peers.has(caller) || caller === local!.name ? STATUS.ok : STATUS.remote;
  }

  #session(progress: Progress, minor: number, more: {
    readonly onLesson: (whole: boolean) => void;
    readonly onConfirmed?: () => void;
    readonly name: string;
  }): PeerSession {
    const { clock, maxUpdates = MAX_UPDATES } = this.#deps;
    return new PeerSession({
      tables: this.plan.tables,
      progress,
      minor,
      mostUpdates: maxUpdates,
      now: clock.now,
      wall: clock.wall,
      isWhole: () => this.whole,
      onMismatch: (table) =>
        this.#log(LogLevel.err, `has another type of key in its table '${table}'`, more.name),
      ...more,
    });
  }

  #begin(peer: RemotePeer, met: MetPeer, outgoing: boolean): void {
    const { name } = peer.config;
    peer.cancelCall?.();
    peer.cancelCall = undefined;
    const old = peer.link;
    peer.link = undefined;
    old?.close("replaced");
    const session = this.#session(peer.progress, met.minor, {
      name,
      onLesson: (whole) => {
        if (whole) this.whole = true;
        this.#learn();
      },
    });
    const link = new PeerLink(met.conn, session, outgoing, this.#deps.clock);
    peer.link = link;
    peer.made++;
    peer.lastStatus = "ESTA";
    this.#log(LogLevel.notice, "is connected", name);
    link.run(met.rest).then((why) => {
      if (session.ended !== undefined) peer.problems++;
      if (peer.link !== link) return;
      peer.link = undefined;
      peer.lastStatus = "CLOSED";
      // It may not have told everything.
      if (session.asked) peer.asked = false;
      if (this.#stopped) return;
      this.#log(LogLevel.warning, `is not connected any more: ${why}`, name);
      this.#callIn(peer, 50 + this.#deps.random() * 2000);
    }, this.#deps.onError);
    this.#learn();
  }

  /** The process that this one replaces pushes what it has. */
  async #learnFromPredecessor(met: MetPeer): Promise<void> {
    const session = this.#session(new Map(), met.minor, {
      name: this.plan.config.local!.name,
      onLesson: (whole) => {
        if (whole) this.whole = true;
      },
    });
    const link = new PeerLink(met.conn, session, false, this.#deps.clock);
    this.#predecessors.add(link);
    await link.run(met.rest);
    this.#predecessors.delete(link);
  }

  /**
   * Pushes everything to the process that listens in this one's place now (`-sf`). Ends when that has confirmed it,
   * or when nobody is there; never rejects. Listeners of this process must be closed.
   */
  async handOver(): Promise<void> {
    this.#stopped = true;
    for (const peer of this.peers.values()) {
      peer.cancelCall?.();
      peer.link?.close("stopped");
    }
    const { config, tables } = this.plan;
    const [bind] = config.binds;
    if (tables.length === 0 || bind === undefined) return;
    const [address] = bind.addresses;
    if (address.type !== "tcp" && address.type !== "unix") return;
    const met = await this.#meetSuccessor({ ...config.local!, address: reachable(address) });
    if (met === undefined) return;

    const session = this.#session(new Map(), met.minor, {
      name: config.local!.name,
      onLesson: () => {},
      onConfirmed: () => link.close("all is told"),
    });
    const link = new PeerLink(met.conn, session, true, this.#deps.clock);
    const late = this.#deps.clock.after(HAND_OVER, () => link.close("it took too long"));
    session.teach();
    await link.run(met.rest);
    late();
  }

  /** A connection that this process's own listener has just left behind is reset, or nobody accepts yet: again. */
  async #meetSuccessor(local: ServerConfig): Promise<MetPeer | undefined> {
    for (let left = HAND_OVER_CALLS; left > 0; left--) {
      const met = await this.#meet(local, 1);
      if (typeof met === "object") return met;
      await new Promise<void>((go) => this.#deps.clock.after(HAND_OVER_PAUSE, go));
    }
    return undefined;
  }

  #name({ config }: RemotePeer): string {
    return `${this.plan.config.local!.name} as its peer, or the name ${config.name} as its own`;
  }

  #log(level: number, text: string, peer: string): void {
    this.plan.logger.send(level, `Peer ${this.plan.config.name}/${peer} ${text}.`);
  }
}

/** ms that an old process has for its successor */
const HAND_OVER = 30_000;
/** how often it calls, and ms between two calls */
const HAND_OVER_CALLS = 8;
const HAND_OVER_PAUSE = 100;

function targetOf(address: ServerConfig["address"]): Target {
  switch (address.type) {
    case "tcp":
      return { type: "tcp", host: address.host, port: address.port! };
    case "unix":
      return { type: "unix", path: address.path };
    case "abstract":
      return { type: "unix", path: `@${address.name}` };
  }
}

/** Every address of this machine is reached by the loopback one. */
function reachable(
  address: { type: "tcp"; host: string; port: number } | { type: "unix"; path: string },
): ServerConfig["address"] {
  if (address.type === "unix") return address;
  const { host, port } = address;
  const any = host === "*" || host === "" || host === "0.0.0.0";
  return { type: "tcp", host: any ? "127.0.0.1" : host === "::" ? "::1" : host, port };
}
