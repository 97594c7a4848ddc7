/** How a backend's algorithm came to a server, as a sentence. */
import type { BalanceSettings } from "../config/model.ts";
import type { Stream } from "../proxy/stream.ts";
import { textOfWords } from "./text.ts";

type Tell = (settings: BalanceSettings, stream: Stream) => string;

const hashOf = (what: string) => `by the hash of ${what}`;

const TELL: Readonly<Record<string, Tell>> = {
  roundrobin: () => "whose turn it is",
  "static-rr": () => "whose turn it is",
  leastconn: () => "with the fewest connections",
  first: () => "the first with a free slot",
  random: () => "at random",
  source: (_, { session }) => hashOf(`the client's address ${session.remote.host}`),
  uri: () => hashOf("the URI"),
  url_param: ({ name }) => hashOf(`the parameter '${name}', or else by its turn`),
  hdr: ({ name }) => hashOf(`the header '${name}', or else by its turn`),
  "rdp-cookie": () => hashOf("the RDP cookie, or else by its turn"),
  hash: ({ expression }) =>
    hashOf(`${expression === undefined ? "an expression" : textOfWords([expression])}`),
};

/** `roundrobin: the one of 2 servers whose turn it is`. */
export function balanceText(stream: Stream): string {
  const { config, pool } = stream.backend!;
  const { algorithm, settings } = config.balance;
  const server = stream.lastServer!;
  const count = pool.candidates.length;
  const down = pool.servers.filter(({ usable, backup }) => !usable && !backup).map(({ name }) =>
    name
  );
  const without = down.length === 0 ? "" : ` (${down.join(", ")} cannot be used)`;
  if (server.backup) return `a backup server${without}`;
  if (count === 1) {
    const what = pool.servers.length === 1
      ? "the only server"
      : down.length === 0
      ? "the only server that is no backup"
      : "the only server that can be used";
    return what + without;
  }
  const tell = TELL[algorithm]?.(settings ?? {}, stream);
  return `balance ${algorithm}: the one of ${count} servers ${tell ?? "that it chose"}${without}`;
}
