/**
 * The `peers` sections of the process and their listeners: opened with those of frontends, kept over reloads while
 * they stay as they are. Only the first thread has any.
 */
import type { BindConfig } from "../../config/model.ts";
import type { Conn, Listener, ListenFailure } from "../../net/conn.ts";
import { Alert } from "../../net/tls/hello_reader.ts";
import type { TlsListener } from "../../tls/listener.ts";
import type { Generation } from "../generation.ts";
import { describePlace, placeOf } from "../places.ts";
import type { ProcessState } from "../process_state.ts";
import { inTime } from "./meet.ts";
import { type PeersPlan, signatureOf } from "./plan.ts";
import { PeersSection } from "./section.ts";

interface PeerListener {
  readonly key: string;
  readonly listener: Listener;
  /** changes with each reload */
  tls: TlsListener | undefined;
  section: string;
  started: boolean;
}

/** Listeners for a Generation that is not the running one yet. */
export interface OpenedPeers {
  readonly listeners: ReadonlyMap<string, PeerListener>;
  readonly fresh: readonly PeerListener[];
}

const NONE: OpenedPeers = { listeners: new Map(), fresh: [] };

export class Peers {
  readonly sections = new Map<string, PeersSection>();
  readonly #process: ProcessState;
  readonly #signatures = new Map<string, string>();
  #listeners: ReadonlyMap<string, PeerListener> = new Map();

  constructor(process: ProcessState) {
    this.#process = process;
  }

  /** Opens what `generation` needs and is not open yet; mistakes go to `messages`, then nothing new stays open. */
  prepare(generation: Generation, messages: string[]): OpenedPeers {
    const { thread, number, transport } = this.#process;
    if (thread > 0 || number > 1) return NONE;
    const listeners = new Map<string, PeerListener>();
    const fresh: PeerListener[] = [];
    for (const { config } of generation.peerPlans) {
      for (const { key, bind, listen } of placesOf(config.binds)) {
        const old = this.#listeners.get(key);
        if (old !== undefined) {
          listeners.set(key, old);
          continue;
        }
        const listener = transport.listen(listen, {
          backlog: bind.backlog,
          mode: bind.mode,
          uid: bind.uid,
          gid: bind.gid,
          v6only: bind.v6only,
          interface: bind.interface,
          namespace: bind.namespace,
          tcpUt: bind.tcpUt,
        });
        if ("failed" in listener) {
          messages.push(cannotBind(config.name, key, listener));
          continue;
        }
        const opened = { key, listener, tls: undefined, section: config.name, started: false };
        listeners.set(key, opened);
        fresh.push(opened);
      }
    }
    const opened = { listeners, fresh };
    if (messages.length > 0) this.discard(opened);
    return opened;
  }

  discard({ fresh }: OpenedPeers): void {
    for (const { listener } of fresh) listener.close();
  }

  /** These are the sections of the running Generation now. */
  adopt(opened: OpenedPeers, generation: Generation): void {
    const before = this.#listeners;
    this.#listeners = opened.listeners;
    for (const [key, { listener }] of before) if (!opened.listeners.has(key)) listener.close();
    const { thread, number } = this.#process;
    const plans = thread > 0 || number > 1 ? [] : generation.peerPlans;
    const names = new Set(plans.map(({ config }) => config.name));
    for (const name of [...this.sections.keys()]) if (!names.has(name)) this.#stop(name);
    for (const plan of plans) this.#adopt(plan, generation);
    for (const listener of opened.fresh) this.#serve(listener);
  }

  #adopt(plan: PeersPlan, generation: Generation): void {
    const { name, binds } = plan.config;
    for (const { key, bind } of placesOf(binds)) {
      const listener = this.#listeners.get(key);
      if (listener === undefined) continue;
      listener.section = name;
      listener.tls = generation.tls.listenerOf(bind);
    }
    const signature = signatureOf(plan);
    const running = this.sections.get(name);
    if (running !== undefined && this.#signatures.get(name) === signature) {
      running.adopt(plan);
      return;
    }
    if (running !== undefined) this.#stop(name);
    const { transport, clock, random, pid } = this.#process;
    const section = new PeersSection(plan, {
      transport,
      clock,
      random,
      pid,
      maxUpdates: generation.config.global.tune.peersMaxUpdates,
      onError: (error) => this.#process.internalError("peers", error),
    });
    this.sections.set(name, section);
    this.#signatures.set(name, signature);
    section.start();
  }

  #stop(name: string): void {
    this.sections.get(name)?.stop();
    this.sections.delete(name);
    this.#signatures.delete(name);
  }

  #serve(listener: PeerListener): void {
    listener.started = true;
    listener.listener.start((conn) => {
      this.#accept(conn, listener).catch((error) => this.#process.internalError("peers", error));
    });
  }

  async #accept(conn: Conn, listener: PeerListener): Promise<void> {
    let secure = conn;
    if (listener.tls !== undefined) {
      const { clock } = this.#process;
      const choose = (hello: Parameters<TlsListener["choose"]>[0]) =>
        listener.tls?.choose(hello) ?? Alert.INTERNAL_ERROR;
      const made = listener.tls.engine.accept(conn, { choose, clock });
      const failure = await inTime(conn, clock, made.establish().then((failure) => ({ failure })));
      if (failure === undefined || failure.failure !== undefined) {
        conn.close();
        return;
      }
      secure = made;
    }
    const section = this.sections.get(listener.section);
    if (section === undefined) secure.close();
    else await section.accept(secure);
  }

  /** The process accepts nothing more; a successor gets what is known here. */
  async drain(): Promise<void> {
    for (const { listener } of this.#listeners.values()) listener.close();
    await Promise.all([...this.sections.values()].map((section) => section.handOver()));
  }

  close(): void {
    for (const { listener } of this.#listeners.values()) listener.close();
    for (const section of this.sections.values()) section.stop();
  }
}

function* placesOf(
  binds: readonly BindConfig[],
): Iterable<{ key: string; bind: BindConfig; listen: ReturnType<typeof placeOf> }> {
  for (const bind of binds) {
    for (const address of bind.addresses) {
      const listen = placeOf(address, bind);
      yield { key: describePlace(listen), bind, listen };
    }
  }
}

function cannotBind(section: string, place: string, { message }: ListenFailure): string {
  return `Starting peers ${section}: cannot bind socket (${message}) for [${place}]`;
}
