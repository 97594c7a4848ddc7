/** Opening and closing all that a configuration listens on: binds, runtime sockets, UDP. */
import { needsForeignAddresses } from "../config/validate_source.ts";
import { foreignAddressProblem } from "../net/foreign_address.ts";
import type { Listening } from "../proxy/listening.ts";
import type { DatagramListenings, OpenedDatagrams } from "./datagram_listenings.ts";
import type { Generation } from "./generation.ts";
import type { OpenedPeers, Peers } from "./peers/peers.ts";
import { openListeners } from "./open_listeners.ts";
import type { ProcessState } from "./process_state.ts";
import type { OpenedSockets, RuntimeSockets } from "./socket/sockets.ts";
import type { StartFailure } from "./types.ts";

/** What a configuration listens on. */
export interface OpenedListenings {
  readonly listenings: Map<string, Listening>;
  /** those that are not served yet */
  readonly fresh: readonly Listening[];
  readonly sockets: OpenedSockets;
  readonly datagrams: OpenedDatagrams;
  readonly peers: OpenedPeers;
}

/** The places of a process. */
export interface Places {
  readonly state: ProcessState;
  readonly sockets: RuntimeSockets;
  readonly datagrams: DatagramListenings;
  readonly peers: Peers;
  /** the thread that has the runtime sockets */
  readonly owner: boolean;
}

/** Opens what `generation` needs and `kept` has not; all or nothing. */
export function openAll(
  generation: Generation,
  kept: ReadonlyMap<string, Listening>,
  places: Places,
): OpenedListenings | StartFailure {
  const { config } = generation;
  const { global } = config;
  // Whoever sees that a port is listened on may ask the runtime socket at once.
  const sockets = places.sockets.open(places.owner ? global : { ...global, statsSockets: [] });
  const { listenings, fresh, messages: problems } = openListeners(generation, kept, places.state);
  const messages = [...problems];
  const foreign = needsForeignAddresses(config) ? foreignAddressProblem() : undefined;
  if (foreign !== undefined) {
    messages.push(`'usesrc' and 'transparent' are not possible here: ${foreign}`);
  }
  if ("messages" in sockets) messages.push(...sockets.messages);
  else {
    const datagrams = places.datagrams.prepare(generation, messages);
    if (messages.length === 0) {
      const peers = places.peers.prepare(generation, messages);
      if (messages.length === 0) return { listenings, fresh, sockets, datagrams, peers };
      places.datagrams.discard(datagrams);
    }
    places.sockets.discard(sockets);
  }
  for (const listening of fresh) listening.close();
  return { messages };
}
